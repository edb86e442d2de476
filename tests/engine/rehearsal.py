"""A release on the simulator, with time, faults and other people under a test's control."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from canarycli.engine.controller import Controller, Driver
from canarycli.errors import CanaryError, Conflict, Unavailable
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage, Then
from canarycli.provider import Endpoint, Notes, Reply
from canarycli.release.record import Release
from canarycli.release.request import Request, prepare
from canarycli.simulator import Simulator
from canarycli.store import Record, Store
from canarycli.store.around import Around
from canarycli.store.memory import MemoryStore
from canarycli.testing import Crash, FakeClock, Faulty, Points
from canarycli.traffic import TOLERANCE, Traffic

ENDPOINT = "demo"
BASELINE, CANDIDATE = "v41", "v42"
SOON = timedelta(seconds=30)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


ERRORS = Check("errors_5xx", Metric("errors_5xx"), never_above=0.01, min_requests=20)

PLAN = Plan(
    stages=(
        Stage(5, seconds(40)),
        Stage(25, seconds(40)),
        Stage(100, seconds(0)),
    ),
    checks=(ERRORS,),
    name="test",
    read_every=seconds(10),
    fails_after=2,
    unclear_after=seconds(300),
    settle_within=seconds(120),
)

RELATIVE = Check(
    "errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.01), min_requests=20
)

HOLDING = replace(
    PLAN, stages=(Stage(5, seconds(20)), Stage(25, seconds(20), Then.HOLD), Stage(100, seconds(0)))
)


@dataclass
class Watched:
    """A provider that compares every split it is asked for with what is recorded."""

    provider: Simulator
    store: Store
    broken: list[str] = field(default_factory=list)
    asked: list[Traffic] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    # Spelled out, as from Python 3.12 on isinstance no longer sees what __getattr__ answers.
    def deploy(self, *given: Any) -> str:
        return self.provider.deploy(*given)

    def retire(self, *given: Any) -> None:
        self.provider.retire(*given)

    def smoke(self, *given: Any) -> Reply:
        return self.provider.smoke(*given)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        request = self.provider.shift(seen, to, notes, raises=raises)
        self.asked.append(to)
        for record in self.store.newest():
            allowed = max(record.release.target, 0.0)
            if record.release.endpoint == seen.name and (
                to.of(record.release.candidate) > allowed + TOLERANCE
            ):
                self.broken.append(f"{to} asked for where {allowed:g}% is recorded")
        return request


class FaultyStore(Around):
    """A store whose every call is a point where the process may die."""

    def __init__(self, store: Store, points: Points) -> None:
        super().__init__(store)
        self._points = points

    def load(self, key: str) -> Record | None:
        return self._points.reach("load", lambda: self._store.load(key), key)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        return self._points.reach("save", lambda: self._store.save(record, events), record)


class Rehearsal:
    """One endpoint, one store, one clock, and any number of drivers."""

    cloud: type[Simulator] = Simulator

    def __init__(self, plan: Plan = PLAN, **script: Any) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        settings = {
            "state": ":memory:",
            "period": 10,
            "delay": 0,
            "settle": 3,
            "rate": 40,
            **script,
        }
        self.simulator = self.cloud(settings, clock=self.clock)
        self.watched = Watched(self.simulator, self.store)
        self.plan = plan
        self.heard: list[Event] = []
        self.key = ""

    def controller(self, name: str = "ann@laptop", points: Points | None = None) -> Controller:
        if points is None:
            return Controller(self.store, self.watched, self.clock, Driver(name), self.heard.append)
        return Controller(
            FaultyStore(self.store, points),
            Faulty(self.watched, points),
            self.clock,
            Driver(name),
            self.heard.append,
        )

    def start(self, controller: Controller | None = None, model: str = CANDIDATE) -> Release:
        controller = controller or self.controller()
        request = Request("simulator", "local", model, self.plan, "ann", deploy={})
        endpoint = self.simulator.describe(ENDPOINT)
        release = prepare(request, endpoint, release_id=new_id(), now=self.clock.now())
        self.key = release.key
        return controller.create(release).release

    def tick(self, controller: Controller) -> None:
        """One tick and the wait after it; a cloud that is busy or silent is waited for."""
        try:
            wake = controller.tick(self.key).wake
        except (Unavailable, Conflict):
            wake = seconds(4)
        self.clock.sleep(max(wake.total_seconds(), 0.5))

    def confirm(self, controller: Controller) -> None:
        """Tick until the share that is wanted is in place."""
        while self.release.confirmed_at is None:
            self.tick(controller)

    def finish(self, controller: Controller | None = None, ticks: int = 400) -> Release:
        """Tick until the release is over or waits for a person."""
        controller = controller or self.controller()
        for _ in range(ticks):
            release = self.release
            if release.over or release.waits_for_a_person:
                return release
            self.tick(controller)
        raise AssertionError(f"not over after {ticks} ticks: {self.release}")

    @property
    def release(self) -> Release:
        record = self.store.load(self.key)
        assert record is not None
        return record.release

    @property
    def share(self) -> float:
        candidate = self.release.candidate if self.key else CANDIDATE
        return self.simulator.describe(ENDPOINT).traffic.of(candidate)

    @property
    def messages(self) -> list[str]:
        return [event.message for event in self.heard]

    def let_settle(self) -> None:
        self.clock.advance(10)


def change(rehearsal: Rehearsal, release: Release) -> None:
    """Write a person's order into the record, as another process does."""
    record = rehearsal.store.load(rehearsal.key)
    assert record is not None
    rehearsal.store.save(replace(record, release=release))


def expect_crash(controller: Controller, rehearsal: Rehearsal, ticks: int) -> bool:
    """Tick until the process dies; False if it never does."""
    try:
        for _ in range(ticks):
            if rehearsal.release.over:
                return False
            rehearsal.tick(controller)
    except Crash:
        return True
    except CanaryError:
        return False
    return False
