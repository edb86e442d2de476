"""Killed at any I/O point, by anybody, at any time: the next tick converges."""

from dataclasses import replace

import pytest
from engine.rehearsal import (
    BASELINE,
    CANDIDATE,
    ENDPOINT,
    PLAN,
    Rehearsal,
    expect_crash,
    seconds,
)

from canarycli.release import orders
from canarycli.release.record import Outcome, Release
from canarycli.testing import Call, Fault, ForeignWriter, Late, Points
from canarycli.traffic import Traffic

SHORT = replace(PLAN, read_every=seconds(15))
TICKS = 60

HOME = {Outcome.ROLLED_BACK, Outcome.STOPPED, Outcome.INCONCLUSIVE, Outcome.CLOUD_FAILED}


def whole_run(scenario: str) -> int:
    """How many I/O points a release has when nothing goes wrong."""
    points = Points()
    rehearsal = Rehearsal(SHORT, scenario=scenario)
    controller = rehearsal.controller(points=points)
    rehearsal.start()
    rehearsal.finish(controller)
    return len(points.calls)


def check(rehearsal: Rehearsal, release: Release, allowed: set[Outcome]) -> None:
    """Invariants 1 to 7, as far as one finished release shows them."""
    assert not rehearsal.watched.broken
    assert release.over
    assert release.outcome in allowed
    rehearsal.let_settle()
    traffic = rehearsal.simulator.describe(ENDPOINT).traffic
    if release.outcome is Outcome.PROMOTED:
        assert traffic.same_as(Traffic.all_to(CANDIDATE))
    elif release.outcome in HOME:
        assert traffic.same_as(Traffic.all_to(BASELINE))


POINTS = {name: whole_run(name) for name in ("healthy", "failing")}
RIGHT_END = {"healthy": {Outcome.PROMOTED}, "failing": {Outcome.ROLLED_BACK}}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["healthy", "failing"])
@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
def test_a_crash_at_any_point_changes_nothing_in_the_end(scenario: str, fault: Fault) -> None:
    for number in range(1, POINTS[scenario] + 1):
        rehearsal = Rehearsal(SHORT, scenario=scenario)
        rehearsal.start()
        points = Points({number: fault})
        assert expect_crash(rehearsal.controller("ann@laptop", points), rehearsal, TICKS), number
        rehearsal.clock.advance(95)
        release = rehearsal.finish(rehearsal.controller("bob@ci"))
        check(rehearsal, release, RIGHT_END[scenario])


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["healthy", "failing"])
@pytest.mark.parametrize("fault", [Fault.LOST, Fault.UNAVAILABLE])
def test_a_lost_answer_at_any_point_changes_nothing_in_the_end(scenario: str, fault: Fault) -> None:
    for number in range(1, POINTS[scenario] + 1):
        rehearsal = Rehearsal(SHORT, scenario=scenario)
        rehearsal.start()
        points = Points({number: fault})
        release = rehearsal.finish(rehearsal.controller(points=points))
        check(rehearsal, release, RIGHT_END[scenario])


@pytest.mark.slow
def test_two_crashes_at_any_points_converge() -> None:
    total = POINTS["healthy"]
    for first in range(1, total + 1, 3):
        for second in range(1, 12):
            rehearsal = Rehearsal(SHORT)
            rehearsal.start()
            one = rehearsal.controller("ann@laptop", Points({first: Fault.CRASH_AFTER}))
            expect_crash(one, rehearsal, TICKS)
            rehearsal.clock.advance(95)
            two = rehearsal.controller("bob@ci", Points({second: Fault.CRASH_BEFORE}))
            expect_crash(two, rehearsal, 3)
            rehearsal.clock.advance(95)
            release = rehearsal.finish(rehearsal.controller("eve@ci"))
            check(rehearsal, release, {Outcome.PROMOTED})


def ticks_of_a_run() -> int:
    rehearsal = Rehearsal(SHORT)
    rehearsal.start()
    controller = rehearsal.controller()
    for number in range(TICKS):
        if rehearsal.release.over:
            return number
        rehearsal.tick(controller)
    return TICKS


RUN = ticks_of_a_run()


@pytest.mark.parametrize("after", range(RUN))
def test_a_rollback_by_a_person_wins_at_any_tick(after: int) -> None:
    rehearsal = Rehearsal(SHORT)
    rehearsal.start()
    driver = rehearsal.controller()
    for _ in range(after):
        rehearsal.tick(driver)
    record = rehearsal.store.load(rehearsal.key)
    assert record is not None
    back = orders.roll_back(record.release, "dana", rehearsal.clock.now())
    rehearsal.store.save(replace(record, release=back))
    # Neither the lease nor the driver is needed.
    release = rehearsal.finish(rehearsal.controller("dana@phone"))
    check(rehearsal, release, {Outcome.STOPPED})


@pytest.mark.parametrize("after", range(RUN))
@pytest.mark.parametrize("share", [0.0, 2.0, 70.0])
def test_a_foreign_change_at_any_tick_is_never_raised_over(after: int, share: float) -> None:
    rehearsal = Rehearsal(SHORT)
    rehearsal.start()
    driver = rehearsal.controller()
    for _ in range(after):
        rehearsal.tick(driver)
    was = rehearsal.share
    rehearsal.simulator.impose(ENDPOINT, Traffic.split(BASELINE, CANDIDATE, share))
    asked_before = len(rehearsal.watched.asked)
    release = rehearsal.finish(driver)
    later = [split.of(CANDIDATE) for split in rehearsal.watched.asked[asked_before:]]
    if share < was:
        assert all(split <= share for split in later)
        assert release.outcome is Outcome.STOPPED
    assert not rehearsal.watched.broken
    check(rehearsal, release, {*HOME, Outcome.DRIFT, Outcome.PROMOTED})


@pytest.mark.parametrize("later", [1, 3, 6, 9])
@pytest.mark.parametrize("raise_number", [1, 2, 3])
@pytest.mark.parametrize("sender_dies", [False, True])
def test_a_raise_that_lands_late_never_outlives_the_release(
    *, later: int, raise_number: int, sender_dies: bool
) -> None:
    rehearsal = Rehearsal(SHORT)
    rehearsal.start()
    shifts: list[int] = []

    def script(call: Call) -> Late | None:
        if call.verb != "shift":
            return None
        shifts.append(call.number)
        return Late(calls=later, crash=sender_dies) if len(shifts) == raise_number else None

    points = Points(script)
    expect_crash(rehearsal.controller(points=points), rehearsal, TICKS)
    rehearsal.clock.advance(95)
    release = rehearsal.finish(rehearsal.controller("bob@ci", points))
    check(rehearsal, release, {Outcome.PROMOTED, *HOME})


def test_a_foreign_rollback_without_any_record_ends_the_release() -> None:
    rehearsal = Rehearsal(SHORT)
    rehearsal.start()
    driver = rehearsal.controller()
    rehearsal.confirm(driver)
    ForeignWriter(rehearsal.simulator, ENDPOINT).put(Traffic.all_to(BASELINE))
    rehearsal.let_settle()
    release = rehearsal.finish(driver)
    assert release.outcome is Outcome.STOPPED
