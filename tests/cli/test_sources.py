"""A figure from another store decides through the command, and is never in a rollback's way."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cli.shell import Desk
from cli.test_startup import LOOK, heavy
from servers.sources import Store, serving

from canarycli.errors import Exit

TOKEN = "s3cr3t-bearer"
CONFIG = """\
version: 1
sources:
  shop: {{http: {{url: {url}, token_env: SHOP_TOKEN}}, delay: 1m}}
endpoints:
  churn: {{provider: simulator, plan: answers, settle: 0.2s}}
plans:
  answers:
    stages: [{{percent: 5, bake: 1m}}]
    checks:
    - metric: {{name: says fraud, from: shop, path: "/rows?arms={{arms}}", rows: result.rows}}
      no_worse_by: 1pp
"""
MORE = """\
    - {metric: errors, never_above: 90%}
    on_no_metrics: {pause: 1m, then: rollback}
"""
ARMS = ("--baseline", "v41", "--candidate", "v42")


@pytest.fixture
def store(here: Desk) -> Iterator[Store]:
    with serving(Store(TOKEN)) as served:
        config = CONFIG.format(url=served.url)
        (here.home / "canary.yaml").write_text(config, encoding="utf-8")
        yield served


def lay(store: Store, baseline: int, candidate: int, ago: Iterable[int] = range(1, 121)) -> None:
    """Answers for so many minutes ago, a thousand for each arm, so many of them `fraud`."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    store.rows += [
        {"at": (end - n * timedelta(minutes=1)).isoformat(), "arm": arm, "n": 1000, "bad": bad}
        for n in ago
        for arm, bad in (("v41", baseline), ("v42", candidate))
    ]


def test_a_candidate_that_says_fraud_three_points_more_often_fails(
    here: Desk, store: Store
) -> None:
    lay(store, 30, 60)

    ran = here.canary("check", "churn", *ARMS, "--since", "30m", "-o", "json", SHOP_TOKEN=TOKEN)

    found = json.loads(ran.out)
    assert found["verdict"] == "fail"
    assert ran.code == Exit.ROLLED_BACK
    (check,) = found["checks"]
    assert (check["baseline"], check["candidate"]) == (pytest.approx(0.03), pytest.approx(0.06))


def test_a_candidate_that_is_wrong_in_one_country_fails_and_the_slice_is_named(
    here: Desk, store: Store
) -> None:
    path = here.home / "canary.yaml"
    by = "no_worse_by: 1pp\n      by: country\n      at_most: 2"
    path.write_text(path.read_text().replace("no_worse_by: 1pp", by), encoding="utf-8")
    lay(store, 30, 30)
    store.rows = [
        {**row, "country": country, "bad": 120 if (country, row["arm"]) == ("FR", "v42") else 30}
        for row in store.rows
        for country in ("DE", "FR", "IS")
    ]

    ran = here.canary("check", "churn", *ARMS, "--since", "30m", "-o", "json", SHOP_TOKEN=TOKEN)

    checks = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    failed = [name for name, check in checks.items() if check["verdict"] == "fail"]
    assert failed == ["says fraud of country=FR"]
    assert set(checks) - set(failed) == {f"says fraud of country={c}" for c in ("DE", "other")}
    assert ran.code == Exit.ROLLED_BACK


def test_an_equal_candidate_passes(here: Desk, store: Store) -> None:
    lay(store, 30, 30)

    ran = here.canary("check", "churn", *ARMS, "--since", "30m", "-o", "json", SHOP_TOKEN=TOKEN)

    assert (ran.code, json.loads(ran.out)["verdict"]) == (0, "pass")


@pytest.mark.parametrize(
    ("wrong", "verdict"), [((50, 50), "pass"), ((50, 200), "fail")], ids=["equal", "worse"]
)
def test_labels_that_come_six_hours_late_are_judged_when_they_are_all_there(
    here: Desk, store: Store, wrong: tuple[int, int], verdict: str
) -> None:
    path = here.home / "canary.yaml"
    path.write_text(path.read_text().replace("delay: 1m", "delay: 6h"), encoding="utf-8")
    lay(store, 500, 500, range(1, 360))  # of the newest only the worst are known yet
    lay(store, *wrong, range(361, 480))

    ran = here.canary("check", "churn", *ARMS, "--since", "8h", "-o", "json", SHOP_TOKEN=TOKEN)

    found = json.loads(ran.out)
    assert found["verdict"] == verdict, ran.out + ran.err
    (check,) = found["checks"]
    assert check["baseline"] == pytest.approx(0.05)


