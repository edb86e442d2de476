"""What a process that drives many releases counts, for health checks and alerts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds, of the histograms."""


@dataclass(slots=True)
class Histogram:
    """Durations by bound, as Prometheus counts them."""

    counts: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))
    total: int = 0
    seconds: float = 0.0

    def add(self, length: float) -> None:
        """Count one."""
        self.total += 1
        self.seconds += length
        for i, bound in enumerate(BOUNDS):
            self.counts[i] += length <= bound


class Figures:
    """Counted by many threads, read by one.

    Attributes:
        lag: how long after its time a look began.
        took: how long a look took.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: Counter[tuple[str, str]] = Counter()
        self._standing: dict[str, str] = {}
        self._alive = monotonic()
        self.lag, self.took = Histogram(), Histogram()

    def looked(self, lag: float, took: float) -> None:
        """One look at one release."""
        with self._lock:
            self.lag.add(lag)
            self.took.add(took)

    def count(self, what: str, which: str = "", number: int = 1) -> None:
        """Something happened: `ended`, `promoted`."""
        with self._lock:
            self._events[what, which] += number

    def stands(self, key: str, state: str) -> None:
        """Where a release stands now; "" where it is nobody's to drive any more."""
        with self._lock:
            if state:
                self._standing[key] = state
            else:
                self._standing.pop(key, None)

    def alive(self) -> None:
        """The store was read, and the queue goes round."""
        self._alive = monotonic()

    @property
    def silent_for(self) -> float:
        """Seconds since the last sign of life."""
        return monotonic() - self._alive

    def counted(self) -> Mapping[tuple[str, str], int]:
        """Everything that was counted."""
        with self._lock:
            return dict(self._events)

    def states(self) -> Mapping[str, int]:
        """How many releases stand where."""
        with self._lock:
            return dict(Counter(self._standing.values()))
