"""`canary plan`: when each check can tell, what is refused, and stages made from traffic."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.blackbox import Canary

PLAN = """\
  quick:   # kept
    stages:
      - {percent: 5, bake: 20m}
      - {percent: 25, bake: 20m, then: hold}
      - {percent: 100}
    checks:
"""
ERRORS = "      - {metric: errors_5xx, no_worse_by: 0.5pp}\n"


def endpoint(folder: Path, checks: str = ERRORS, plan: str = PLAN, **script: Any) -> Canary:
    """A pretend endpoint in real time, with its own idea of traffic."""
    lines = "".join(f"    {key}: {value}\n" for key, value in script.items())
    machine = folder / "ann"
    machine.mkdir(parents=True)
    canary = Canary(machine)
    canary.write(
        "version: 1\nendpoints:\n  demo:\n    provider: simulator\n    plan: quick\n"
        f"    state: {folder / 'simulator.json'}\n    day: 0\n    delay: 0s\n{lines}"
        f"plans:\n{plan}{checks}"
    )
    return canary


LATE = """\
      - {metric: accuracy, no_worse_by: 1pp, gates: end}
    probation: 12h
"""


def test_the_screen_says_what_gates_the_end_and_how_late_it_is(tmp_path: Path) -> None:
    made = endpoint(tmp_path, ERRORS + LATE, labels="{delay: 21600, coverage: 0.5}")
    result = made.run("plan", "-m", "v42")

    assert result.code == 0, result.out + result.err
    assert re.search(r"accuracy .*gates the end: all of them, labels after 6 h", result.out)
    assert re.search(r"on probation for 12 h, or till accuracy passes", result.out)
    few = endpoint(tmp_path / "few", ERRORS + LATE, labels="{delay: 21600, coverage: 0.001}")
    refused = few.run("plan", "-m", "v42")
    assert "gates the end, and can't tell from what all stages show" in refused.out + refused.err


REVENUE = """\
      - metric: {name: revenue, simulator: {mean: 1.2, sd: 0.3}}
        no_worse_by: 5%
        better: higher
        cap: 1000