def test_the_plan_says_what_a_source_is_asked(here: Desk, store: Store) -> None:
    lay(store, 30, 30)

    ran = here.canary("plan", "churn", "-m", "v42", "-o", "json", SHOP_TOKEN=TOKEN)

    usual = {"reads_bytes": None, "at_most_bytes": None}
    asked = {"name": "shop", "questions": 1, "looks_a_day": 1440, **usual}
    assert json.loads(ran.out)["sources"] == [asked], ran.err


def test_the_plan_says_that_each_stage_waits_for_what_comes_late(here: Desk, store: Store) -> None:
    path = here.home / "canary.yaml"
    path.write_text(path.read_text().replace("delay: 1m", "delay: 6h"), encoding="utf-8")
    lay(store, 30, 30)

    ran = here.canary("plan", "churn", "-m", "v42", SHOP_TOKEN=TOKEN)

    assert "comes 6 h late and a stage bakes 1 min" in " ".join(ran.out.split())


@pytest.mark.slow
def test_a_source_that_dies_in_the_middle_silences_its_own_check_and_ends_the_release(
    here: Desk, store: Store
) -> None:
    path = here.home / "canary.yaml"
    quick = path.read_text().replace("settle: 0.2s", "settle: 1s, speed: 60x") + MORE
    path.write_text(quick, encoding="utf-8")
    lay(store, 30, 30, range(-240, 121))
    began = here.canary("start", "churn", "-m", "v42", "--detach", "--yes", SHOP_TOKEN=TOKEN)
    assert began.code == 0, began.err
    store.trouble = "denied"

    ran = here.canary("resume", "churn", "--timeout", "40m", SHOP_TOKEN=TOKEN)

    assert ran.code == Exit.NO_METRICS, ran.out + ran.err
    told = json.loads(here.canary("status", "churn", "-o", "json").out)
    checks = {check["name"]: check for check in told["checks"]}
    assert checks["says fraud"]["verdict"] == "no_data"
    assert "source shop" in checks["says fraud"]["message"]
    assert checks["errors"]["verdict"] != "no_data"
    assert (told["outcome"], told["baseline"]["share"]) == ("no_metrics", 100)


def test_a_start_is_refused_while_a_source_does_not_answer(here: Desk, store: Store) -> None:
    store.trouble = "denied"

    ran = here.canary("start", "churn", "-m", "v42", "--detach", "--yes", SHOP_TOKEN=TOKEN)

    assert ran.code == Exit.CLOUD_FAILED
    assert "says fraud can't be measured: source shop" in ran.err
    assert TOKEN not in ran.out + ran.err


def test_a_variable_that_is_not_set_is_told_before_anything_moves(here: Desk, store: Store) -> None:
    lay(store, 30, 30)

    ran = here.canary("start", "churn", "-m", "v42", "--detach", "--yes")

    assert ran.code == Exit.CLOUD_FAILED
    assert "SHOP_TOKEN" in ran.err
    assert store.asked == []


def test_a_rollback_imports_no_source_and_needs_none(here: Desk, store: Store) -> None:
    lay(store, 30, 30)
    began = here.canary("start", "churn", "-m", "v42", "--detach", "--yes", SHOP_TOKEN=TOKEN)
    store.trouble = "down"

    ran = here.python(LOOK, "rollback", "churn", "--yes", "--reason", "x")

    assert began.code == 0, began.err
    assert "v41 100%" in ran.out + ran.err
    sources = {"canarycli_sources", "canarycli.engine.sources", "urllib.request", "jmespath"}
    assert heavy(ran, sources) == set()
    records = [p for p in (here.home / "state").rglob("*") if p.is_file()]
    assert records
    assert all(TOKEN.encode() not in path.read_bytes() for path in records)
