"""One process drives every open release: it finds them, shares clients, and hands over."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from engine.rehearsal import PLAN, seconds

from canarycli.batch import Reading
from canarycli.clock import FastClock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.crew import Crew
from canarycli.engine.looks import Hands, Looks, Noting
from canarycli.engine.together import Together
from canarycli.engine.wakes import Lane
from canarycli.errors import Denied, ProviderError, StoreError, Unavailable
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check, Plan, Stage, Then
from canarycli.release import orders
from canarycli.release.record import Outcome, Release, State
from canarycli.release.request import Request, prepare
from canarycli.simulator import Simulator
from canarycli.store import Record
from canarycli.store.memory import MemoryStore

NAMES = ("a", "b", "c", "d")
CALM = replace(
    PLAN, checks=(Check("errors_5xx", Metric("errors_5xx"), never_above=0.5, min_requests=20),)
)
HELD = Plan(stages=(Stage(5, seconds(5), Then.HOLD), Stage(100, seconds(0))), name="held")


class Yard:
    """Pretend endpoints under one clock that runs fast, and crews that drive what is on them."""

    def __init__(self) -> None:
        self.clock = FastClock(200.0, datetime.now(UTC))
        script = {"period": 10, "delay": 0, "settle": 3, "rate": 40}
        settings = {"state": ":memory:", "endpoints": list(NAMES), **script}
        self.simulator = Simulator(settings, clock=self.clock)
        self.store = MemoryStore()
        self.told: list[tuple[str, str]] = []

    def start(self, name: str, plan: Plan = CALM) -> Release:
        request = Request("simulator", "local", "v42", plan, "ann", deploy={})
        endpoint = self.simulator.describe(name)
        release = prepare(request, endpoint, release_id=new_id(), now=self.clock.now())
        return self.store.save(Record(release)).release

    def crew(self, name: str = "crew/1", provider: Any = None, **more: Any) -> Crew:
        def tell(release: Release, event: Event) -> None:
            self.told.append((release.endpoint, event.type))

        store, lane = Noting(more.pop("store", self.store)), Lane()

        def hands(record: Record) -> Hands:
            controller = Controller(
                store,
                provider or self.simulator,
                self.clock,
                Driver(name),
                lambda event: tell(record.release, event),
            )
            return Hands(controller, lane, speed=200.0)

        return Crew(Looks(store, hands, tell, **more), discover=0.1)

    def run(self, crew: Crew, enough: Any = None) -> None:
        """Until everything is over, or `enough`; at most a minute."""
        until = self.clock.now() + timedelta(seconds=60 * 200)
        crew.run(lambda: (enough or self.is_over)() or self.clock.now() > until)

    def is_over(self) -> bool:
        return not self.store.marks()

    def stands(self, name: str) -> Release:
        [found] = [r.release for r in self.store.newest() if r.release.endpoint == name]
        return found


def test_all_are_driven_to_their_end() -> None:
    yard = Yard()
    for name in NAMES:
        yard.start(name)
    crew = yard.crew()

    yard.run(crew)

    assert {yard.stands(name).outcome for name in NAMES} == {Outcome.PROMOTED}
    assert crew.looks.figures.counted()["ended", "promoted"] == len(NAMES)
    assert {record.lease for record in yard.store.newest()} == {None}


def test_what_others_start_and_ask_for_meanwhile_is_found() -> None:
    yard = Yard()
    yard.start("a", HELD)
    crew = yard.crew()
    with ThreadPoolExecutor(1) as beside:
        driving = beside.submit(yard.run, crew)
        while yard.stands("a").state is not State.HELD:
            yard.clock.sleep(1)
        yard.start("b")
        other = Controller(yard.store, yard.simulator, yard.clock, Driver("bob/1"))
        key = yard.stands("a").key
        other.change(key, lambda release: orders.promote(release, "bob"))
        driving.result()

    assert yard.stands("a").outcome is yard.stands("b").outcome is Outcome.PROMOTED


def test_a_crew_that_is_told_to_stop_gives_its_leases_back_and_another_goes_on() -> None:
    yard = Yard()
    for name in NAMES:
        yard.start(name)
    first = yard.crew("crew/1")
    yard.run(first, lambda: all(yard.stands(name).confirmed_at for name in NAMES))

    assert [record.lease for record in yard.store.newest()] == [None] * len(NAMES)
    yard.run(yard.crew("crew/2"))
    assert {yard.stands(name).outcome for name in NAMES} == {Outcome.PROMOTED}


def test_what_somebody_else_drives_is_left_to_them_until_their_lease_ends() -> None:
    yard = Yard()
    release = yard.start("a")
    record = yard.store.load(release.key)
    assert record is not None
    taken = record.leased("bob/1", yard.clock.now())
    assert taken.lease is not None
    yard.store.save(taken)
    crew = yard.crew()

    yard.run(crew)

    events = yard.store.events(release.id)
    assert events[0].at >= taken.lease.until
    assert yard.stands("a").outcome is Outcome.PROMOTED


def test_only_what_is_wanted_is_driven() -> None:
    yard = Yard()
    yard.start("a")
    yard.start("b")

    crew = yard.crew(wanted=lambda release: release.endpoint == "a")
    yard.run(crew, lambda: yard.stands("a").over)

    assert (yard.stands("b").written, yard.store.events(yard.stands("b").id)) == (False, ())


class Broken:
    """A cloud on which one endpoint can't be looked at, in a way nobody has thought of."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._simulator, name)

    def describe(self, endpoint: str) -> Any:
        if endpoint == "b":
            raise RuntimeError("no idea")
        return self._simulator.describe(endpoint)


