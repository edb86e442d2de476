"""Machines that share no records: a rollback from one stays, and one of two starts goes on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, ENDPOINT, Rehearsal, seconds

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive, looked_enough
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
    Endpoint,
    Limits,
    Notes,
)
from canarycli.release.mark import Mark, noted_before
from canarycli.release.orders import roll_back
from canarycli.release.record import Outcome, Release
from canarycli.release.rescue import home, rescue
from canarycli.simulator import Simulator
from canarycli.store.memory import MemoryStore
from canarycli.traffic import Traffic

LATE = seconds(60)


class Cloud:
    """The simulator as a cloud whose requests can be late, lost, denied or overtaken."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.shifts: list[tuple[float, Notes]] = []
        self.before: list[Any] = []
        self.asleep: list[tuple[Traffic, Notes]] = []
        self.looks: list[Exception | None] = []
        self.locked: list[Callable[[], None]] = []
        self.notes_first = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.simulator, name)

    @property
    def limits(self) -> Limits:
        return replace(self.simulator.limits, late_request=LATE, notes_first=self.notes_first)

    def describe(self, endpoint: str) -> Endpoint:
        error = self.looks.pop(0) if self.looks else None
        if error is not None:
            raise error
        return self.simulator.describe(endpoint)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        if self.locked:
            self.locked.pop(0)()
        self.shifts.append((to.of(CANDIDATE), notes))
        if to.of(CANDIDATE) > 0 and self.before:
            self.before.pop(0)(to, notes)
        return self.simulator.shift(seen, to, notes, raises=raises)

    def fall_asleep(self, to: Traffic, notes: Notes) -> None:
        self.asleep.append((to, notes))
        raise Unavailable("no answer")

    def wake_up(self) -> None:
        for to, _ in self.asleep:
            self.simulator.impose(ENDPOINT, to)
        self.asleep.clear()

    @property
    def share(self) -> float:
        return self.simulator.describe(ENDPOINT).traffic.of(CANDIDATE)

    @property
    def notes_now(self) -> Notes:
        return self.simulator.notes(self.simulator.describe(ENDPOINT))


class Stage:
    """One cloud, one clock, and as many machines as it takes."""

    def __init__(self) -> None:
        self.rehearsal = Rehearsal(settle=0)
        self.cloud = Cloud(self.rehearsal.simulator)
        self.clock = self.rehearsal.clock

    def machine(self, name: str) -> Controller:
        return Controller(MemoryStore(), self.cloud, self.clock, Driver(name))

    def start(
        self, driver: Controller, model: str = CANDIDATE, began: datetime | None = None
    ) -> Release:
        now = self.clock.now()
        found = noted_before(self.cloud.notes_now, began or now, now)
        return self._started(driver, model, found, began or now)

    def _started(self, driver: Controller, model: str, found: Notes, began: datetime) -> Release:
        from canarycli.release.request import Request, prepare

        request = Request("simulator", "local", model, self.rehearsal.plan, "ann", deploy={})
        endpoint = self.cloud.simulator.describe(ENDPOINT)
        release = prepare(request, endpoint, release_id=new_id(), now=self.clock.now())
        return driver.create(replace(release, found=found, started_at=began)).release

    def roll_back(self, name: str = "dana@phone", to: str | None = None) -> Release:
        """As `canary rollback` does from a machine that knows nothing."""
        machine, release = self.turned_back(name, to)
        return drive(
            machine, release.key, enough=lambda r: looked_enough(r, self.clock.now()), insist=False
        )

    def turned_back(self, name: str, to: str | None = None) -> tuple[Controller, Release]:
        machine, notes = self.machine(name), self.cloud.notes_now
        seen = self.cloud.simulator.describe(ENDPOINT)
        release = rescue(
            seen,
            notes,
            to=home(seen, notes, to),
            release_id=new_id(),
            provider="simulator",
            place="local",
            settings={},
            by=name,
            reason="",
            now=self.clock.now(),
            limits=self.cloud.limits,
            aimed=to is not None,
        )
        return machine, machine.create(release).release


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


def test_a_rollback_to_the_candidate_stays_whoever_drove_or_rolls_back_without_a_word() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    stage.roll_back("bob@desk", to=CANDIDATE)
    ended = drive(ann, release.key)
    assert (ended.outcome, stage.cloud.share) == (Outcome.STOPPED, 100)
    assert ended.why == f"bob@desk rolled back to {CANDIDATE}; not touched"
    assert stage.roll_back("dana@phone").baseline == CANDIDATE
    assert stage.cloud.share == 100


def test_of_two_rollbacks_to_different_versions_the_later_one_stays() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    phone, back = stage.turned_back("dana@phone")
    drive(phone, back.key, enough=lambda r: r.is_home)  # and goes on looking
    stage.roll_back("bob@desk", to=CANDIDATE)
    ended = drive(phone, back.key)
    assert (ended.baseline, ended.outcome) == (CANDIDATE, Outcome.STOPPED)
    assert stage.cloud.share == 100


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
