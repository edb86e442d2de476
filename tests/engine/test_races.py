"""Somebody else acts in the middle of a tick."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from engine.rehearsal import CANDIDATE, ENDPOINT, HOLDING, Rehearsal

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.lease import free
from canarycli.engine.loop import drive
from canarycli.errors import Busy, Conflict, Exit, UsageError
from canarycli.journal import Event
from canarycli.provider import Endpoint, Notes
from canarycli.release import orders
from canarycli.release.record import Outcome, Release
from canarycli.store import Record
from canarycli.store.memory import MemoryStore
from canarycli.testing import NOON
from canarycli.traffic import Traffic


class Interrupted:
    """A provider that lets something else happen just before a raise is sent."""

    def __init__(self, rehearsal: Rehearsal, meanwhile: Callable[[], None]) -> None:
        self._rehearsal = rehearsal
        self._meanwhile: Callable[[], None] | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rehearsal.simulator, name)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        if raises and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        # A cloud without conditional writes: it does not mind that the look is old.
        fresh = self._rehearsal.simulator.describe(seen.name)
        return self._rehearsal.simulator.shift(fresh, to, notes, raises=raises)


def driven_by(rehearsal: Rehearsal, provider: Any, store: Any = None) -> Controller:
    return Controller(
        store or rehearsal.store, provider, rehearsal.clock, Driver("ann@laptop"), lambda _: None
    )


def roll_back_elsewhere(rehearsal: Rehearsal) -> None:
    controller = rehearsal.controller("dana@phone")
    now = rehearsal.clock.now()
    controller.change(rehearsal.key, lambda r: orders.roll_back(r, "dana", now))
    rehearsal.finish(controller)


def test_a_raise_that_was_asleep_while_somebody_rolled_back_is_lowered_at_once() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    provider = Interrupted(rehearsal, lambda: roll_back_elsewhere(rehearsal))
    driven_by(rehearsal, provider).tick(rehearsal.key)
    assert rehearsal.release.outcome is Outcome.STOPPED
    assert rehearsal.share == 0


class Refusing:
    """A provider that refuses the first raise: the endpoint was touched, its split was not."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._refused = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rehearsal.simulator, name)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        if not self._refused:
            self._refused = True
            same = self._rehearsal.simulator.describe(seen.name).traffic
            self._rehearsal.simulator.impose(ENDPOINT, same)
            raise Conflict("the endpoint changed since it was looked at")
        return self._rehearsal.simulator.shift(seen, to, notes, raises=raises)


def test_a_touch_that_leaves_the_split_alone_is_not_taken_for_a_person_lowering_it() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = driven_by(rehearsal, Refusing(rehearsal))
    assert rehearsal.finish(controller).outcome is Outcome.PROMOTED


class Overtaken:
    """A store in which somebody else saves between so many a load and save."""

    def __init__(self, store: MemoryStore, times: int = 1) -> None:
        self._store = store
        self._left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        if self._left:
            self._left -= 1
            known = self._store.load(record.release.key)
            assert known is not None
            self._store.save(replace(known, release=replace(known.release, note="touched")))
        return self._store.save(record, events)


def test_a_lost_race_for_the_record_is_decided_again_on_the_new_one() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = driven_by(rehearsal, rehearsal.watched, Overtaken(rehearsal.store))
    controller.tick(rehearsal.key)
    assert rehearsal.release.note == "touched"
    assert [split.of(CANDIDATE) for split in rehearsal.watched.asked] == [5]


def going_back(release: Release) -> Release:
    return orders.roll_back(release, "dana", NOON)


ORDERS: dict[str, Callable[[Controller, str], Any]] = {
    "an order": lambda controller, key: controller.change(key, going_back),
    "a take-over": lambda controller, key: controller.take_over(key),
    "a lease that is freed": lambda ann, key: free(ann.store, key, ann.driver.name, ann.clock),
    "a look": lambda controller, key: controller.tick(key),
}


def lost(order: Callable[[Controller, str], Any], times: int, who: str) -> list[float]:
    """How long it waits after each race for the record that it loses, in seconds."""
    rehearsal = Rehearsal(settle=0)
    ann = rehearsal.controller(who)
    rehearsal.start(ann)
    store: Any = Overtaken(rehearsal.store, times)
    order(replace(ann, store=store), rehearsal.key)
    return rehearsal.clock.slept


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
def test_one_among_fifty_writers_comes_through(order: Callable[[Controller, str], Any]) -> None:
    ann, bob = (lost(order, 39, who) for who in ("ann@laptop/1", "ann@laptop/2"))

    assert len(ann) == len(bob) == 39
    assert not set(ann) & set(bob)  # they do not meet again and again
    assert max(map(sum, (ann, bob))) < 12


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
def test_one_that_never_comes_through_says_so(order: Callable[[Controller, str], Any]) -> None:
    with pytest.raises(Busy, match="changes faster than it can be written") as caught:
        lost(order, 10_000, "ann@laptop/1")
    assert caught.value.exit is Exit.BUSY


def test_a_driver_that_lost_its_lease_finds_out_before_its_next_write() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    first = rehearsal.controller("ann@laptop")
    rehearsal.tick(first)
    rehearsal.controller("bob@ci").take_over(rehearsal.key)
    asked = len(rehearsal.watched.asked)
    with pytest.raises(Busy) as caught:
        drive(first, rehearsal.key)
    assert caught.value.exit is Exit.BUSY
    assert "bob@ci" in caught.value.facts[0]
    assert len(rehearsal.watched.asked) == asked


def test_a_driver_tells_the_end_that_somebody_else_brought_about() -> None:
    rehearsal = Rehearsal(settle=0)
    release = rehearsal.start()
    heard: list[Event] = []
    driver = Controller(
        rehearsal.store, rehearsal.watched, rehearsal.clock, Driver("ann@laptop"), heard.append
    )
    driver.tick(rehearsal.key)
    roll_back_elsewhere(rehearsal)
    assert drive(driver, rehearsal.key).id == release.id
    assert heard[-1].type == "ended"
    assert "rolled back by dana" in heard[-1].message


def test_a_release_that_nobody_drives_is_named_with_the_way_on() -> None:
    rehearsal = Rehearsal(HOLDING)
    first = rehearsal.start()
    with pytest.raises(Busy) as driven:
        rehearsal.start(rehearsal.controller("bob@ci"))
    rehearsal.clock.advance(120)
    with pytest.raises(Busy) as left:
        rehearsal.start(rehearsal.controller("bob@ci"))
    drive(rehearsal.controller(), rehearsal.key)
    with pytest.raises(Busy) as held:
        rehearsal.start(rehearsal.controller("bob@ci"))
    assert driven.value.hints[0] == f"follow it: canary watch {first.id}"
    assert left.value.hints[0] == f"go on: canary resume {first.id}"
    assert held.value.hints[0] == f"go on: canary promote {first.id}"


def test_a_rollback_that_comes_as_a_release_ends_leaves_its_record_as_it_is() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    controller = rehearsal.controller()
    ended = rehearsal.finish(controller)
    now = rehearsal.clock.now()

    with pytest.raises(UsageError, match="is over: promoted"):
        controller.change(rehearsal.key, lambda release: orders.roll_back(release, "dana", now))

    assert rehearsal.release == ended
