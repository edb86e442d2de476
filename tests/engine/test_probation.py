"""After the last stage the watch goes on: late labels still roll back, or let a release through."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from engine.rehearsal import ERRORS, PLAN, Rehearsal, change, seconds

from canarycli.errors import Exit
from canarycli.judge import Verdict
from canarycli.metrics import Metric
from canarycli.plan import Better, Check, Margin, Stage, Then, Wait
from canarycli.release.record import Ask, Order, Outcome, Release, State

HOUR = seconds(3600)
LABELS = {"delay": 6 * 3600, "coverage": 0.5}
RIGHT = Check(
    "accuracy",
    Metric("accuracy"),
    no_worse_by=Margin(absolute=0.03),
    better=Better.HIGHER,
    at_end=True,
)
LATE = replace(
    PLAN,
    stages=(Stage(25, seconds(600)), Stage(50, seconds(1200)), Stage(100, seconds(0))),
    checks=(ERRORS, RIGHT),
    read_every=seconds(120),
    unclear_after=seconds(900),
)


def rested(rehearsal: Rehearsal, *, watched: bool = False) -> Release:
    """Drive until it rests, then look now and then, as a sweep from cron does."""
    controller = rehearsal.controller()
    for _ in range(600):
        release = rehearsal.release
        on_probation = release.state is State.PROBATION
        if release.over or release.waits_for_a_person or (watched and on_probation):
            return release
        rehearsal.tick(controller)
        rehearsal.clock.sleep(600 if on_probation else 0)
    raise AssertionError(f"neither over nor at rest: {rehearsal.release}")


def begun(plan: Any = LATE, **script: Any) -> Rehearsal:
    rehearsal = Rehearsal(plan, **{"labels": LABELS, "period": 60, **script})
    rehearsal.start()
    return rehearsal


def test_no_stage_waits_for_labels_and_the_probation_does() -> None:
    rehearsal = begun()
    rested(rehearsal, watched=True)
    rehearsal.tick(rehearsal.controller())
    release = rehearsal.release

    assert release.state is State.PROBATION
    assert release.exit is Exit.OK
    assert release.target == 100
    (late,) = [f for f in release.findings if f.check == "accuracy"]
    assert late.at_end
    assert late.verdict is Verdict.INCONCLUSIVE
    assert "first data due" in late.sentence


def test_a_late_fail_goes_back_from_all_traffic() -> None:
    rehearsal = begun(scenario="late-labels")

    release = rested(rehearsal)

    assert release.outcome is Outcome.ROLLED_BACK
    assert release.reached == 100
    assert "accuracy" in release.why
    assert rehearsal.share == 0
    late = rehearsal.clock.now() - release.splits[0].since
    assert late >= timedelta(seconds=LABELS["delay"])


def test_equal_ones_are_promoted_as_soon_as_their_labels_say_so() -> None:
    rehearsal = begun()

    release = rested(rehearsal)

    assert release.outcome is Outcome.PROMOTED
    length = rehearsal.clock.now() - release.splits[0].since
    assert 6 * HOUR <= length < 8 * HOUR


@pytest.mark.parametrize(
    ("then", "state", "outcome"),
    [(Then.ROLLBACK, State.ENDED, Outcome.INCONCLUSIVE), (Then.HOLD, State.HELD, None)],
)
def test_labels_that_never_say_enough_end_as_the_plan_wants(
    then: Then, state: State, outcome: Outcome | None
) -> None:
    plan = replace(LATE, probation=2 * HOUR, on_unclear=Wait(seconds(60), then))

    release = rested(begun(plan))

    assert (release.state, release.outcome) == (state, outcome)
    assert "accuracy" in (release.why or rehearsed_reason(release))


def rehearsed_reason(release: Release) -> str:
    return next(f.sentence for f in release.findings if f.at_end)


def test_a_plan_without_labels_is_watched_for_as_long_as_it_says() -> None:
    plan = replace(LATE, checks=(ERRORS,), probation=HOUR)
    healthy = begun(plan)
    release = rested(healthy)
    assert release.outcome is Outcome.PROMOTED
    assert healthy.clock.now() - release.splits[-1].since >= HOUR

    turns = [{"after": 3600, "errors_5xx": 0.2}]
    versions = {"v41": {"percent": 100}, "v42": {"turns": turns}}
    sick = rested(begun(plan, versions=versions))
    assert sick.outcome is Outcome.ROLLED_BACK
    assert sick.reached == 100


def test_who_promotes_one_on_probation_ends_it() -> None:
    rehearsal = begun()
    rested(rehearsal, watched=True)

    change(rehearsal, replace(rehearsal.release, ask=Ask(Order.NEXT, "dana")))

    assert rested(rehearsal).outcome is Outcome.PROMOTED


def test_splits_are_judged_together_without_the_minutes_of_their_changes() -> None:
    release = rested(begun(), watched=True)

    shares = [split.share for split in release.splits]
    assert shares == [25, 50, 100]
    for earlier, later in zip(release.splits, release.splits[1:], strict=False):
        assert earlier.until is not None
        assert earlier.since < earlier.until < later.since
