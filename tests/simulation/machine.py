"""Machines with clocks and records of their own, and the records as a process reaches them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from simulation.cloud import ENDPOINT, Cloud, Fault, Faults, Line
from simulation.timeline import death

from canarycli.clock import SystemClock
from canarycli.engine.controller import Driver
from canarycli.engine.retries import Patient
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace
from canarycli.provider import Provider
from canarycli.store import Query, Record, Store
from canarycli.store.contract import EVERYTHING, Sheet
from canarycli.testing import NOON

T = TypeVar("T")

HAPPENS_TO_RECORDS = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.LOST,
    Fault.UNAVAILABLE,
    Fault.SLOW,
)


@dataclass
class Shelf:
    """Records as one process reaches them, with faults on every read and write.

    Attributes:
        by: the driver's name.
        saved: hears each save that was carried out, with the record there was before.
    """

    store: Store
    machine: "Machine"
    by: str
    saved: Callable[["Shelf", Record | None, Record, Sequence[Event]], None]

    def load(self, key: str) -> Record | None:
        """Read one."""
        return self._call(lambda: self.store.load(key))

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Write one."""

        def save() -> Record:
            before = self.machine.store.load(record.release.key)
            after = self.store.save(record, events)
            self.saved(self, before, after, events)
            return after

        return self._call(save)

    def find(self, release_id: str) -> Record | None:
        """Read one by its release."""
        return self._call(lambda: self.store.find(release_id))

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """Read what is there."""
        return self._call(lambda: self.store.newest(still_open=still_open))

    def marks(self) -> Mapping[str, str]:
        """Read which are open."""
        return self._call(self.store.marks)

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """Read what was there."""
        return self._call(lambda: self.store.history(query))

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """Read the journal."""
        return self._call(lambda: self.store.events(release_id, after))

    def sheet(self, name: str) -> Sheet | None:
        """Read what several releases have in common."""
        return self._call(lambda: self.store.sheet(name))

    def put(self, sheet: Sheet) -> Sheet:
        """Write it."""
        return self._call(lambda: self.store.put(sheet))

    def sheets(self) -> tuple[str, ...]:
        """Read which there are."""
        return self._call(self.store.sheets)

    def prune(self, before: datetime) -> int:
        """Forget what is old."""
        return self._call(lambda: self.store.prune(before))

    def close(self) -> None:
        """Nothing is held."""

    def _call(self, do: Callable[[], T]) -> T:
        timeline, faults = self.machine.cloud.timeline, self.machine.record_faults
        if self.machine.disk_full:
            raise StoreError("the records can't be written: no space left on device")
        fault = faults.draw()
        if fault is None:
            timeline.wait(0.01)
            return do()
        if fault is Fault.SLOW:
            timeline.wait(faults.dice.uniform(1, 40))
        if fault is Fault.UNAVAILABLE:
            timeline.wait(1)
            raise StoreError("the records do not answer")
        if fault is Fault.CRASH_BEFORE:
            raise death(timeline.current)
        answer = do()
        if fault is Fault.CRASH_AFTER:
            raise death(timeline.current)
        timeline.wait(0.01)
        if fault is Fault.LOST:
            raise StoreError("the answer of the records was lost")
        return answer


@dataclass
class Machine:
    """One machine.

    Attributes:
        store: its records, or those it shares, as they are in truth.
        opens: opens them for one process, None where every process has the same.
        faults: of its line to the cloud.
        record_faults: of its way to the records.
        steady: whether canary goes by time since boot; a planted bug if not.
        step: by how much its wall clock is wrong, in seconds.
        disk_full: whether its records can't be reached at all.
        sent: hears each split before it leaves; see `Line`.
        saved: hears each save; see `Shelf`.
        bent: bends the provider that canary is given, for planted bugs.
    """

    name: str
    cloud: Cloud
    store: Store
    faults: Faults
    record_faults: Faults
    sent: Callable[..., None]
    saved: Callable[..., None]
    bent: Callable[["Machine", Line], Provider] = lambda _, line: line
    shelved: Callable[["Machine", Shelf], Store] = lambda _, shelf: shelf
    opens: Callable[[], Store] | None = None
    steady: bool = True
    step: float = 0.0
    disk_full: bool = False
    started: int = 0

    def seconds(self) -> float:
        """Its wall clock."""
        return NOON.timestamp() + self.cloud.timeline.now + self.step

    def workspace(self) -> Workspace:
        """What one command has in hand, as a process of its own."""
        self.started += 1
        driver = f"{self.name}/{self.started}"
        timeline = self.cloud.timeline
        passed = (lambda: timeline.now) if self.steady else self.seconds
        clock = SystemClock(self.seconds, passed, timeline.wait)
        line = Line(self.cloud, self.faults, driver, self.sent)
        provider = Patient(self.bent(self, line), clock, who=lambda: "the cloud")
        shelf = Shelf(self.opens() if self.opens else self.store, self, driver, self.saved)
        target = Target(ENDPOINT, "simulator", {})
        store = self.shelved(self, shelf)
        return Workspace(target, store, provider, clock, Driver(driver), self.name)
