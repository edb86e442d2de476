"""Whole releases on each cloud's server that are decided on what its versions say.

All of a cloud's begin at once: they wait, and compute next to nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cli.answered import Cloud, Store, Told, on_cloud, seconds, serving
from cli.blackbox import Result

from canarycli.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

TOKEN = "s3cr3t-bearer"
PATIENCE = 200
DYING, JSON = "dying", ("-o", "json")
PLANS = """\
plans:
  answers:
    read_every: 5s
    unclear_after: 2m
    on_no_metrics: {pause: 2s, then: rollback}
    stages: [{percent: 50, bake: 5s}, {percent: 100}]
    checks: [{metric: class_share(fraud), differs_by: 1.5pp}]
  slices:
    read_every: 5s
    stages: [{percent: 50, bake: 5s}, {percent: 100}]
    checks: [{metric: class_share(fraud), differs_by: 5pp, by: country}]
  labelled:
    read_every: 3s
    stages: [{percent: 50, bake: 8s}, {percent: 100}]
    checks: [{metric: accuracy, no_worse_by: 5pp, gates: end}]
    probation: 2m
  bought:
    read_every: 2s
    unclear_after: 2m
    on_no_metrics: {pause: 2s, then: rollback}
    stages: [{percent: 50, bake: 60s}, {percent: 100}]
    checks:
    - {metric: class_share(fraud), differs_by: 1.5pp}
    - {metric: {name: bought, from: shop, path: /rows, rows: result.rows}, no_worse_by: 1pp}
