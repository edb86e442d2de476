"""A plan that makes no sense has no spelling."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Role, Stage, Then

BAKE = timedelta(minutes=15)
ERRORS = Check("errors", Metric("errors_5xx"), never_above=0.01)
LATENCY = Check("latency", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))
CPU = Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH)


def stages(*percents: float) -> tuple[Stage, ...]:
    return tuple(Stage(percent, BAKE) for percent in percents)


@pytest.mark.parametrize("percent", [0, -1, 100.1, float("nan")])
def test_a_stage_has_a_percent_above_0_and_at_most_100(percent: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 100"):
        Stage(percent, BAKE)


def test_a_bake_is_not_negative() -> None:
    with pytest.raises(ValueError, match="can't be negative"):
        Stage(5, timedelta(seconds=-1))


def test_a_stage_goes_on_unless_told_to_hold() -> None:
    assert Stage(5, BAKE).then is Then.GO


def test_a_plan_has_a_stage() -> None:
    with pytest.raises(ValueError, match="at least one stage"):
        Plan(())


@pytest.mark.parametrize("percents", [(25, 5), (5, 5), (5, 50, 25)], ids=str)
def test_stages_rise(percents: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="stages must rise"):
        Plan(stages(*percents))


@given(st.lists(st.floats(0.01, 100), unique=True, min_size=1).map(sorted))
def test_any_rising_stages_make_a_plan(percents: list[float]) -> None:
    assert [stage.percent for stage in Plan(stages(*percents)).stages] == percents


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"never_above": 1.0, "never_below": 0.5},
        {"never_above": 1.0, "no_worse_by": Margin(0.1)},
    ],
    ids=["none", "two bounds", "a bound and a margin"],
)
def test_a_check_has_exactly_one_limit(limits: Any) -> None:
    with pytest.raises(ValueError, match="'errors' needs exactly one of"):
        Check("errors", Metric("errors_5xx"), **limits)


def test_a_limit_of_0_is_a_limit() -> None:
    assert Check("errors", Metric("errors_5xx"), never_above=0).never_above == 0


def test_two_checks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Plan(stages(5), (ERRORS, ERRORS))


@pytest.mark.parametrize("seconds", [0, -60])
def test_a_plan_reads_after_some_time(seconds: int) -> None:
    with pytest.raises(ValueError, match="read_every"):
        Plan(stages(5), read_every=timedelta(seconds=seconds))


def test_a_check_fails_after_at_least_one_read() -> None:
    with pytest.raises(ValueError, match="fails_after"):
        Plan(stages(5), fails_after=0)


def test_gates_are_the_checks_that_decide() -> None:
    assert Plan(stages(5), (ERRORS, CPU, LATENCY)).gates == (ERRORS, LATENCY)


def test_every_metric_is_measured_once() -> None:
    twice = Check("errors too", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
    slow = Check("slow", Metric("latency_over", 0.2), never_above=0.1)
    slower = Check("slower", Metric("latency_over", 0.5), never_above=0.01)

    plan = Plan(stages(5), (ERRORS, twice, slow, slower))

    assert plan.metrics() == (Metric("errors_5xx"), slow.metric, slower.metric)


def test_a_check_can_be_left_out_by_name() -> None:
    plan = Plan(stages(5), (ERRORS, LATENCY))

    assert plan.without(["errors"]).checks == (LATENCY,)
    assert plan.without([]) == plan


def test_leaving_out_a_check_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="erors"):
        Plan(stages(5), (ERRORS,)).without(["erors"])


@pytest.mark.parametrize(
    ("margin", "text"),
    [
        (Margin(relative=0.2), "20%"),
        (Margin(absolute=0.005), "0.005"),
        (Margin(0.1, 0.05), "10% + 0.05"),
        (Margin(), "0%"),
    ],
    ids=str,
)
def test_a_margin_reads_as_people_say_it(margin: Margin, text: str) -> None:
    assert str(margin) == text
