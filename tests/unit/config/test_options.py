"""The plan of the command line: flags, a plan's name, a plan file, stdin."""

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canarycli.config import Config, bake_from_option, plan_from_options, plan_from_word
from canarycli.errors import Exit, PlanError
from canarycli.metrics import Metric
from canarycli.plan import Check, Lost, Margin, Plan, Stage, Then, Wait

QUARTER = timedelta(minutes=15)
NOTHING = timedelta(0)
CPU = Check("cpu", Metric("cpu"), never_above=85)
NIGHTLY = Plan((Stage(10, QUARTER), Stage(100, NOTHING)), (CPU,), name="nightly", fails_after=5)
CONFIG = Config(plans={"nightly": NIGHTLY})


def test_percent_is_one_stage_that_holds_with_all_traffic_after_it() -> None:
    plan = plan_from_options(percent=5)

    assert plan.stages == (Stage(5, QUARTER, Then.HOLD), Stage(100, NOTHING))


def test_without_a_plan_the_usual_checks_judge() -> None:
    plan = plan_from_options(percent=5)

    assert plan.checks == (
        Check("errors", Metric("errors"), no_worse_by=Margin(absolute=0.005)),
        Check("latency_p90", Metric("latency_p90"), no_worse_by=Margin(relative=0.2)),
    )


def test_stages_go_on_by_themselves_to_the_end() -> None:
    plan = plan_from_options(stages="5,25, 50%,100", bake=timedelta(minutes=2))

    assert [(s.percent, s.bake, s.then) for s in plan.stages] == [
        (5, timedelta(minutes=2), Then.GO),
        (25, timedelta(minutes=2), Then.GO),
        (50, timedelta(minutes=2), Then.GO),
        (100, NOTHING, Then.GO),
    ]


def test_stages_that_end_below_all_hold_there() -> None:
    plan = plan_from_options(stages="5,50")

    assert plan.stages == (
        Stage(5, QUARTER),
        Stage(50, QUARTER, Then.HOLD),
        Stage(100, NOTHING),
    )


def test_all_at_once_is_one_stage() -> None:
    assert plan_from_options(percent=100).stages == (Stage(100, NOTHING),)


def test_flags_replace_the_stages_of_a_plan_and_keep_its_checks() -> None:
    plan = plan_from_options(percent="2.5%", bake="5s", base=NIGHTLY)

    assert plan.stages == (Stage(2.5, timedelta(seconds=5), Then.HOLD), Stage(100, NOTHING))
    assert (plan.checks, plan.fails_after, plan.name) == ((CPU,), 5, "nightly")


def test_bake_alone_changes_the_stages_of_a_plan_below_all() -> None:
    plan = plan_from_options(bake="5s", base=NIGHTLY)

    assert plan.stages == (Stage(10, timedelta(seconds=5)), Stage(100, NOTHING))


def test_a_plan_without_flags_stays_as_it_is() -> None:
    assert plan_from_options(base=NIGHTLY) == NIGHTLY


