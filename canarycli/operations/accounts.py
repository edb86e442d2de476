"""One provider, with one client and one session, for all releases of an account and region."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from canarycli.batch import Batching
from canarycli.clock import Clock, SystemClock
from canarycli.engine.figures import Figures
from canarycli.engine.retries import Patient, patient_with
from canarycli.engine.together import GATHER, Together
from canarycli.engine.wakes import Lane
from canarycli.operations.settings import made_with
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace, work_with
from canarycli.registry import load_provider
from canarycli.store import Record, Store
from canarycli.verbs import offers

PATIENCE = timedelta(seconds=2)
"""How long a cloud is asked again within one look: the next look comes by itself."""


def gathering(releases: int) -> timedelta:
    """How long a reading waits for others of so many: not at all where there are none."""
    return GATHER if releases > 1 else timedelta(0)


@dataclass(slots=True)
class Shared:
    """One account and region: its provider, and the lane of those that are there."""

    patient: Patient
    clock: Clock
    lane: Lane


@dataclass(slots=True)
class _First:
    """Has the first question to an account asked alone: it builds clients and fetches tokens."""

    done: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def alone(self) -> Iterator[None]:
        if self.done:
            yield
            return
        with self._lock:
            try:
                yield
            finally:
                self.done = True


@dataclass(slots=True)
class Accounts:
    """What releases of one account and region share, whoever drives them.

    Attributes:
        env: holds what a record may not keep.
        figures: count how many readings were asked for in how many calls.
        pace: so many looks a minute at the endpoints of each, None for what its cloud allows.
        patience: how long a cloud is asked again within one look.
        gather: how long a reading waits for others to be asked for with it.
    """

    env: Mapping[str, str]
    figures: Figures = field(default_factory=Figures)
    pace: int | None = None
    patience: timedelta = PATIENCE
    gather: timedelta = GATHER
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shared: dict[tuple[str, str], Shared] = field(default_factory=dict)

    def of(self, target: Target) -> Shared:
        """What a target shares with the others of its account.

        Raises:
            CanaryError: its provider can't be had.
        """
        settings = sorted(target.settings.items(), key=lambda item: item[0])
        key = (target.provider, repr(settings))
        with self._lock:
            if key not in self._shared:
                self._shared[key] = self._made(target.provider, target.settings)
            return self._shared[key]

    def workspace(self, record: Record, store: Store) -> Workspace:
        """What it takes to work on a recorded release.

        Raises:
            CanaryError: its provider can't be had.
        """
        release = record.release
        named = Target(release.endpoint, release.provider, release.settings, None, record)
        target = named.placed(self.env)
        shared = self.of(target)
        return work_with(shared.patient, shared.clock, target, store, self.env)

    def __len__(self) -> int:
        return len(self._shared)

    def _made(self, name: str, settings: Mapping[str, Any]) -> Shared:
        provider = load_provider(name, made_with(name, settings, self.env))
        clock: Clock = getattr(provider, "clock", None) or SystemClock()
        asked: Any = provider
        if offers(provider, Batching):
            asked = Together(provider, self.gather, self._read)
        first = _First()
        patient = patient_with(name, asked, clock, self.patience, first.alone)
        limit = provider.limits.looks_a_minute
        return Shared(patient, clock, Lane(limit if self.pace is None else self.pace))

    def _read(self, number: int) -> None:
        self.figures.count("metric_calls")
        self.figures.count("metric_readings", number=number)
