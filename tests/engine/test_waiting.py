"""What people are told while a cloud gives no answer, or takes its time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from engine.rehearsal import BASELINE, ENDPOINT, PLAN, Rehearsal, seconds

from canarycli.engine.loop import drive
from canarycli.engine.retries import Patient
from canarycli.errors import Exit, Unavailable, Unsafe
from canarycli.release.orders import roll_back
from canarycli.release.record import Outcome, State
from canarycli.testing import FakeClock


@dataclass
class Out:
    """A provider that gives no answer to some questions for a while."""

    rehearsal: Rehearsal
    silent: tuple[str, ...]
    begins: float
    lasts: float

    def __getattr__(self, name: str) -> Any:
        found: Callable[..., Any] = getattr(self.rehearsal.simulator, name)
        if name not in self.silent:
            return found
        begins = self.rehearsal.release.started_at + seconds(self.begins)

        def asked(*given: Any, **named: Any) -> Any:
            if begins <= self.rehearsal.clock.now() < begins + seconds(self.lasts):
                raise Unavailable("throttled")
            return found(*given, **named)

        return asked


@dataclass
class Ticking:
    """A clock that goes on whenever it is read, as real ones do."""

    clock: FakeClock

    def now(self) -> datetime:
        self.clock.advance(1e-4)
        return self.clock.now()

    wall = now

    def sleep(self, length: float) -> None:
        self.clock.sleep(length)


@pytest.mark.parametrize("silent", [("describe",), ("describe", "measure", "shift", "notes")])
def test_an_outage_is_told_when_it_begins_and_when_it_is_over(silent: tuple[str, ...]) -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    provider: Any = Out(rehearsal, silent, begins=46, lasts=75)
    clock = Ticking(rehearsal.clock)
    patient = Patient(provider, clock)

    ended = drive(replace(rehearsal.controller(), provider=patient, clock=clock), rehearsal.key)

    told = [event for event in rehearsal.heard if event.type in {"waiting", "visible"}]
    assert ended.outcome is Outcome.PROMOTED
    assert [(event.type, event.level) for event in told] == [
        ("waiting", "warning"),
        ("visible", "info"),
    ]
    assert told[0].message == "throttled; holding until the cloud answers"


def test_a_way_back_that_takes_minutes_is_told_every_minute() -> None:
    rehearsal = Rehearsal(replace(PLAN, settle_within=seconds(600)), settle=190)
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    now = rehearsal.clock.now()
    controller.change(rehearsal.key, lambda release: roll_back(release, "ann", now))

    drive(controller, rehearsal.key)

    told = [event.message for event in rehearsal.heard if event.type == "waiting"]
    assert told == [
        f"v41 100% is not in force after {minutes} min; still waiting" for minutes in (1, 2, 3)
    ]


def test_writes_that_get_no_answer_end_unsafe_and_whoever_comes_next_goes_back() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    provider: Any = Out(rehearsal, ("shift",), begins=20, lasts=3600)
    patient = replace(rehearsal.controller(), provider=Patient(provider, rehearsal.clock))

    with pytest.raises(Unsafe, match="did not get through within 2 min: throttled") as told:
        drive(patient, rehearsal.key)

    assert told.value.facts == ("traffic last seen: v41 95%, v42 5%",)
    left = rehearsal.release
    assert (left.state, left.exit) == (State.ROLLING_BACK, Exit.UNSAFE)
    rehearsal.clock.advance(3600)
    ended = drive(patient, rehearsal.key)
    assert (ended.outcome, rehearsal.share) == (Outcome.CLOUD_FAILED, 0)


def test_writes_that_take_longer_than_a_change_may_are_not_taken_for_looks() -> None:
    rehearsal = Rehearsal(replace(PLAN, settle_within=seconds(10)), settle=0)
    rehearsal.start()
    provider: Any = Out(rehearsal, ("shift",), begins=20, lasts=3600)
    patient = replace(rehearsal.controller(), provider=Patient(provider, rehearsal.clock))

    with pytest.raises(Unsafe, match=f"v41 100% of {ENDPOINT} is not in force: throttled") as told:
        drive(patient, rehearsal.key)

    assert told.value.facts == ("traffic last seen: v41 95%, v42 5%",)


def test_a_baseline_that_comes_back_lets_a_stuck_rollback_through() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)
    now = rehearsal.clock.now()
    controller.change(rehearsal.key, lambda release: roll_back(release, "dana", now))
    with pytest.raises(Unsafe, match="not in service"):
        drive(controller, rehearsal.key)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE, back=True)

    release = rehearsal.finish()

    assert (release.outcome, release.stuck, rehearsal.share) == (Outcome.STOPPED, "", 0)
