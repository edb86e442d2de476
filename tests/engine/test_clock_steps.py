"""Somebody sets the machine's clock while a release is driven: no bake and no look moves by it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from engine.rehearsal import Rehearsal

from canarycli.clock import SystemClock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.lease import has_driver, is_driven, is_heard
from canarycli.engine.loop import drive
from canarycli.journal import Event
from canarycli.release.record import Outcome, Release
from canarycli.store import Record
from canarycli.testing import NOON

SECONDS = NOON.timestamp()


class Machine:
    """A machine in a rehearsal's time whose wall clock was set by so much."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.step = 0.0
        self.clock = SystemClock(self.wall, self.steady, rehearsal.clock.sleep)

    def steady(self) -> float:
        return self.rehearsal.clock.now().timestamp() - SECONDS

    def wall(self) -> float:
        return self.rehearsal.clock.now().timestamp() + self.step


class Noting:
    """A provider that notes each look at the endpoint."""

    def __init__(self, provider: Any, look: Callable[[], None]) -> None:
        self._provider = provider
        self._look = look

    def __getattr__(self, name: str) -> Any:
        if name == "describe":
            self._look()
        return getattr(self._provider, name)


def driven(step: float) -> tuple[Release, list[float], float]:
    """A release whose machine's clock is set at 5 %: its end, its dwells, the longest gap."""
    rehearsal = Rehearsal(settle=0)
    machine = Machine(rehearsal)
    looks: list[float] = []
    confirmed: list[float] = []

    def listen(event: Event) -> None:
        if event.type == "shift_confirmed":
            confirmed.append(machine.steady())
            machine.step = step

    provider: Any = Noting(rehearsal.watched, lambda: looks.append(machine.steady()))
    ann = Controller(rehearsal.store, provider, machine.clock, Driver("ann@laptop"), listen)
    rehearsal.start(ann)
    ended = drive(ann, rehearsal.key)
    gaps = [after - before for before, after in pairwise(looks)]
    dwells = [after - before for before, after in pairwise(confirmed)]
    return ended, dwells, max(gaps)


@pytest.mark.parametrize("step", [120, -120, -3600, 86400])
def test_a_step_of_the_clock_moves_no_bake_and_misses_no_look(step: float) -> None:
    undisturbed, dwells, _ = driven(0)
    ended, stepped, gap = driven(step)
    assert ended.outcome is undisturbed.outcome is Outcome.PROMOTED
    assert stepped == pytest.approx(dwells, abs=1)
    assert gap <= 15


def left(rehearsal: Rehearsal, machine: Machine) -> Controller:
    """A driver that brought the candidate to its first stage, and looks no more."""
    ann = Controller(rehearsal.store, rehearsal.watched, machine.clock, Driver("ann@laptop"))
    rehearsal.start(ann)
    rehearsal.confirm(ann)
    return ann


def kept(rehearsal: Rehearsal) -> Record:
    record = rehearsal.store.load(rehearsal.key)
    assert record is not None
    return record


@pytest.mark.parametrize("step", [0, 120, 3600, -3600])
def test_a_driver_that_goes_gives_its_lease_back_whatever_its_clock_says(step: float) -> None:
    rehearsal = Rehearsal(settle=0)
    machine = Machine(rehearsal)
    ann = left(rehearsal, machine)
    machine.step = step
    ann.let_go(rehearsal.key)
    assert kept(rehearsal).lease is None


@pytest.mark.parametrize(("ahead", "driven"), [(0, True), (60, True), (3600, False)])
def test_a_driver_whose_clock_was_far_ahead_keeps_nobody_away(
    ahead: float, *, driven: bool
) -> None:
    rehearsal = Rehearsal(settle=0)
    machine = Machine(rehearsal)
    machine.step = ahead
    machine.clock = SystemClock(machine.wall, machine.steady, rehearsal.clock.sleep)
    left(rehearsal, machine)

    record, now = kept(rehearsal), rehearsal.clock.wall()

    assert has_driver(record, now) is driven
    later = now + timedelta(minutes=20)
    assert not is_driven(record, later)
    assert not is_heard(record, later, timedelta(minutes=15))


def test_a_release_that_a_clock_far_ahead_began_is_read_and_bakes_as_any_other() -> None:
    rehearsal = Rehearsal(settle=0)
    machine = Machine(rehearsal)
    machine.step = 3600
    machine.clock = SystemClock(machine.wall, machine.steady, rehearsal.clock.sleep)
    left(rehearsal, machine)
    began = rehearsal.clock.now()

    ended = drive(rehearsal.controller("ben@desk"), rehearsal.key)

    assert ended.outcome is Outcome.PROMOTED
    assert rehearsal.clock.now() - began < timedelta(minutes=10)
