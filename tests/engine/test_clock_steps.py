"""Somebody sets the machine's clock while a release is driven: no bake and no look moves by it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from engine.rehearsal import Rehearsal

from canarycli.clock import SystemClock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.journal import Event
from canarycli.release.record import Outcome, Release
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
