"""One cloud whose requests may be late, and machines on it that share no records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.rehearsal import CANDIDATE, ENDPOINT, Rehearsal, seconds

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive, looked_enough
from canarycli.errors import Unavailable
from canarycli.ids import new_id
from canarycli.provider import Endpoint, Limits, Notes
from canarycli.release.mark import noted_before
from canarycli.release.record import Release
from canarycli.release.request import Request, prepare
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
