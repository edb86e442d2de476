"""A driver tells what others noted of its release, with who, and what is its own only once."""

from dataclasses import replace

import pytest
from engine.rehearsal import HOLDING, PLAN, Rehearsal, seconds

from canarycli.clock import FastClock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.lease import is_driven
from canarycli.engine.loop import drive
from canarycli.journal import Event
from canarycli.plan import Stage, Then
from canarycli.release import orders
from canarycli.release.record import Release
from canarycli.testing import FakeClock

SLOW = replace(PLAN, stages=(Stage(5, seconds(150)), Stage(100, seconds(0))), checks=())


def test_a_pause_by_somebody_else_is_told_once_with_who() -> None:
    rehearsal = Rehearsal(SLOW)
    release = rehearsal.start()
    other = replace(rehearsal.controller("eve@desk"), listen=lambda _: None)
    now = rehearsal.clock.now()
    pause = Event("paused", now + seconds(1), "paused by eve for 5m", "warning", {"by": "eve"})

    def enough(release: Release) -> bool:
        if release.confirmed_at and not release.pause:
            other.change(
                rehearsal.key,
                lambda r: orders.pause(
                    r, "eve", rehearsal.clock.now(), length=seconds(300), then=Then.HOLD, reason=""
                ),
                pause,
            )
        return release.pause is not None

    drive(rehearsal.controller(), rehearsal.key, enough=enough)

    assert rehearsal.messages.count(pause.message) == 1
    kept = [event.message for event in rehearsal.store.events(release.id)]
    assert len(set(rehearsal.messages)) == len(rehearsal.messages), rehearsal.messages
    assert set(kept) <= set(rehearsal.messages)


def test_what_was_noted_before_the_drive_is_not_told_again() -> None:
    rehearsal = Rehearsal(HOLDING)
    rehearsal.start()
    drive(rehearsal.controller(), rehearsal.key)
    rehearsal.clock.advance(5)
    before = len(rehearsal.heard)

    rehearsal.controller().change(
        rehearsal.key, lambda r: orders.promote(r, "eve", reason="looks well")
    )
    drive(rehearsal.controller(), rehearsal.key)

    again = [event for event in rehearsal.heard[before:] if event in rehearsal.heard[:before]]
    assert not again


def test_a_confirmation_counts_from_the_request_and_not_from_the_question_before_it() -> None:
    rehearsal = Rehearsal(SLOW, settle=3)
    rehearsal.start()
    rehearsal.clock.advance(55)  # somebody reads what is about to happen
    rehearsal.confirm(rehearsal.controller())

    (told,) = [event for event in rehearsal.heard if event.type == "shift_confirmed"]
    assert 3 <= told.fields["seconds"] < 10


@pytest.mark.parametrize("speed", [1, 20, 120, 1000])
def test_a_driver_on_a_fast_clock_has_some_real_seconds_to_be_heard(speed: float) -> None:
    rehearsal, real = Rehearsal(SLOW), FakeClock()
    clock = FastClock(speed, real.now(), real=real)
    ann = Driver("ann@laptop")
    controller = Controller(rehearsal.store, rehearsal.watched, clock, ann)
    rehearsal.start(controller)

    real.advance(4)

    record = rehearsal.store.load(rehearsal.key)
    assert record is not None
    assert is_driven(record, clock.wall())
    real.advance(100)
    assert not is_driven(record, clock.wall())
