"""Where time comes from, so that tests and demos can bring their own."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time and can wait."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of this clock's time have passed; at once if there are none."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of this machine, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        if seconds > 0:
            time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class FastClock:
    """Runs `speed` times as fast as a real clock: `sleep(30)` at speed 30 takes a second.

    Two clocks with the same numbers show the same time, in whatever process they are.

    Attributes:
        speed: seconds of this clock in one real second, above 0.
        origin: what this clock showed when the real time was `since`.
        since: the real time at the origin; the origin itself if left out.
        real: the clock it is derived from.
    """

    speed: float
    origin: datetime
    since: datetime | None = None
    real: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if not 0 < self.speed < float("inf"):
            raise ValueError(f"a clock's speed is above 0, not {self.speed:g}")
        if self.origin.tzinfo is None or (self.since and self.since.tzinfo is None):
            raise ValueError("a clock's origin carries its zone")

    def now(self) -> datetime:
        """The time on this clock, UTC."""
        passed = self.real.now() - (self.since or self.origin)
        return self.origin.astimezone(UTC) + passed * self.speed

    def sleep(self, seconds: float) -> None:
        """Sleep so long on this clock, a `speed`th of it in real time."""
        self.real.sleep(max(0.0, seconds) / self.speed)

    def at_speed(self, speed: float) -> "FastClock":
        """The same clock going on at another speed, without a jump."""
        real = self.real.now()
        passed = real - (self.since or self.origin)
        return FastClock(speed, self.origin + passed * self.speed, since=real, real=self.real)