def test_one_that_breaks_does_not_stop_the_others() -> None:
    yard = Yard()
    yard.start("a")
    yard.start("b")
    crew = yard.crew(provider=Broken(yard.simulator))

    yard.run(crew, lambda: yard.stands("a").over)

    assert yard.stands("a").outcome is Outcome.PROMOTED
    assert ("b", "fault") in yard.told
    assert crew.looks.figures.counted()["faults", "RuntimeError"] >= 1


class Flaky(MemoryStore):
    """Records that can't be reached for a while."""

    away = False

    def load(self, key: str) -> Record | None:
        if self.away:
            raise StoreError("the records are away")
        return super().load(key)


def test_records_that_are_away_for_a_while_roll_nothing_back() -> None:
    yard = Yard()
    yard.store = store = Flaky()
    release = yard.start("a")
    crew = yard.crew()
    with ThreadPoolExecutor(1) as beside:
        driving = beside.submit(yard.run, crew)
        while not yard.stands("a").confirmed_at:
            yard.clock.sleep(1)
        store.away = True
        yard.clock.sleep(30)
        store.away = False
        driving.result()

    assert yard.stands("a").outcome is Outcome.PROMOTED
    assert not [e for e in yard.store.events(release.id) if e.type == "rollback_started"]


@dataclass
class Batched:
    """A cloud that answers many readings at once, up to three a call."""

    calls: list[list[str]] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    error: Exception | None = None

    def full(self, readings: Sequence[Reading]) -> bool:
        return len(readings) >= 3

    def measure_many(self, readings: Sequence[Reading]) -> list[Measurements | ProviderError]:
        self.calls.append([reading.endpoint for reading in readings])
        if self.error:
            raise self.error
        return [
            Denied("no") if reading.endpoint == "bad" else self._of(reading.window)
            for reading in readings
        ]

    def measure(self, endpoint: str, _versions: Any, _metrics: Any, window: Window) -> Any:
        self.alone.append(endpoint)
        return self._of(window)

    def _of(self, window: Window) -> Measurements:
        return Measurements(window, window.end, {})


def windows(number: int) -> list[Window]:
    start = datetime(2026, 11, 24, tzinfo=UTC)
    return [Window(start, start + timedelta(minutes=n + 1)) for n in range(number)]


def all_at_once(asked: Together, names: Sequence[str]) -> list[Any]:
    def one(name: str, window: Window) -> Any:
        try:
            return asked.measure(name, ("v41", "v42"), (Metric("errors"),), window).window
        except ProviderError as error:
            return error.message

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(one, names, windows(len(names))))


def test_readings_of_several_are_one_call_and_each_gets_its_own_answer() -> None:
    cloud = Batched()

    answers = all_at_once(Together(cloud, gather=timedelta(minutes=1)), ["a", "bad", "c"])

    assert [sorted(call) for call in cloud.calls] == [["a", "bad", "c"]]
    assert answers == [windows(3)[0], "no", windows(3)[2]]


@pytest.mark.parametrize(
    ("error", "alone", "answer"),
    [(Denied("all of it"), 3, None), (Unavailable("no answer"), 0, "no answer")],
    ids=["a refusal may be due to one of them", "no answer is none for anybody"],
)
def test_a_call_that_fails(error: Exception, alone: int, answer: str | None) -> None:
    cloud = Batched(error=error)

    answers = all_at_once(Together(cloud, gather=timedelta(minutes=1)), ["a", "b", "c"])

    assert len(cloud.alone) == alone
    assert answers == ([answer] * 3 if answer else windows(3))
