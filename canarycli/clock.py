"""Where time comes from, so that tests and demos can bring their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time and can wait."""

    def now(self) -> datetime:
        """The time that waits and bakes go by, aware, UTC; it never steps."""
        ...

    def wall(self) -> datetime:
        """The time as every process on this machine sees it now: what a lease goes by."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of this clock's time have passed; at once if there are none."""
        ...


def speed_of(clock: Clock) -> float:
    """How many of its seconds pass in a real one."""
    return float(getattr(clock, "speed", 1.0))


def _since_boot() -> float:
    """Seconds that nobody can set; a sleep of the machine counts where it can be told."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock, read once; from then on time goes by what nobody can set.

    So a step of the machine's clock (NTP, a person, a resumed VM) neither shortens nor lengthens
    a bake, and no look is missed meanwhile.

    Attributes:
        seconds: the machine's time, since 1970; steps when somebody sets it.
        steady: seconds that only ever go on, from anywhere.
        rest: waits for so many of them.
    """

    seconds: Callable[[], float] = time.time
    steady: Callable[[], float] = _since_boot
    rest: Callable[[float], None] = time.sleep
    _ahead: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ahead", self.seconds() - self.steady())

    def now(self) -> datetime:
        """The time of this machine as it was set when this clock was made, UTC."""
        return _moment(self._ahead + self.steady())

    def wall(self) -> datetime:
        """The time of this machine as it is set now, UTC."""
        return _moment(self.seconds())

    def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        if seconds > 0:
            self.rest(seconds)


def _moment(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


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
        return self._at(self.real.now())

    def wall(self) -> datetime:
        """The same by the real clock's wall time."""
        return self._at(self.real.wall())

    def sleep(self, seconds: float) -> None:
        """Sleep so long on this clock, a `speed`th of it in real time."""
        self.real.sleep(max(0.0, seconds) / self.speed)

    def at_speed(self, speed: float) -> "FastClock":
        """The same clock going on at another speed, without a jump."""
        real = self.real.now()
        passed = real - (self.since or self.origin)
        return FastClock(speed, self.origin + passed * self.speed, since=real, real=self.real)

    def _at(self, real: datetime) -> datetime:
        passed = real - (self.since or self.origin)
        return self.origin.astimezone(UTC) + passed * self.speed
