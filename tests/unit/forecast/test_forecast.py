"""The forecast: what a plan can decide on an endpoint's traffic, and stages that fit it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from unit.judge.arranging import MINUTE, at, counts, measured, series
from unit.judge.streams import history

from canarycli.forecast import Traffic, forecast, levels, smallest_margin, suggest
from canarycli.forecast.flow import with_pace
from canarycli.metrics import Metric, Value
from canarycli.plan import Better, Check, Margin, Plan, Role, Stage, Wait

ERRORS = Check("errors", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
APPROVAL = Check(
    "approval",
    Metric("approval", source={"x": 1}),
    no_worse_by=Margin(absolute=0.02),
    better=Better.HIGHER,
    min_requests=3000,
)
P99 = Check("p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))
CPU = Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH)
KNOWN = {
    "errors": {"rate": 0.002, "requests": 3000, "phi": 1.0},
    "approval": {"rate": 0.39, "requests": 3000, "phi": 1.1},
    "p99": {"level": 0.17, "spread": 1.2, "tau": 0.17},
}


def plan(*checks: Check, unclear_after: float = 45) -> Plan:
    return Plan(
        (
            Stage(5, 15 * MINUTE),
            Stage(25, 20 * MINUTE),
            Stage(50, 20 * MINUTE),
            Stage(100, 0 * MINUTE),
        ),
        checks,
        unclear_after=unclear_after * MINUTE,
    )


def test_requests_of_a_stage_are_its_share_of_the_traffic() -> None:
    found = forecast(plan(ERRORS), 3000, KNOWN)
    assert found.requests == (2250, 15_000, 30_000, 0)


def test_each_check_is_told_when_it_can_pass_and_fail_at_every_stage() -> None:
    found = forecast(plan(ERRORS, P99), 3000, KNOWN, 3 * MINUTE)
    assert [(o.check, o.stage) for o in found.outlooks] == [
        (name, stage) for stage in (1, 2, 3) for name in ("errors", "p99")
    ]
    first = found.outlooks[0]
    assert first.passes_in is not None
    assert 10 * MINUTE < first.passes_in < 25 * MINUTE
    assert first.fails_in is not None
    assert first.assumed == pytest.approx(0.012)
    assert found.undecidable == ()
    assert found.duration is not None
    assert found.duration >= 55 * MINUTE


def test_more_traffic_tells_sooner_and_sees_smaller_effects() -> None:
    slow, fast = (forecast(plan(ERRORS), rate, KNOWN).outlooks[0] for rate in (3000, 300_000))
    assert slow.passes_in is not None
    assert fast.passes_in is not None
    assert fast.passes_in < slow.passes_in
    assert fast.smallest is not None
    assert fast.smallest < (slow.smallest or 1)
    assert fast.smallest > 0.007


def test_scatter_takes_longer() -> None:
    batches = {"errors": {**KNOWN["errors"], "phi": 5.0}}
    calm, rough = (forecast(plan(ERRORS), 3000, known).outlooks[0] for known in (KNOWN, batches))
    assert calm.passes_in is not None
    assert rough.passes_in is not None
    assert rough.passes_in / calm.passes_in == pytest.approx(5, rel=0.05)


def test_a_plan_that_can_never_decide_is_recognised() -> None:
    found = forecast(plan(ERRORS, APPROVAL), 60, KNOWN)
    assert set(found.undecidable) == {"errors", "approval"}
    assert found.duration is None


@pytest.mark.parametrize(
    ("base", "limit", "percent", "minutes"),
    [
        (0.001, Margin(absolute=0.005), 5, 3.4),
        (0.005, Margin(absolute=0.002), 5, 22.3),
        (0.001, Margin(relative=0.5), 5, 79.2),
        (0.001, Margin(relative=1.0), 50, 5.9),
    ],
)
def test_an_equal_candidate_passes_when_it_did_in_simulated_releases(
    base: float, limit: Margin, percent: float, minutes: float
) -> None:
    """Means of 48 releases at 200 requests a second."""
    check = replace(ERRORS, no_worse_by=limit)
    stages = (Stage(percent, MINUTE), Stage(100, MINUTE))
    known = {"errors": {"rate": base, "requests": 12_000, "phi": 1.0, "errors": 9000}}
    said = forecast(Plan(stages, (check,)), 12_000, known).outlooks[0].passes_in
    assert said is not None
    assert said / MINUTE == pytest.approx(minutes, rel=0.3)


def test_patience_makes_a_plan_decidable() -> None:
    hasty = replace(plan(APPROVAL), on_unclear=Wait(timedelta(0)))
    assert forecast(hasty, 3000, KNOWN).undecidable == ("approval",)
    assert forecast(plan(APPROVAL, unclear_after=90), 3000, KNOWN).undecidable == ()


def test_a_margin_of_nothing_is_never_passed() -> None:
    strict = Check("errors", Metric("errors_5xx"), no_worse_by=Margin())
    found = forecast(plan(strict), 1e6, KNOWN)
    assert found.outlooks[0].passes_in is None
    assert found.undecidable == ("errors",)


def test_a_metric_nothing_is_known_of_is_named() -> None:
    found = forecast(plan(ERRORS), 3000, {})
    assert found.unknown == ("errors",)
    assert found.outlooks[0].passes_in is None


def test_no_traffic_decides_nothing() -> None:
    assert forecast(plan(ERRORS), 0, KNOWN).undecidable == ("errors",)


def test_a_limit_on_the_candidate_tells_after_its_minimum_of_requests() -> None:
    limit = Check("limit", Metric("errors_5xx"), never_above=0.01, min_requests=1500)
    found = forecast(plan(limit, CPU), 3000, {})
    assert found.outlooks[0].passes_in == 10 * MINUTE
    assert found.undecidable == ()


def test_a_watched_check_never_makes_a_plan_undecidable() -> None:
    watched = Check(
        "errors", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005), role=Role.WATCH
    )
    assert forecast(plan(watched), 1, KNOWN).undecidable == ()


def test_levels_come_from_history() -> None:
    rows = history(1, length=200)
    latency = [Value(at(i), 0.2 * (1 + 0.05 * (i % 3)), 1000) for i in range(30)]
    past = measured({}, {"errors_5xx": counts(rows), "latency_p99": series(latency)})
    known = levels((ERRORS, P99, APPROVAL), past, "old")
    assert known["errors"]["rate"] == pytest.approx(0.01, rel=0.1)
    assert known["p99"]["tau"] == pytest.approx(0.21, rel=0.02)
    assert "approval" not in known
    assert forecast(plan(P99), 60_000, known).outlooks[0].passes_in is not None


# stages made from traffic and risk

BUSY = Traffic(12_000, 0.005)


def test_stages_rise_from_a_share_whose_outage_fits_the_budget() -> None:
    found = suggest(BUSY, budget=500)
    percents = [stage.percent for stage in found.stages]
    assert percents == [1, 5, 25, 50, 100]
    assert found.at_risk[0] <= 500
    assert all(later <= 5 * earlier for earlier, later in pairwise(percents))
    assert found.shows == pytest.approx((10, 9.33, 5.17, 1.5), rel=0.01)
    assert timedelta(minutes=45) <= found.duration <= timedelta(minutes=75)


def test_a_larger_budget_is_faster_and_a_tighter_margin_slower() -> None:
    assert suggest(BUSY, budget=5000).duration < suggest(BUSY, budget=500).duration
    slow = Traffic(600, 0.002)
    assert suggest(slow, 500, margin=0.2).duration > suggest(slow, 500, margin=0.5).duration


def test_every_suggestion_is_a_plan() -> None:
    for per_minute in (50, 1000, 100_000):
        for budget in (1500, 30_000):
            found = suggest(Traffic(per_minute, 0.01, finest=0.1), budget)
            assert Plan(found.stages).stages[-1].percent == 100


def test_a_budget_below_the_smallest_share_is_refused() -> None:
    with pytest.raises(ValueError, match="an outage at 1% already costs"):
        suggest(Traffic(1_000_000, 0.01), budget=10)
    with pytest.raises(ValueError, match="need traffic"):
        suggest(Traffic(0, 0.01), budget=10)


def test_the_smallest_margin_shrinks_with_time() -> None:
    day, hour = (
        smallest_margin(Traffic(1200, 0.01), 5, span) for span in (1440 * MINUTE, 60 * MINUTE)
    )
    assert day is not None
    assert hour is not None
    assert day < 0.2 < hour
    assert smallest_margin(Traffic(1, 0.01), 1, MINUTE) is None


RIGHT = Check(
    "accuracy",
    Metric("accuracy"),
    no_worse_by=Margin(absolute=0.01),
    better=Better.HIGHER,
)
LABELLED = {"accuracy": {"rate": 0.08, "requests": 150, "phi": 1.0}}
HOURS = {"late": 6 * 3600 + 120.0}


def test_few_labels_take_longer_and_late_ones_come_first_after_their_delay() -> None:
    def first(**pace: float) -> timedelta:
        known = {"accuracy": LABELLED["accuracy"] | pace}
        passes = forecast(plan(RIGHT, unclear_after=3000), 3000, known).outlooks[0].passes_in
        assert passes is not None
        return passes

    assert first(part=0.05) > 15 * first()
    assert timedelta(hours=6) < first(**HOURS) - first() <= timedelta(hours=6, minutes=3)


def test_a_delay_is_no_doubt() -> None:
    known = {"accuracy": LABELLED["accuracy"] | HOURS}

    assert forecast(plan(RIGHT, unclear_after=60), 30_000, known).undecidable == ()


def test_what_gates_the_end_holds_no_stage_and_needs_what_all_of_them_show() -> None:
    late = replace(RIGHT, at_end=True)
    enough, short = (
        forecast(plan(ERRORS, late), 3000, KNOWN | {"accuracy": LABELLED["accuracy"] | pace})
        for pace in (HOURS, HOURS | {"part": 0.05})
    )

    assert (enough.undecidable, enough.short) == ((), ())
    assert (short.undecidable, short.short) == ((), ("accuracy",))
    assert enough.duration == short.duration


def test_a_metric_says_of_how_many_requests_it_is_and_how_late() -> None:
    labels = replace(counts([(150, 12)] * 60), delay=timedelta(hours=6))
    past = measured({"accuracy": labels}, until=7 * 60)

    known = with_pace(LABELLED, [RIGHT, ERRORS], past, "new", 3000)

    assert known["accuracy"]["part"] == pytest.approx(0.05)
    assert known["accuracy"]["late"] == 6 * 3600 + 120
    assert set(known) == {"accuracy"}
