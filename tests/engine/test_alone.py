"""A release at 100 %: what the guard does when there is no baseline left."""

from dataclasses import replace
from datetime import timedelta

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, PLAN, RELATIVE, Rehearsal, seconds

from canarycli.plan import Stage, Then, Wait
from canarycli.release.record import Outcome


def alone(turns: list[dict[str, float]]) -> Rehearsal:
    """A release that has come to 100 %, whose candidate then takes these turns."""
    plan = replace(
        PLAN,
        stages=(Stage(50, seconds(400)), Stage(100, seconds(1800))),
        checks=(RELATIVE,),
        on_unclear=Wait(seconds(900), Then.ROLLBACK),
    )
    return Rehearsal(
        plan, versions={BASELINE: {"percent": 100}, CANDIDATE: {"turns": turns}}, rate=100
    )


def test_an_outage_that_might_have_hit_both_pauses_at_100_and_goes_on_when_it_is_over() -> None:
    rehearsal = alone([{"after": 1200, "errors_5xx": 0.1}, {"after": 1500, "errors_5xx": 0.002}])
    started = rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.PROMOTED
    kinds = [event.type for event in rehearsal.store.events(started.id)]
    assert kinds.index("paused") < kinds.index("resumed") < kinds.index("ended")
    reason = next(e for e in rehearsal.store.events(started.id) if e.type == "paused").message
    assert "no baseline left to compare it with" in reason


def test_an_alarm_at_100_that_does_not_end_rolls_back_when_the_pause_is_over() -> None:
    rehearsal = alone([{"after": 1200, "errors_5xx": 0.1}])
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.reached) == (Outcome.ROLLED_BACK, 100)


@pytest.mark.parametrize(("after", "waits"), [(500, False), (1200, True)])
def test_a_candidate_that_fails_altogether_at_100_is_rolled_back(
    after: int, *, waits: bool
) -> None:
    """At once soon after the shift; later a shared outage gets a few minutes to be over."""
    rehearsal = alone([{"after": after, "errors_5xx": 1.0}])
    started = rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.ROLLED_BACK
    events = rehearsal.store.events(started.id)
    assert ("paused" in [event.type for event in events]) == waits
    assert events[-1].at - started.started_at < timedelta(seconds=after + 240)
