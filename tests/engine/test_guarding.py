"""No share without somebody who looks after it: full disks, second thoughts, holds without end."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from engine.rehearsal import HOLDING, Rehearsal

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.plan import Then, Wait
from canarycli.release.record import Outcome, State
from canarycli.store import Record
from canarycli.store.memory import MemoryStore

DAY = 24 * 3600


class FullDisk:
    """A store that takes so many saves and then none."""

    def __init__(self, store: MemoryStore, saves: int) -> None:
        self._store = store
        self.saves = saves

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        self.saves -= 1
        if self.saves < 0:
            raise StoreError("the disk is full")
        return self._store.save(record, events)


@pytest.mark.parametrize("saves", range(1, 9))
def test_a_disk_that_fills_up_leaves_no_share_behind(saves: int) -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    store = FullDisk(rehearsal.store, saves)
    driver = Controller(store, rehearsal.watched, rehearsal.clock, Driver("ann@laptop"))
    with pytest.raises(StoreError, match="full"):
        drive(driver, rehearsal.key)
    assert rehearsal.share == 0


def test_whatever_breaks_in_the_driver_leaves_no_share_behind() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()

    def listen(event: Event) -> None:
        if event.type == "shift_confirmed":
            raise KeyError("a screen")

    driver = Controller(
        rehearsal.store, rehearsal.watched, rehearsal.clock, Driver("ann@laptop"), listen
    )
    with pytest.raises(KeyError):
        drive(driver, rehearsal.key)
    assert rehearsal.share == 0


def test_a_hold_has_an_end() -> None:
    rehearsal = Rehearsal(HOLDING)
    rehearsal.start()
    driver = rehearsal.controller()
    assert drive(driver, rehearsal.key).state is State.HELD
    rehearsal.clock.advance(DAY - 60)
    assert driver.tick(rehearsal.key).release.state is State.HELD
    rehearsal.clock.advance(120)
    release = drive(driver, rehearsal.key)
    assert release.outcome is Outcome.INCONCLUSIVE
    assert rehearsal.share == 0


@pytest.mark.slow
def test_a_hold_may_have_no_end() -> None:
    plan = replace(HOLDING, hold_at_most=Wait(HOLDING.settle_within, Then.HOLD))
    rehearsal = Rehearsal(plan)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key)
    rehearsal.clock.advance(2 * DAY)
    assert driver.tick(rehearsal.key).release.state is State.HELD
