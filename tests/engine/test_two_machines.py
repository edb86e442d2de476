"""Machines that share no records: a rollback from one stays, and one of two starts goes on."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, ENDPOINT, seconds
from engine.stage import LATE, Cloud, Stage

from canarycli.engine.loop import drive
from canarycli.errors import (
    Conflict,
    Denied,
    Exit,
    NotFound,
    Rejected,
    Unavailable,
    Unsupported,
)
from canarycli.ids import new_id
from canarycli.provider import (
    RAISED_NOTE,
    RELEASE_NOTE,
    ROLLED_BACK_NOTE,
    Notes,
)
from canarycli.release.mark import Mark
from canarycli.release.orders import roll_back
from canarycli.release.record import Outcome, Release
from canarycli.release.rescue import rescue
from canarycli.traffic import Traffic


def raises(cloud: Cloud) -> list[float]:
    return [share for share, _ in cloud.shifts if share > 0]


def test_a_rollback_leaves_its_mark_with_who_when_and_which() -> None:
    stage = Stage()
    back = stage.roll_back()
    mark = Mark.read(stage.cloud.notes_now)
    assert mark is not None
    assert (mark.release, mark.by) == (back.id, "dana@phone")
    assert abs(mark.at - stage.clock.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("after", "exits"),
    [(-0.4, Exit.STOPPED), (0.4, Exit.OK)],
    ids=["during the start's first look", "before the start"],
)
def test_a_start_that_began_before_a_rollback_raises_nothing_though_it_looked_after_it(
    after: float, exits: Exit
) -> None:
    stage = Stage()
    stage.roll_back()
    mark = Mark.read(stage.cloud.notes_now)
    assert mark is not None
    ann = stage.machine("ann@laptop")
    stage.clock.sleep(1)
    release = stage.start(ann, began=mark.at + seconds(after))
    ended = drive(ann, release.key)
    assert ended.exit == exits
    assert bool(raises(stage.cloud)) == (exits is Exit.OK)


def test_a_rollback_before_the_first_share_ends_the_driver_without_a_raise() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    stage.roll_back()
    ended = drive(ann, release.key)
    assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
    assert "dana@phone rolled back" in ended.why
    assert raises(stage.cloud) == []
    assert stage.cloud.share == 0


def test_a_first_raise_without_an_answer_is_not_asked_for_again_after_a_rollback() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)

    def lost(_to: Traffic, _notes: Notes) -> None:
        stage.roll_back()
        raise Unavailable("no answer")

    stage.cloud.before.append(lost)
    assert drive(ann, release.key).outcome is Outcome.STOPPED
    assert raises(stage.cloud) == [5]
    assert stage.cloud.share == 0


def test_a_rollback_between_two_stages_is_seen_before_the_next_raise() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    stage.roll_back()
    assert drive(ann, release.key).outcome is Outcome.STOPPED
    assert raises(stage.cloud) == [5]


def test_an_old_mark_does_not_stop_a_new_release() -> None:
    stage = Stage()
    stage.roll_back()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    assert drive(ann, release.key).outcome is Outcome.PROMOTED


def test_what_lands_after_a_rollback_is_lowered_again_by_whoever_rolled_back() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    stage.cloud.before.append(stage.cloud.fall_asleep)
    with suppress(Unavailable):  # and its process is killed here
        ann.tick(release.key)
    seen: list[float] = []
    phone = stage.machine("dana@phone")
    back = rescue(
        stage.cloud.simulator.describe(ENDPOINT),
        {},
        to=BASELINE,
        release_id=new_id(),
        provider="simulator",
        place="local",
        settings={},
        by="dana",
        reason="",
        now=stage.clock.now(),
        limits=stage.cloud.limits,
    )
    phone.create(back)

    def land(now: Release) -> bool:
        if now.is_home and stage.cloud.asleep:
            stage.cloud.wake_up()
            seen.append(stage.cloud.share)
        return False

    ended = drive(phone, back.key, enough=land)
    assert seen == [5]
    assert stage.cloud.share == 0
    assert ended.outcome is Outcome.STOPPED
    assert ended.ended_at is not None
    assert ended.ended_at >= back.started_at + LATE


def test_a_rollback_that_is_in_place_can_be_left_before_it_is_verified() -> None:
    stage = Stage()
    back = stage.roll_back()
    assert back.is_home
    assert not back.over
    assert back.exit is Exit.STOPPED


def test_of_two_starts_from_two_machines_exactly_one_goes_on() -> None:
    stage = Stage()
    ann, bob = stage.machine("ann@laptop"), stage.machine("bob@ci")
    first, second = stage.start(ann), stage.start(bob)
    ann.tick(first.key)
    with_first = stage.cloud.notes_now
    ended = drive(bob, second.key)
    assert (ended.outcome, ended.exit) == (Outcome.SUPERSEDED, Exit.BUSY)
    assert first.id in ended.why
    assert stage.cloud.notes_now == with_first
    assert stage.cloud.share == 5
    assert drive(ann, first.key).outcome is Outcome.PROMOTED


def test_a_raise_refused_because_another_start_was_first_is_not_asked_for_again() -> None:
    stage = Stage()
    bob = stage.machine("bob@ci")
    release = stage.start(bob)
    theirs = {RELEASE_NOTE: "r-other", "canary-baseline": BASELINE, "canary-candidate": CANDIDATE}

    def overtaken(_to: Traffic, _notes: Notes) -> None:
        seen = stage.cloud.simulator.describe(ENDPOINT)
        stage.cloud.simulator.shift(seen, Traffic.split(BASELINE, CANDIDATE, 10), theirs)
        raise Conflict("another change is under way")

    stage.cloud.before.append(overtaken)
    assert drive(bob, release.key).exit is Exit.BUSY
    assert stage.cloud.notes_now == theirs
    assert stage.cloud.share == 10


@pytest.mark.parametrize(
    ("error", "outcome", "share"),
    [
        (Denied("no permission"), Outcome.PROMOTED, 100),
        (NotFound("it is gone"), Outcome.PROMOTED, 100),
        (Unsupported("no such verb"), Outcome.PROMOTED, 100),
        (Rejected("a policy forbids it"), Outcome.CLOUD_FAILED, 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_one_look_that_is_refused_after_an_accepted_raise_leaves_no_share_behind(
    error: Exception, outcome: Outcome, share: float
) -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    ann.tick(release.key)
    stage.cloud.looks = [error]
    assert drive(ann, release.key).outcome is outcome
    assert stage.cloud.share == share


@pytest.mark.parametrize("back", [False, True], ids=["a raise", "the way back"])
def test_what_is_refused_for_a_change_under_way_is_not_asked_for_again_at_once(
    *, back: bool
) -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    if back:
        drive(ann, release.key, enough=in_place)
        now = stage.clock.now()
        ann.change(release.key, lambda known: roll_back(known, "ann", now))
    asked: list[datetime] = []

    def busy() -> None:
        asked.append(stage.clock.now())
        raise Conflict("another change is under way")

    stage.cloud.locked = [busy] * 4
    drive(ann, release.key, enough=in_place)

    assert len(set(asked)) == 4
    assert stage.cloud.share == (0 if back else 5)


def in_place(release: Release) -> bool:
    return release.confirmed_at is not None


def test_a_denied_first_raise_ends_the_release_as_nothing_was_touched() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)

    def denied(_to: Traffic, _notes: Notes) -> None:
        raise Denied("no permission to shift")

    stage.cloud.before.append(denied)
    with suppress(Denied):
        drive(ann, release.key)
    record = ann.store.load(release.key)
    assert record is not None
    assert record.release.outcome is Outcome.CLOUD_FAILED
    assert not record.release.exposed


def test_where_notes_come_first_they_say_which_share_was_asked_for() -> None:
    stage = Stage()
    stage.cloud.notes_first = True
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    ann.tick(release.key)
    assert stage.cloud.notes_now[RAISED_NOTE] == "5"
    assert ROLLED_BACK_NOTE not in stage.cloud.notes_now


def test_a_raise_that_was_answered_slowly_may_have_a_copy_on_its_way() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    stage.cloud.before.append(lambda *_: stage.clock.sleep(6))
    ann.tick(release.key)
    assert ann.load(release.key).release.loose(stage.clock.now() + LATE)


def test_a_raise_that_was_answered_at_once_has_none() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    ann.tick(release.key)
    assert ann.load(release.key).release.loose_until is None