"""
SAME = Told()
LABELLED = Told(n=20, fraud=2, wrong=2)
WORLD: Mapping[str, tuple[str, Told, Told]] = {
    "equal": ("answers", SAME, SAME),
    "worse": ("answers", SAME, Told(fraud=30)),
    "abroad": ("slices", Told(n=200, fraud=6, french=6), Told(n=200, fraud=6, french=50)),
    "late": ("labelled", LABELLED, Told(n=20, fraud=2, wrong=8)),
    DYING: ("bought", SAME, SAME),
    "deaf": ("answers", SAME, Told(kept=False)),
}
"""By endpoint: its plan, what the baseline says, what the candidate says."""


@dataclass(frozen=True)
class Ended:
    """What came of every release, by endpoint."""

    cloud: Cloud
    ran: Mapping[str, Result]


def alone(name: str) -> Any:
    """A cloud whose tests share one server, and so one process."""
    return pytest.param(name, marks=pytest.mark.xdist_group(f"answers on {name}"))


@pytest.fixture(scope="module", params=[alone(n) for n in ("sagemaker", "vertex", "azureml")])
def ended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ended]:
    """Every release, from its start to its end."""
    folder = tmp_path_factory.mktemp(request.param)
    with serving(Store(TOKEN)) as store, on_cloud(request.param, folder, store) as cloud:
        canary = cloud.canary
        canary.env["SHOP_TOKEN"] = TOKEN
        canary.write(config(cloud, store.url))
        if DYING in world(cloud):
            store.rows += bought(cloud.arms)
        start = ("-m", cloud.arms[1], "--yes")
        running = {
            name: canary.begin("start", name, *start, *([] if name == DYING else JSON))
            for name in world(cloud)
        }
        try:
            if DYING in running:
                running[DYING].wait_for("50% confirmed")
                store.trouble = "denied"
            ran = {"late": running["late"].end(PATIENCE)}
            running["guard"] = canary.begin("guard", "late", *JSON)
            ran |= {name: one.end(PATIENCE) for name, one in running.items() if name not in ran}
        finally:
            for one in running.values():
                if one.process.poll() is None:
                    one.kill()
        yield Ended(cloud, ran)


def world(cloud: Cloud) -> dict[str, tuple[str, Told, Told]]:
    """Azure Monitor may be late by minutes, for so long silence is none there: no time for that."""
    azure = cloud.name == "azureml"
    return {name: one for name, one in WORLD.items() if not (azure and name == DYING)}


def config(cloud: Cloud, url: str) -> str:
    shop = f"{{http: {{url: {url}, token_env: SHOP_TOKEN}}, period: 1s, delay: 1s}}"
    text = f"version: 1\nsources:\n  shop: {shop}\n"
    text += "  warehouse: {bigquery: {project: acme-ml}}\n" if cloud.name == "vertex" else ""
    text += "endpoints:\n"
    for name, (plan, *told) in world(cloud).items():
        each = "" if cloud.name == "azureml" else "each: predictions, "
        own = "key: id, " if plan == "labelled" else ""
        reading = f"{{{each}class: label, {own}period: 1s, delay: 1s}}"
        settings = cloud.endpoint(name, dict(zip(cloud.arms, told, strict=True)))
        text += f"  {name}:\n{settings}    plan: {plan}\n    predictions: {reading}\n"
    return text + PLANS


def bought(arms: tuple[str, str]) -> Iterator[dict[str, Any]]:
    for at in seconds():
        yield from ({"at": at.isoformat(), "arm": arm, "n": 1000, "bad": 30} for arm in arms)


def test_an_equal_candidate_is_promoted(ended: Ended) -> None:
    ran = ended.ran["equal"]

    assert ran.code == 0, ran.out + ran.err
    told = ran.json
    assert (told["outcome"], told["candidate"]["share"]) == ("promoted", 100)


def test_one_that_says_fraud_three_points_more_often_is_rolled_back(ended: Ended) -> None:
    ran = ended.ran["worse"]

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    told = ran.json
    assert (told["outcome"], told["baseline"]["share"]) == ("rolled_back", 100)
    (check, guard) = told["checks"]
    assert (check["name"], check["verdict"], guard["name"]) == (
        "class_share(fraud)",
        "fail",
        "recorded",
    )
    assert (check["baseline"], check["candidate"]) == (pytest.approx(0.03), pytest.approx(0.06))
    assert "class_share(fraud) 3.00% -> 6.00%" in ran.out


def test_one_that_does_so_in_one_country_is_rolled_back_and_the_slice_is_named(
    ended: Ended,
) -> None:
    ran = ended.ran["abroad"]

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    failed = [check["name"] for check in ran.json["checks"] if check["verdict"] == "fail"]
    assert failed == ["class_share(fraud) of country=FR"]
    assert "of country=FR 3.00% -> 25.00%" in ran.out


def test_labels_that_come_after_the_promotion_roll_it_back(ended: Ended) -> None:
    start, guard = ended.ran["late"], ended.ran["guard"]

    assert start.code == 0, start.out + start.err
    assert start.json["state"] == "probation"
    assert guard.code == Exit.ROLLED_BACK, guard.out + guard.err
    told = guard.json
    assert (told["outcome"], told["baseline"]["share"]) == ("rolled_back", 100)
    accuracy = told["checks"][0]
    assert (accuracy["baseline"], accuracy["candidate"]) == (pytest.approx(0.9), pytest.approx(0.6))
    assert "(100% labelled)" in accuracy["message"]


def test_a_source_that_dies_silences_its_own_check_and_never_passes(ended: Ended) -> None:
    if DYING not in ended.ran:
        pytest.skip("see world")
    ran = ended.ran[DYING]

    assert ran.code == Exit.NO_METRICS, ran.out + ran.err
    told = ended.cloud.canary.run("status", DYING, *JSON).json
    assert (told["outcome"], told["baseline"]["share"]) == ("no_metrics", 100)
    checks = {check["name"]: check for check in told["checks"]}
    assert "source shop" in checks["bought"]["message"]
    assert checks["bought"]["verdict"] == "no_data"
    assert checks["class_share(fraud)"]["verdict"] in {"pass", "inconclusive"}


def test_answers_that_are_kept_of_one_arm_only_promote_nobody(ended: Ended) -> None:
    ran = ended.ran["deaf"]

    if ended.cloud.name == "azureml":  # says it itself, before anything moves
        assert ran.code == Exit.CLOUD_FAILED, ran.out + ran.err
        assert "no answers of 'teal' are kept" in ran.err
    else:
        assert ran.code == Exit.NO_METRICS, ran.out + ran.err
        assert ran.json["baseline"]["share"] == 100


def test_nothing_of_an_answer_a_key_or_a_secret_is_stored_or_shown(ended: Ended) -> None:
    shown = "".join(ran.out + ran.err for ran in ended.ran.values())
    canary = ended.cloud.canary
    stored = [path.read_bytes() for path in canary.folder.rglob("*") if path.is_file()]

    for secret in (TOKEN, rf"{ended.cloud.arms[1]}-\d{{6}}-\d"):  # the keys, as `answered` has them
        assert not re.search(secret, shown)
        assert not any(re.search(secret.encode(), kept) for kept in stored)
