"""A worker: takes the looks that Temporal calls for, and tells it of what it does not know."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Protocol

from temporalio import activity
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from canarycli.engine.crew import DISCOVER, THREADS
from canarycli.engine.looks import Looks
from canarycli.errors import CanaryError
from canarycli.operations.temporal.client import Temporal
from canarycli.operations.temporal.workflow import LOOK, Aim, ReleaseWorkflow, Seen
from canarycli.release.record import Release
from canarycli.traffic import percent

LAST_LOOKS = timedelta(seconds=30)
"""How long looks under way may take when the worker is stopped."""

KNOWN_FOR = 60.0
"""How long a release that Temporal knows is not told of again."""

AT_IT = 1.0
"""Seconds until the next try where another thread looks at the same endpoint."""


class Workflows(Protocol):
    """What of Temporal it takes to have it know the open releases."""

    async def begin(self, release: Release, /) -> None:
        """Have a workflow for the release."""
        ...

    async def poke(self, release: Release, /) -> bool:
        """Have the release looked at now; False where it has no open workflow."""
        ...


@dataclass(slots=True)
class Hand:
    """What one worker does.

    Attributes:
        looks: one look at each release.
        attributes: what the namespace can search by.
    """

    looks: Looks
    attributes: frozenset[str] = frozenset()
    _locks: dict[str, Lock] = field(default_factory=dict)

    # An exception thrown into the thread could cut off a call that raises traffic.
    @activity.defn(name=LOOK, no_thread_cancel_exception=True)
    def look(self, aim: Aim) -> Seen:
        """One look at a release."""
        with self.at(aim.key) as free:
            if not free:
                return Seen(AT_IT)
            wake = self.looks.look(aim.key)
            release = self._release(aim)
        if release is None or release.id != aim.release:
            return Seen(wake if release is None else None)
        return Seen(wake, self._attributes(release))

    @contextmanager
    def at(self, key: str) -> Iterator[bool]:
        """Whether nobody else of this process is at that endpoint, as long as it lasts."""
        lock = self._locks.setdefault(key, Lock())
        free = lock.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                lock.release()

    def _release(self, aim: Aim) -> Release | None:
        member = self.looks.members.get(aim.key)
        if member is not None:
            return member.release
        try:
            record = self.looks.store.find(aim.release)
        except CanaryError:
            return None
        return record.release if record else None

    def _attributes(self, release: Release) -> dict[str, str]:
        every = {
            "CanaryEndpoint": release.endpoint,
            "CanaryState": release.outcome.value if release.outcome else release.state.value,
            "CanaryShare": percent(release.target),
        }
        return {name: value for name, value in every.items() if name in self.attributes}


@dataclass(slots=True)
class Scout:
    """Tells Temporal of open releases that have no workflow, and of what people asked for.

    Attributes:
        looks: knows the records, and what is driven here.
        enough: whether to tell no more, as the worker is stopped.
    """

    looks: Looks
    temporal: Workflows
    enough: Callable[[], bool] = lambda: False
    _told: dict[str, float] = field(default_factory=dict)

    async def go(self) -> None:
        """One round; what fails is tried again at the next one."""
        marks = await asyncio.to_thread(self.looks.marks)
        if marks is None:
            return
        self._told = {key: until for key, until in self._told.items() if key in marks}
        try:
            for key in marks:
                if self.enough():
                    return
                if monotonic() >= self._told.get(key, 0.0):
                    await self._begin(key)
            for key in self.looks.changed(marks):
                await self._poke(key, marks)
        except CanaryError as error:
            self.looks.figures.count("faults", type(error).__name__)

    async def _begin(self, key: str) -> None:
        record = await asyncio.to_thread(self.looks.store.peek, key)
        if record is not None and not record.release.over and self.looks.wanted(record.release):
            await self.temporal.begin(record.release)
        self._told[key] = monotonic() + KNOWN_FOR

    async def _poke(self, key: str, marks: Mapping[str, str]) -> None:
        member = self.looks.members.get(key)
        if member is None:
            return
        if not await self.temporal.poke(member.release):
            self.looks.leave(key)
        elif key in marks:  # said once: by now it may be another worker's to look at
            self.looks.store.known[key] = marks[key]


async def serve(looks: Looks, temporal: Temporal, stop: asyncio.Event) -> None:
    """Work until it is told to stop; looks under way come to their end."""
    hand = Hand(looks, await temporal.attributes())
    scout = Scout(looks, temporal, stop.is_set)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="look") as pool:
        worker = Worker(
            temporal.client,
            task_queue=temporal.queue,
            workflows=[ReleaseWorkflow],
            activities=[hand.look],
            activity_executor=pool,
            max_concurrent_local_activities=THREADS,
            # The workflow is a page that reads no clock and draws no chance.
            workflow_runner=UnsandboxedWorkflowRunner(),
            graceful_shutdown_timeout=LAST_LOOKS,
        )
        async with worker:
            while not stop.is_set():
                await scout.go()
                try:
                    await asyncio.wait_for(stop.wait(), DISCOVER)
                except TimeoutError:
                    continue
