"""A copy of the traffic before any of it: judged, then exchanged for the first stage."""

from dataclasses import replace

import pytest
from engine.rehearsal import (
    BASELINE,
    CANDIDATE,
    ENDPOINT,
    PLAN,
    Rehearsal,
    change,
    expect_crash,
    seconds,
)

from canarycli.plan import Shadow
from canarycli.release import orders
from canarycli.release.record import Outcome
from canarycli.testing import Fault, Points
from canarycli.traffic import Traffic

SHADOWED = replace(PLAN, shadow=Shadow(20, seconds(30)))


def test_a_shadow_comes_first_and_is_exchanged_for_the_first_stage_in_one_change() -> None:
    rehearsal = Rehearsal(SHADOWED)
    rehearsal.start()
    release = rehearsal.finish()
    assert release.outcome is Outcome.PROMOTED
    asked = [(split.of(CANDIDATE), dict(split.shadow)) for split in rehearsal.watched.asked]
    assert asked == [(0, {CANDIDATE: 20}), (5, {}), (25, {}), (100, {})]


def test_a_candidate_that_fails_in_the_shadow_never_gets_live_traffic() -> None:
    worse = {"turns": [{"errors_5xx": 0.2}]}
    rehearsal = Rehearsal(SHADOWED, versions={BASELINE: {"percent": 100}, CANDIDATE: worse})
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.reached) == (Outcome.ROLLED_BACK, 0)
    traffic = rehearsal.simulator.describe(ENDPOINT).traffic
    assert (traffic.of(BASELINE), dict(traffic.shadow)) == (100, {})


def test_a_model_that_is_brought_in_is_shadowed_first() -> None:
    rehearsal = Rehearsal(SHADOWED, startup=30)
    rehearsal.start(model="model-99")
    assert rehearsal.finish().outcome is Outcome.PROMOTED
    assert [split.shadow != {} for split in rehearsal.watched.asked] == [True, False, False, False]


LONG = replace(SHADOWED, shadow=Shadow(20, seconds(3000)))


def test_promote_exchanges_the_shadow_for_the_first_stage() -> None:
    rehearsal = Rehearsal(LONG)
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    change(rehearsal, orders.promote(rehearsal.release, "dana"))
    rehearsal.tick(controller)
    assert (rehearsal.release.target, rehearsal.release.shadow) == (5, 0)


def test_a_rollback_takes_the_shadow_away() -> None:
    rehearsal = Rehearsal(LONG)
    rehearsal.start()
    rehearsal.confirm(rehearsal.controller())
    assert rehearsal.simulator.describe(ENDPOINT).traffic.shadow[CANDIDATE] == 20
    change(rehearsal, orders.roll_back(rehearsal.release, "dana", rehearsal.clock.now()))
    assert rehearsal.finish(rehearsal.controller("dana@phone")).outcome is Outcome.STOPPED
    assert rehearsal.simulator.describe(ENDPOINT).traffic.same_as(Traffic.all_to(BASELINE))


def test_somebody_who_ends_the_shadow_ends_the_release() -> None:
    rehearsal = Rehearsal(LONG)
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.impose(ENDPOINT, Traffic.all_to(BASELINE))
    release = rehearsal.finish()
    assert release.outcome is Outcome.STOPPED
    assert "copy of traffic" in release.why


@pytest.mark.slow
def test_a_crash_at_any_point_of_a_shadow_changes_nothing_in_the_end() -> None:
    calls = Points()
    whole = Rehearsal(SHADOWED)
    whole.start()
    whole.finish(whole.controller(points=calls))
    for number in range(1, len(calls.calls) + 1):
        rehearsal = Rehearsal(SHADOWED)
        rehearsal.start()
        points = Points({number: Fault.CRASH_AFTER})
        assert expect_crash(rehearsal.controller("ann@laptop", points), rehearsal, 80), number
        rehearsal.clock.advance(95)
        release = rehearsal.finish(rehearsal.controller("bob@ci"))
        assert release.outcome is Outcome.PROMOTED, number
        assert not rehearsal.watched.broken
        assert rehearsal.simulator.describe(ENDPOINT).traffic.same_as(Traffic.all_to(CANDIDATE))
