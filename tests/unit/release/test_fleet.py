"""When a wave begins, when a fleet stops, and what it ends with."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from canarycli.codec import from_json, to_json
from canarycli.errors import Exit
from canarycli.plan import Plan, Stage
from canarycli.release.fleet import (
    BADNESS,
    Course,
    Fleet,
    Seat,
    Wave,
    begun,
    decide,
    has_it,
    returned,
    unfit,
)
from canarycli.release.record import Outcome, Release, State

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BAKE = timedelta(minutes=30)


def wave(name: str, *endpoints: str, bake: timedelta = BAKE) -> Wave:
    return Wave(name, tuple(Seat(endpoint, "v42") for endpoint in endpoints), bake)


def fleet(*waves: Wave, stop_after: int = 0, at_once: int = 0) -> Fleet:
    return Fleet(
        "f", waves or (wave("one", "a"), wave("two", "b", "c")), NOW, "ann", stop_after, at_once
    )


def release(endpoint: str, outcome: Outcome | None = None) -> Release:
    plan = Plan(stages=(Stage(5, BAKE), Stage(100, timedelta(0))))
    state = State.ENDED if outcome else State.RUNNING
    return Release(
        f"r-{endpoint}",
        "simulator",
        "local",
        endpoint,
        "v41",
        "v42",
        plan,
        NOW,
        "ann",
        state=state,
        outcome=outcome,
    )


def all_begun(one: Fleet, *endpoints: str) -> Fleet:
    for endpoint in endpoints:
        one = begun(one, endpoint, f"r-{endpoint}")
    return one


def known(*releases: Release) -> Mapping[str, Release]:
    return {one.id: one for one in releases}


def names(one: Fleet, releases: Mapping[str, Release], now: datetime = NOW) -> list[str]:
    return [seat.endpoint for seat in decide(one, releases, now).begin]


def test_the_first_wave_begins_alone() -> None:
    assert names(fleet(), {}) == ["a"]


def test_the_next_wave_waits_for_the_last_release_and_then_for_the_bake() -> None:
    one = all_begun(fleet(), "a")

    assert names(one, known(release("a"))) == []
    passed = decide(one, known(release("a", Outcome.PROMOTED)), NOW).fleet
    assert names(passed, {}, NOW + BAKE / 2) == []
    assert names(passed, {}, NOW + BAKE) == ["b", "c"]


def test_only_so_many_are_under_way_at_once() -> None:
    one = fleet(wave("one", "a", "b", "c"), at_once=2)

    assert names(one, {}) == ["a", "b"]
    assert names(all_begun(one, "a", "b"), known(release("a"), release("b"))) == []
    assert names(all_begun(one, "a", "b"), known(release("a", Outcome.PROMOTED))) == ["c"]


@pytest.mark.parametrize(("stop_after", "goes_on"), [(0, False), (1, True)])
def test_one_failure_more_than_the_budget_stops_the_fleet(
    stop_after: int, *, goes_on: bool
) -> None:
    one = all_begun(fleet(stop_after=stop_after), "a")

    move = decide(one, known(release("a", Outcome.ROLLED_BACK)), NOW)
    later = decide(move.fleet, {}, NOW + BAKE)

    assert (move.fleet.course is Course.RUNNING) is goes_on
    assert bool(later.begin) is goes_on
    assert move.fleet.exit is Exit.ROLLED_BACK


def test_what_is_under_way_when_it_stops_goes_on_to_its_end() -> None:
    one = all_begun(fleet(wave("one", "a", "b")), "a", "b")

    stopped = decide(one, known(release("a", Outcome.ROLLED_BACK), release("b")), NOW).fleet
    done = decide(stopped, known(release("b", Outcome.PROMOTED)), NOW).fleet

    assert (stopped.course, stopped.over) == (Course.STOPPED, False)
    assert (done.over, done.failures) == (True, 1)


def test_an_endpoint_on_which_nothing_can_begin_counts_as_a_failure() -> None:
    one = unfit(fleet(), "a", int(Exit.DENIED), "no permission")

    assert decide(one, {}, NOW).fleet.course is Course.STOPPED
    assert one.exit is Exit.DENIED


def test_an_endpoint_that_has_the_model_already_is_done_and_the_next_wave_begins() -> None:
    one = has_it(fleet(), "a", "'v42' is the baseline already")

    move = decide(decide(one, {}, NOW).fleet, {}, NOW + BAKE)

    assert (move.fleet.failures, move.fleet.exit) == (0, Exit.OK)
    assert move.begin == move.fleet.waves[1].seats


def test_a_paused_fleet_begins_nothing_and_still_sees_what_ends() -> None:
    one = replace(all_begun(fleet(), "a"), course=Course.PAUSED)

    move = decide(one, known(release("a", Outcome.PROMOTED)), NOW + BAKE)

    assert (move.begin, move.fleet.waves[0].over) == ((), True)


def test_when_every_wave_is_over_it_is_done_and_the_worst_release_is_its_code() -> None:
    one = all_begun(fleet(stop_after=2), "a", "b", "c")
    ends = (Outcome.PROMOTED, Outcome.INCONCLUSIVE, Outcome.ROLLED_BACK)
    releases = known(*(release(name, end) for name, end in zip("abc", ends, strict=True)))

    done = decide(decide(one, releases, NOW).fleet, {}, NOW + BAKE).fleet

    assert (done.course, done.over, done.exit) == (Course.DONE, True, Exit.ROLLED_BACK)
    assert returned(done, "a", "ann said so").failures == 3


def test_every_exit_code_has_its_place() -> None:
    assert set(BADNESS) == set(Exit)


def test_a_fleet_comes_back_from_its_record_as_it_was() -> None:
    one = all_begun(fleet(at_once=3), "a").said("ann", "begun", NOW)

    assert from_json(Fleet, to_json(one)) == one
