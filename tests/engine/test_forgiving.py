"""One bad minute, a gap, or a slow start: a good release goes on, later and not too late."""

from datetime import timedelta

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, Rehearsal

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.release.record import OUTCOME_EXITS, Outcome

MINUTE = timedelta(minutes=1)
CHECKS = (
    Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005)),
    Check("latency_p90", Metric("latency_p90"), no_worse_by=Margin(0.2)),
)
STAGES = (Stage(5, 15 * MINUTE), Stage(25, 15 * MINUTE), Stage(100, 15 * MINUTE))
WITHOUT = 50 * MINUTE
"""How long it takes when nothing happens."""


def ended(turns: list[dict[str, object]], plan: Plan) -> tuple[Outcome | None, timedelta]:
    versions = {BASELINE: {"percent": 100}, CANDIDATE: {"turns": turns}}
    rehearsal = Rehearsal(plan, period=60, delay=120, rate=200, versions=versions)
    began = rehearsal.clock.now()
    rehearsal.start()
    release = rehearsal.finish(ticks=2000)
    return release.outcome, rehearsal.clock.now() - began


TROUBLE: dict[str, list[dict[str, object]]] = {
    "nothing": [],
    "one minute of errors": [
        {"errors_5xx": 0.05, "after": 600},
        {"errors_5xx": 0.002, "after": 660},
    ],
    "one slow minute": [{"slower": 3, "after": 600}, {"slower": 1 / 3, "after": 660}],
    "ten silent minutes": [{"silent": True, "after": 600}, {"silent": False, "after": 1200}],
}


@pytest.mark.parametrize("turns", TROUBLE.values(), ids=TROUBLE)
def test_it_is_promoted_at_most_45_minutes_later(turns: list[dict[str, object]]) -> None:
    outcome, took = ended(turns, Plan(STAGES, CHECKS))
    assert outcome is Outcome.PROMOTED
    assert took <= WITHOUT + 45 * MINUTE


def test_silence_of_both_versions_after_a_pass_holds_the_share_and_ends_without_metrics() -> None:
    silence = {"turns": [{"silent": True, "after": 1800}]}
    checks = CHECKS[:1]
    stages = (Stage(20, 60 * MINUTE), Stage(50, 10 * MINUTE), Stage(100, 0 * MINUTE))
    versions = {BASELINE: {"percent": 100, **silence}, CANDIDATE: silence}
    rehearsal = Rehearsal(
        Plan(stages, checks, read_every=MINUTE / 2), period=60, rate=200, versions=versions
    )
    rehearsal.start()
    release = rehearsal.finish(ticks=2000)
    assert release.outcome is Outcome.NO_METRICS
    assert OUTCOME_EXITS[Outcome.NO_METRICS] == 11
    assert max(traffic.of(CANDIDATE) for traffic in rehearsal.watched.asked) == 20


@pytest.mark.parametrize(
    ("slower", "lasts"), [(1.5, 180), (2, 300)], ids=["half as slow again", "twice as slow"]
)
def test_minutes_of_warming_up_are_forgiven_with_warm_up(slower: float, lasts: float) -> None:
    turns: list[dict[str, object]] = [{"slower": slower}, {"slower": 1 / slower, "after": lasts}]
    outcome, took = ended(turns, Plan(STAGES, CHECKS, warm_up=5 * MINUTE))
    assert outcome is Outcome.PROMOTED
    assert took <= WITHOUT + 20 * MINUTE


def test_a_slow_start_is_forgiven_for_as_long_as_the_plan_says() -> None:
    turns: list[dict[str, object]] = [{"slower": 2}, {"slower": 0.5, "after": 600}]
    assert ended(turns, Plan(STAGES, CHECKS))[0] is Outcome.ROLLED_BACK
    outcome, took = ended(turns, Plan(STAGES, CHECKS, warm_up=10 * MINUTE))
    assert outcome is Outcome.PROMOTED
    assert took <= WITHOUT + 20 * MINUTE
