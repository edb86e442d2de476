"""A worker: takes the looks that Temporal calls for, and tells it of what it does not know."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock
from time import monotonic
from typing import Protocol

from temporalio import activity
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from canarycli.engine.crew import DISCOVER
from canarycli.engine.looks import THREADS, Looks
from canarycli.errors import CanaryError
from canarycli.operations.temporal.client import Temporal, workflow_id
from canarycli.operations.temporal.workflow import LOOK, Aim, ReleaseWorkflow, Seen
from canarycli.release.record import Release
from canarycli.traffic import percent

LAST_LOOKS = timedelta(seconds=30)
"""How long looks under way may take when the worker is stopped."""

KNOWN_FOR = 60.0
"""Seconds between two questions for the workflows there are."""

TOLD_AT_ONCE = 16
"""Releases that Temporal is told of at the same time."""

WORKFLOWS = 10_000
"""Kept in memory; one that is not begins each look by replaying its history."""

POLLERS = 50
"""Questions for work under way at most: each is answered with one look that is due."""

AT_IT = 1.0
"""Seconds until the next try where another thread is at the endpoint, or the worker ends."""


class Workflows(Protocol):
    """What of Temporal it takes to have it know the open releases."""

    async def running(self) -> Collection[str]:
        """The id of every workflow that is open, as far as the server can search for it yet."""
        ...

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
        enough: whether to begin no more looks, as the worker is stopped.
    """

    looks: Looks
    attributes: frozenset[str] = frozenset()
    enough: Callable[[], bool] = lambda: False
    _locks: dict[str, Lock] = field(default_factory=dict)

    # An exception thrown into the thread could cut off a call that raises traffic.
    @activity.defn(name=LOOK, no_thread_cancel_exception=True)
    def look(self, aim: Aim) -> Seen:
        """One look at a release."""
        with self.at(aim.key) as free:
            if not free or self.enough():
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
        known_for: seconds between two questions for the workflows there are.
    """

    looks: Looks
    temporal: Workflows
    enough: Callable[[], bool] = lambda: False
    known_for: float = KNOWN_FOR
    _known: dict[str, str] = field(default_factory=dict)
    _running: Collection[str] = ()
    _again: float = 0.0

    async def go(self) -> None:
        """One round; what fails is tried again at the next one."""
        marks = await asyncio.to_thread(self.looks.marks)
        if marks is None:
            return
        try:
            await self._compare(marks)
            await self._each(self._begin, [key for key in marks if key not in self._known])
            await self._each(partial(self._poke, marks), self.looks.changed(marks))
        except CanaryError as error:
            self._fault(error)

    async def _compare(self, marks: Mapping[str, str]) -> None:
        """Forget what has no workflow, by one question now and then, so that it is told again."""
        if monotonic() >= self._again:
            self._running = await self.temporal.running()
            self._again = monotonic() + self.known_for
            known = self._known.items()
            self._known = {key: name for key, name in known if name in self._running}
        self._known = {key: name for key, name in self._known.items() if key in marks}

    async def _each(self, do: Callable[[str], Awaitable[None]], keys: Iterable[str]) -> None:
        """For all of them, several at once, until one fails."""
        left = iter(keys)
        failed: list[CanaryError] = []

        async def one_after_the_other() -> None:
            for key in left:
                if failed or self.enough():
                    return
                try:
                    await do(key)
                except CanaryError as error:
                    failed.append(error)

        await asyncio.gather(*(one_after_the_other() for _ in range(TOLD_AT_ONCE)))
        if failed:
            raise failed[0]

    async def _begin(self, key: str) -> None:
        self._known[key] = ""  # whatever it is, it is looked up again after the next question
        try:
            record = await asyncio.to_thread(self.looks.store.peek, key)
        except CanaryError as error:  # of this record; the others are told of all the same
            self._fault(error)
            return
        if record is None or record.release.over or not self.looks.wanted(record.release):
            return
        name = workflow_id(record.release)
        if name not in self._running:
            del self._known[key]
            await self.temporal.begin(record.release)
        self._known[key] = name

    async def _poke(self, marks: Mapping[str, str], key: str) -> None:
        member = self.looks.members.get(key)
        if member is None:
            return
        if not await self.temporal.poke(member.release):
            self.looks.leave(key)
        elif key in marks:  # said once: by now it may be another worker's to look at
            self.looks.store.known[key] = marks[key]

    def _fault(self, error: CanaryError) -> None:
        self.looks.figures.count("faults", type(error).__name__)


async def serve(looks: Looks, temporal: Temporal, stop: asyncio.Event) -> None:
    """Work until it is told to stop; looks under way come to their end."""
    hand = Hand(looks, await temporal.attributes(), stop.is_set)
    scout = Scout(looks, temporal, stop.is_set)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="look") as pool:
        worker = Worker(
            temporal.client,
            task_queue=temporal.queue,
            workflows=[ReleaseWorkflow],
            activities=[hand.look],
            activity_executor=pool,
            max_concurrent_local_activities=THREADS,
            max_cached_workflows=WORKFLOWS,
            workflow_task_poller_behavior=PollerBehaviorAutoscaling(maximum=POLLERS),
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