def test_checks_may_be_given() -> None:
    assert plan_from_options(percent=5, checks=[]).checks == ()


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "0 percent": ({"percent": 0}, "--percent: 0 is not above 0 and up to 100"),
    "101 percent": ({"percent": 101.0}, "--percent: 101 is not above 0 and up to 100"),
    "no number": ({"percent": "nan"}, "--percent: nan is not above 0 and up to 100"),
    "text": ({"percent": "five"}, "--percent: 'five' is not a number"),
    "a negative stage": ({"stages": "-5,100"}, "--stages: -5 is not above 0 and up to 100"),
    "stages that go down": ({"stages": "25,5"}, "--stages: stages must rise, and 5% follows 25%"),
    "a stage twice": ({"stages": "25,25"}, "--stages: stages must rise, and 25% follows 25%"),
    "a gap between commas": ({"stages": "5,,100"}, "--stages: '' is not a number"),
    "a bake without a unit": (
        {"percent": 5, "bake": "15"},
        '--bake: "15" has no unit, write 15s or 15m',
    ),
    "both flags": (
        {"percent": 5, "stages": "5,100"},
        "--percent: it can't go with --stages, use one of them",
    ),
    "nothing at all": ({}, "--plan: no plan is given and the endpoint names none"),
    "a bake of nothing": ({"bake": "5m"}, "--plan: no plan is given and the endpoint names none"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_flag_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_from_options(**options)

    assert str(caught.value) == message
    assert caught.value.exit is Exit.USAGE


def test_a_duration_of_another_flag_names_that_flag() -> None:
    with pytest.raises(PlanError, match=r'^--timeout: "3" has no unit'):
        bake_from_option("3", "--timeout")


def test_a_word_is_a_plan_of_the_config_first(tmp_path: Path) -> None:
    (tmp_path / "nightly").write_text("stages: [{percent: 1}]", encoding="utf-8")

    assert plan_from_word("nightly", CONFIG, cwd=tmp_path) == NIGHTLY


def test_a_word_may_be_a_plan_file(tmp_path: Path) -> None:
    text = "stages: [{percent: 1, bake: 5s}]\nchecks: [{metric: cpu, never_above: 85}]\n"
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")

    plan = plan_from_word("small.yaml", CONFIG, cwd=tmp_path)

    assert plan == Plan(
        (Stage(1, timedelta(seconds=5), Then.HOLD), Stage(100, NOTHING)), (CPU,), name="small"
    )


def test_a_plan_file_may_set_every_policy(tmp_path: Path) -> None:
    text = """
stages: [{percent: 1}, {percent: 100, bake: 10m, then: hold}]
bake: 0s
read_every: 10s
fails_after: 1
unclear_after: 0s
on_fail: hold
on_unclear: {pause: 0s, then: hold}
on_no_metrics: {pause: 1m}
on_driver_lost: resume
settle_within: 5m
deadline: 3h
"""
    (tmp_path / "whole.yaml").write_text(text, encoding="utf-8")

    plan = plan_from_word("whole.yaml", CONFIG, cwd=tmp_path)

    assert plan == Plan(
        name="whole",
        stages=(Stage(1, NOTHING), Stage(100, timedelta(minutes=10), Then.HOLD)),
        read_every=timedelta(seconds=10),
        fails_after=1,
        unclear_after=NOTHING,
        on_fail=Then.HOLD,
        on_unclear=Wait(NOTHING, Then.HOLD),
        on_no_metrics=Wait(timedelta(minutes=1), Then.ROLLBACK),
        on_driver_lost=Lost.RESUME,
        settle_within=timedelta(minutes=5),
        deadline=timedelta(hours=3),
    )


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_dash_is_a_plan_on_stdin_in_json_as_well(
    tmp_path: Path, indent: str | int | None
) -> None:
    data = {"stages": [{"percent": 1e1, "bake": "15m"}], "checks": [], "deadline": "1h30m"}

    plan = plan_from_word(
        "-", CONFIG, cwd=tmp_path, stdin=io.StringIO(json.dumps(data, indent=indent))
    )

    assert plan.stages[0] == Stage(10, QUARTER, Then.HOLD)
    assert (plan.name, plan.deadline) == ("stdin", timedelta(minutes=90))


def test_a_mistake_on_stdin_has_its_place(tmp_path: Path) -> None:
    stdin = io.StringIO("stages:\n- {percent: 5, bake: 5}\nchekcs: []\n")

    with pytest.raises(PlanError) as caught:
        plan_from_word("-", CONFIG, cwd=tmp_path, stdin=stdin)

    assert caught.value.message.splitlines() == [
        'stdin:2:22: bake: "5" has no unit, write 5s or 5m   (stages[0])',
        "stdin:3:1: unknown key chekcs, did you mean checks?",
        "2 problems in stdin",
    ]


def test_nothing_on_stdin_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="stdin: stages is missing"):
        plan_from_word("-", CONFIG, cwd=tmp_path, stdin=io.StringIO(""))


def test_broken_yaml_in_a_plan_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("stages: [", encoding="utf-8")

    with pytest.raises(PlanError, match=r"^small.yaml:1:10: this is not YAML"):
        plan_from_word("small.yaml", CONFIG, cwd=tmp_path)


def test_a_word_that_is_neither_names_the_nearest_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        plan_from_word("nigthly", CONFIG, cwd=tmp_path)

    assert str(caught.value) == (
        "--plan: there is no plan or file 'nigthly', did you mean nightly?"
    )
    assert caught.value.hints == ("the config has nightly",)