"""


def test_the_screen_says_when_a_check_can_tell(tmp_path: Path) -> None:
    result = endpoint(tmp_path, ERRORS + REVENUE).run("plan", "-m", "v42")

    assert result.code == 0, result.err
    stages, checks = (result.out.partition("CHECK")[n] for n in (0, 2))
    assert "≈ 12,000" in stages
    assert "a person runs canary promote" in stages
    (line,) = [line for line in checks.splitlines() if "errors_5xx" in line]
    assert "at most +0.50 pp  simulator errors_5xx  1  after ≈" in line
    (line,) = [line for line in checks.splitlines() if "revenue" in line]
    assert line.rstrip().endswith("min, in windows of 5 min")
    assert "about 40 min plus the wait at 25%" in result.out
    assert "roll back to v41 100% at once" in result.out


def test_the_document_has_the_forecast(tmp_path: Path) -> None:
    plan = endpoint(tmp_path).run("plan", "-m", "v42", "-o", "json").json

    forecast = plan["forecast"]
    assert forecast["requests_per_minute"] == pytest.approx(12_000, rel=0.02)
    assert (forecast["undecidable"], forecast["unknown"]) == ([], [])
    first, second = forecast["checks"]
    assert 0 < second["passes_in_seconds"] <= first["passes_in_seconds"] < 1200
    assert plan["stages"][0]["requests"] == pytest.approx(12_000, rel=0.02)
    assert plan["expected_seconds"] == forecast["duration_seconds"] == 2400


def test_a_plan_that_can_never_decide_is_refused(tmp_path: Path) -> None:
    canary = endpoint(tmp_path, rate=0.5)

    for command in ("plan", "start"):
        result = canary.run(command, "-m", "v42")
        assert result.code == 2, result.out + result.err
        assert "check 'errors_5xx' can't tell at 5% within 1 h 15 min" in result.err
        assert "unclear_after:" in result.err
    screen = canary.run("plan", "-m", "v42").out
    assert screen.count("never: it takes ≈") == 1
    assert "if it can't tell within 1 h 15 min" in screen  # the same patience
    assert canary.run("status", "-e", "demo", "-o", "json").json["traffic"]["v42"] == 0


def test_the_hint_of_a_refusal_is_enough(tmp_path: Path) -> None:
    canary = endpoint(tmp_path, rate=2)
    refused = canary.run("plan", "-m", "v42").err
    hint = refused.partition("hint: ")[2]
    share = hint.partition("begin at ")[2].partition("%")[0]
    margin = hint.partition("allow +")[2].partition(" pp")[0]

    assert canary.run("plan", "-m", "v42", "--stages", f"{share},75,100").code == 0
    canary.write((canary.folder / "canary.yaml").read_text().replace("0.5pp", f"{margin}pp"))
    assert canary.run("plan", "-m", "v42").code == 0


def test_a_refusal_in_json_is_one_document(tmp_path: Path) -> None:
    result = endpoint(tmp_path, rate=0.5).run("plan", "-m", "v42", "-o", "json")

    assert result.code == 2
    (trouble,) = result.json["troubles"]
    assert (trouble["blocks"], trouble["exit_code"]) == (False, 2)


def test_yes_takes_the_risk(tmp_path: Path) -> None:
    assert endpoint(tmp_path, rate=0.5).run("plan", "-m", "v42", "--yes").code == 0


def test_a_metric_of_which_nothing_is_known_is_said_and_not_refused(tmp_path: Path) -> None:
    versions = "{v41: {percent: 100, silent: true}, v42: {}}"
    result = endpoint(tmp_path, versions=versions).run("plan", "-m", "v42")

    assert result.code == 0, result.err
    assert "no history yet, so it can't be said when a check can tell" in result.out


@pytest.mark.parametrize("flags", [(), ("--percent", "7", "--bake", "90s")])
def test_a_plan_written_to_a_file_is_the_plan_of_the_file(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    canary = endpoint(tmp_path, checks=f"{ERRORS}    read_every: 90s\n")
    canary.run("plan", "-m", "v42", *flags, "--out", "mine.yaml")
    canary.run("plan", "-m", "v42", "--plan", "mine.yaml", "--out", "again.yaml")

    mine = (canary.folder / "mine.yaml").read_text()
    assert "{metric: errors_5xx, no_worse_by: 0.5pp}" in mine
    assert ("bake: 1m30s, then: hold" in mine) == bool(flags)
    assert (canary.folder / "again.yaml").read_text() == mine


def test_suggested_stages_keep_the_budget(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)
    flags = ("plan", "--suggest", "--budget-bad", "600", "-o", "json")
    made = canary.run(*flags).json

    stages = made["suggestion"]["stages"]
    assert stages[0]["at_risk"] <= 600
    assert [s["percent"] for s in stages][-2:] == [50, 100]
    assert made["forecast"]["undecidable"] == []
    bakes = {n: s["bake"] for n, s in enumerate(stages, 1)}
    for check in made["forecast"]["checks"]:
        assert check["passes_in_seconds"] <= bakes[check["stage"]]


def test_stages_that_take_too_long_name_a_budget_that_fits(tmp_path: Path) -> None:
    canary = endpoint(tmp_path, rate=20)
    flags = ("plan", "--suggest", "--max-duration", "2h", "--budget-bad")
    refused = canary.run(*flags, "30")
    budget = refused.err.partition("--budget-bad ")[2].partition(" ")[0]

    assert refused.code == 2, refused.out
    assert "longer than 2 h" in refused.err
    assert canary.run(*flags, budget).code == 0


def test_what_is_suggested_can_be_pasted(tmp_path: Path) -> None:
    result = endpoint(tmp_path).run("plan", "--suggest")

    pasted = yaml.safe_load(result.out.partition("add --write:\n")[2])
    first, *_, full, end = pasted["stages"]
    assert "AFTER IT, WORSE THAN THIS IS RULED OUT" in result.out
    assert (first["percent"], first["bake"]) == (5, "12m")
    assert float(first["leeway"].removesuffix("x")) > 2
    assert full.keys() == end.keys() == {"percent", "bake"}


def test_the_command_of_a_suggestion_runs_as_it_is_printed(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)
    canary.write((canary.folder / "canary.yaml").read_text().replace("    plan: quick\n", ""))
    told = canary.run("plan", "--suggest", "-m", "v42").out

    printed = told.partition("To run it:")[2].partition("\n\n")[0].split()

    assert printed[:2] == ["canary", "start"]
    again = canary.run(*printed[1:], "--dry-run")
    assert again.code == 0, again.err


def test_shares_of_ones_own_are_told_up_to_where_a_person_goes_on(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)

    one, two = (
        canary.run("plan", "-m", "v42", "--yes", *flags).out
        for flags in (("--percent", "5"), ("--stages", "5,100"))
    )

    assert "   5%, then hold; checks of plan quick\n" in one
    assert "   5%, 100%; checks of plan quick\n" in two


def test_suggested_stages_can_be_a_plan_file(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)
    made = canary.run("plan", "--suggest", "--out", "made.yaml", "-o", "json").json
    planned = canary.run("plan", "-m", "v42", "--plan", "made.yaml", "-o", "json").json

    assert [s["percent"] for s in planned["stages"]] == [s["percent"] for s in made["stages"]]


def test_written_stages_are_all_that_changes(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)
    before = (canary.folder / "canary.yaml").read_text()
    made = canary.run("plan", "--suggest", "--write", "-o", "json")
    after = (canary.folder / "canary.yaml").read_text()

    assert made.code == 0, made.err
    assert canary.run("lint").code == 0
    kept, old = before.partition("    stages:\n")[0], before.partition("    checks:\n")[2]
    assert after.startswith(kept)
    assert after.endswith(old)
    planned = canary.run("plan", "-m", "v42", "-o", "json").json
    assert [s["percent"] for s in planned["stages"]] == [
        s["percent"] for s in made.json["suggestion"]["stages"]
    ]


def test_a_new_plan_is_written_under_its_name(tmp_path: Path) -> None:
    canary = endpoint(tmp_path)
    flags = ("--plan", "careful", "--margin", "30%", "--budget-bad", "300")
    result = canary.run("plan", "--suggest", "--write", *flags)

    assert result.code == 0, result.err
    assert "to plan careful in canary.yaml" in result.err
    planned = canary.run("plan", "-m", "v42", "--plan", "careful", "-o", "json").json
    assert planned["checks"] == [
        {"name": "errors_5xx", "limit": "at most +30%", "query": "simulator errors_5xx"}
    ]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--budget-bad", "5"), "say how to suggest stages"),
        ((), "missing option '--new-model'"),
        (("--suggest", "--margin", "x"), "--margin"),
        (("--suggest", "--max-duration", "2"), "--max-duration"),
        (("--suggest", "--budget-bad", "1"), "an outage at 0.1% already costs"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    tmp_path: Path, flags: tuple[str, ...], message: str
) -> None:
    result = endpoint(tmp_path).run("plan", *flags)

    assert result.code == 2, result.out
    assert message in result.err


def test_a_shadow_is_the_first_row_and_takes_its_time(tmp_path: Path) -> None:
    canary = endpoint(tmp_path, checks=f"{ERRORS}    shadow: {{percent: 20, bake: 15m}}\n")

    told = canary.run("plan", "-m", "v42", "--out", "mine.yaml")
    document = canary.run("plan", "-m", "v42", "-o", "json").json

    assert told.code == 0, told.err
    stages = told.out.partition("STAGE")[2].partition("CHECK")[0].splitlines()
    assert stages[1].split()[:5] == ["shadow", "100%", "20%", "copy", "15"]
    assert re.search(r"≈ 3[567],000", stages[1])
    assert stages[2].split()[0] == "1"
    assert "about 55 min plus the wait at 25%" in told.out
    assert (document["expected_seconds"], document["shadow"]["bake"]) == (3300, 900)
    assert document["shadow"]["requests"] == pytest.approx(36_000, rel=0.02)
    assert "shadow: {percent: 20, bake: 15m}" in (canary.folder / "mine.yaml").read_text()


def test_a_shadow_that_the_cloud_does_not_have_is_refused(tmp_path: Path) -> None:
    checks = f"{ERRORS}    shadow: {{percent: 20}}\n"
    canary = endpoint(tmp_path, checks=checks, shadow_up_to=0)

    for command in ("plan", "start"):
        result = canary.run(command, "-m", "v42", "--yes")
        assert result.code == 2, result.out + result.err
        assert "the plan's shadow is 20%, and this cloud has no shadow traffic" in result.err
        assert "leave shadow: out; start with a small stage" in result.err
    assert canary.run("status", "-e", "demo", "-o", "json").json["traffic"]["v42"] == 0


def test_the_usual_checks_are_a_warning_and_never_refuse_a_start(tmp_path: Path) -> None:
    canary = endpoint(tmp_path, rate=0.5)
    canary.write((canary.folder / "canary.yaml").read_text().replace("    plan: quick\n", ""))

    result = canary.run("start", "-m", "v42", "--percent", "5", "--dry-run")

    assert result.code == 0, result.out + result.err
    assert "warning: check 'errors' can't tell at 5%" in result.err
