"""Drives every open release of a store from one process: a queue of times, a few threads."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event as Bell
from time import monotonic

from canarycli.engine.looks import THREADS, Looks
from canarycli.engine.wakes import Lane, Wakes, in_step
from canarycli.release.context import WATCHING
from canarycli.release.record import State

DISCOVER = 2.0
"""Seconds between two looks for releases that are new, or that somebody changed."""


@dataclass(slots=True)
class Crew:
    """Drives what is open, as long as it is not told to stop.

    Attributes:
        looks: one look at each.
        threads: looks at once.
        discover: seconds between two looks for what is new or changed by somebody.
    """

    looks: Looks
    threads: int = THREADS
    discover: float = DISCOVER
    _wakes: Wakes = field(default_factory=Wakes)
    _bell: Bell = field(default_factory=Bell)
    _again: float = 0.0

    def run(self, enough: Callable[[], bool]) -> None:
        """Drive until it is enough; then let go of everything, for another one to take over."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="look")
        try:
            while not enough():
                self._bell.clear()
                if monotonic() >= self._again:
                    self._again = monotonic() + self.discover
                    self._discover()
                self._send(pool)
                self._bell.wait(max(0.0, min(self._soonest(), self._again) - monotonic()))
        finally:
            pool.shutdown(cancel_futures=True)
            self.looks.let_go()

    def hurry(self) -> None:
        """Have `enough` asked again now, and look for what is new."""
        self._again = 0.0
        self._bell.set()

    def __len__(self) -> int:
        return len(self.looks.members)

    def _discover(self) -> None:
        """Look for what is new, changed by somebody, or gone."""
        marks = self.looks.marks()
        if marks is None:
            return
        now, looks = monotonic(), self.looks
        new = [k for k in marks if k not in self._wakes and looks.is_news(k, marks[k])]
        # So that a thousand found at once are not looked at all at once, now and ever after.
        apart = WATCHING.total_seconds() / len(new) if len(new) > self.threads else 0.0
        for i, key in enumerate(new):
            self._wakes.put(key, now + i * apart)
        for key in looks.changed(marks):
            self._wakes.hurry(key)  # the last look tells how it ended

    def _send(self, pool: ThreadPoolExecutor) -> None:
        """Have everybody looked at whose turn it is."""
        now = monotonic()
        lanes = self._lanes()
        for key, due in self._wakes.take(now):
            member = self.looks.members.get(key)
            if member is None or member.release.state is State.ROLLING_BACK:
                pool.submit(self._look, key, due)
            else:
                member.hands.lane.add(key, due)
        for lane in lanes:
            for key, due in lane.go(now):
                pool.submit(self._look, key, due)

    def _lanes(self) -> Collection[Lane]:
        # A tuple, for looks come to their end and leave meanwhile.
        return {
            id(one.hands.lane): one.hands.lane for one in tuple(self.looks.members.values())
        }.values()

    def _soonest(self) -> float:
        now = monotonic()
        times = [self._wakes.soonest(), *(lane.soonest(now) for lane in self._lanes())]
        return min((at for at in times if at is not None), default=now + DISCOVER)

    def _look(self, key: str, due: float) -> None:
        wake = self.looks.look(key, max(0.0, monotonic() - due))
        if wake is None:
            self._wakes.drop(key)
        else:
            self._wakes.put(key, self._next(key, monotonic() + wake, wake))
        self._bell.set()

    def _next(self, key: str, at: float, wake: float) -> float:
        """When to look again: a calm release at its own moments, so that looks are spread."""
        calm = wake >= WATCHING.total_seconds()
        return in_step(key, at, WATCHING.total_seconds()) if calm else at
