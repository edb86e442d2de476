"""When each of many releases is due, and how many of one account may go at once."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from zlib import crc32


def in_step(key: str, at: float, apart: float) -> float:
    """The last moment of the key's own, one every so many seconds, until then.

    So those who once came at the same moment, as they were read together, do not go on so.
    """
    own = crc32(key.encode()) / 2**32 * apart
    return at - (at - own) % apart


class Wakes:
    """Every key stands in it once: it waits for its time, or somebody is at it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._heap: list[tuple[float, str]] = []
        self._at: dict[str, float] = {}
        self._busy: set[str] = set()
        self._hurried: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._at or key in self._busy

    def __len__(self) -> int:
        return len(self._at) + len(self._busy)

    def put(self, key: str, at: float) -> None:
        """Have it wait until then; whoever was at it is done."""
        with self._lock:
            self._busy.discard(key)
            if key in self._hurried:
                self._hurried.discard(key)
                at = 0.0
            self._push(key, at)

    def hurry(self, key: str) -> None:
        """Have it due now; if somebody is at it, as soon as they are done."""
        with self._lock:
            if key in self._busy:
                self._hurried.add(key)
            else:
                self._push(key, 0.0)

    def drop(self, key: str) -> None:
        """Forget it."""
        with self._lock:
            self._at.pop(key, None)
            self._busy.discard(key)
            self._hurried.discard(key)

    def take(self, now: float) -> list[tuple[str, float]]:
        """What is due, with its time, the longest due first; somebody is at it from now on."""
        taken: list[tuple[str, float]] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                at, key = heapq.heappop(self._heap)
                if self._at.get(key) == at:
                    del self._at[key]
                    self._busy.add(key)
                    taken.append((key, at or now))
        return taken

    def soonest(self) -> float | None:
        """When the next one is due, None if nothing waits."""
        with self._lock:
            while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
                heapq.heappop(self._heap)
            return self._heap[0][0] if self._heap else None

    def _push(self, key: str, at: float) -> None:
        self._at[key] = at
        heapq.heappush(self._heap, (at, key))


@dataclass(slots=True)
class Lane:
    """Those of one account that are due, in order, as many a minute as its cloud answers.

    Attributes:
        a_minute: so many looks, 0 for any number.
    """

    a_minute: int = 0
    _left: float = 1.0
    _since: float = 0.0
    _ready: deque[tuple[str, float]] = field(default_factory=deque)

    def add(self, key: str, due: float) -> None:
        """Have it go when its turn comes."""
        self._ready.append((key, due))

    def go(self, now: float) -> list[tuple[str, float]]:
        """Those whose turn it is."""
        if not self.a_minute:
            gone = list(self._ready)
            self._ready.clear()
            return gone
        # A tenth of a minute's worth at once, so that what was not used is not asked all at once.
        most = max(1.0, self.a_minute / 10)
        self._left = min(most, self._left + (now - self._since) * self.a_minute / 60)
        self._since, gone = now, []
        while self._ready and self._left >= 1:
            self._left -= 1
            gone.append(self._ready.popleft())
        return gone

    def soonest(self, now: float) -> float | None:
        """When the next one may go, None if nobody waits."""
        if not self._ready:
            return None
        return now + max(0.0, 1 - self._left) * 60 / self.a_minute
