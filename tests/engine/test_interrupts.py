"""Ctrl-C on a driver: a person is asked, and what they want is done whatever the records do."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from engine.rehearsal import CANDIDATE, Rehearsal

from canarycli.engine.controller import Driver
from canarycli.engine.retries import Patient
from canarycli.errors import Exit, StoreError, Terminated, Unavailable, Unsafe
from canarycli.journal import Event
from canarycli.operations.drive import Drive
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace
from canarycli.provider import Endpoint, Notes
from canarycli.release.orders import promote
from canarycli.release.record import Outcome, Release
from canarycli.store import Record
from canarycli.traffic import Traffic


class Signalled:
    """A clock that raises a signal at its eighth sleep, and at every one after if it is told to."""

    def __init__(self, rehearsal: Rehearsal, signal: BaseException) -> None:
        self._clock, self._signal = rehearsal.clock, signal
        self.naps = 0
        self.then: Callable[[], None] = lambda: None
        self.again = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def sleep(self, seconds: float) -> None:
        self.naps += 1
        if self.naps == 8:
            self.then()
        if self.naps == 8 or (self.again and self.naps > 8):
            raise self._signal
        self._clock.sleep(seconds)


class Refusing:
    """Records that take nothing any more from some time on."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._store = rehearsal.store
        self.full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def load(self, key: str) -> Record | None:
        if self.full:
            raise StoreError("the disk is gone")
        return self._store.load(key)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        if self.full:
            raise StoreError("the disk is gone")
        return self._store.save(record, events)


def driven(
    signal: BaseException, choose: Callable[[Release], OnInterrupt | None] | None = None
) -> tuple[Rehearsal, Drive]:
    """A release at 5 % whose driver gets a signal at its eighth nap."""
    rehearsal = Rehearsal(settle=0)
    rehearsal.start(rehearsal.controller("ann/1"))
    clock: Any = Signalled(rehearsal, signal)
    provider = Patient(rehearsal.simulator, clock)
    target = Target("demo", "simulator", {})
    work = Workspace(target, rehearsal.store, provider, clock, Driver("ann/1"), "ann")
    return rehearsal, Drive(work, rehearsal.heard.append, choose=choose)


def test_who_stays_goes_on_as_if_nothing_had_been() -> None:
    asked: list[str] = []

    def stay(release: Release) -> None:
        asked.append(release.candidate)

    rehearsal, drive = driven(KeyboardInterrupt(), stay)
    assert drive.run().exit is Exit.OK
    assert asked == [CANDIDATE]
    assert rehearsal.release.outcome is Outcome.PROMOTED


def test_who_rolls_back_gets_it_whatever_the_flag_would_have_done() -> None:
    rehearsal, drive = driven(KeyboardInterrupt(), lambda _: OnInterrupt.ROLLBACK)
    ending = replace(drive, on_interrupt=OnInterrupt.HOLD).run()
    assert ending.exit is Exit.INTERRUPTED
    assert rehearsal.share == 0


def test_who_holds_is_told_how_to_go_on_and_how_to_go_back() -> None:
    rehearsal, drive = driven(KeyboardInterrupt(), lambda _: OnInterrupt.HOLD)
    ending = drive.run()
    release = rehearsal.release
    assert ending.exit is Exit.INTERRUPTED
    assert rehearsal.share == 5
    assert ending.advice == (
        f"go on: canary resume {release.id}; go back: canary rollback {release.id}",
    )


def test_a_cancelled_job_asks_nobody() -> None:
    def never(_: Release) -> None:
        raise AssertionError("asked")

    rehearsal, drive = driven(Terminated(), never)
    assert drive.run().exit is Exit.TERMINATED
    assert rehearsal.share == 0


def test_an_interrupt_goes_back_from_memory_where_the_records_are_gone() -> None:
    rehearsal, drive = driven(KeyboardInterrupt())
    store: Any = Refusing(rehearsal)
    clock: Any = drive.work.clock
    clock.then = lambda: setattr(store, "full", True)
    ending = replace(drive, work=replace(drive.work, store=store)).run()
    assert ending.exit is Exit.INTERRUPTED
    assert rehearsal.share == 0


def test_an_interrupt_that_comes_too_late_tells_how_the_release_ended() -> None:
    rehearsal, drive = driven(Terminated())
    clock: Any = drive.work.clock

    def promoted_by_bob() -> None:
        bob = rehearsal.controller("bob/2")
        bob.take_over(rehearsal.key)
        bob.change(rehearsal.key, lambda release: promote(release, "bob", full=True))
        rehearsal.finish(bob)
        rehearsal.heard.clear()

    clock.then = promoted_by_bob

    ending = drive.run()

    assert (ending.exit, rehearsal.share) == (Exit.OK, 100)
    assert [event.type for event in rehearsal.heard] == ["ended"]


class Mute:
    """A cloud that has no answer for whoever goes back."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._simulator = rehearsal.simulator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._simulator, name)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        if not raises:
            raise Unavailable("no answer")
        return self._simulator.shift(seen, to, notes, raises=raises)


def test_only_a_second_signal_ends_it_with_the_loudest_code_and_the_ways_out() -> None:
    rehearsal, drive = driven(KeyboardInterrupt())
    clock: Any = drive.work.clock
    clock.again = True
    cloud: Any = Mute(rehearsal)
    work = replace(drive.work, provider=Patient(cloud, clock))
    with pytest.raises(Unsafe, match="interrupted again") as caught:
        replace(drive, work=work).run()
    assert "canary sweep" in caught.value.hints[0]
    assert caught.value.facts == ("traffic last seen: v41 95%, v42 5%",)
