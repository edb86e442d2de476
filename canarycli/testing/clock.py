"""A clock that stands still until somebody waits."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""Where a fake clock starts if nothing else is said."""


class FakeClock:
    """A clock for tests: moves only when slept on or told to, and takes no real time.

    Args:
        start: the time it shows at first.

    Attributes:
        slept: every sleep so far, in seconds, the oldest first.
    """

    def __init__(self, start: datetime = NOON) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock's start carries its zone")
        self._now = start.astimezone(UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time on this clock, UTC."""
        return self._now

    def wall(self) -> datetime:
        """The same: nobody sets it."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by so many seconds, and remember it."""
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds; never back."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def set(self, moment: datetime) -> None:
        """Move to a moment; a clock never goes back, so an earlier one is an error."""
        if moment < self._now:
            raise ValueError(f"a clock never goes back: {moment} is before {self._now}")
        self._now = moment.astimezone(UTC)
