"""The server's time: real time, moved and sped up on demand."""

import time
from datetime import UTC, datetime


class ServerClock:
    """Seconds since the epoch as the server sees them."""

    def __init__(self) -> None:
        self._speed = 1.0
        self._at = self._real = time.time()

    def now(self) -> float:
        """The server's time now."""
        return self._at + (time.time() - self._real) * self._speed

    def set(
        self, *, at: float | None = None, advance: float = 0.0, speed: float | None = None
    ) -> None:
        """Jump to a time, jump ahead by seconds, or run `speed` times as fast from now on."""
        self._at = (self.now() if at is None else at) + advance
        self._real = time.time()
        self._speed = self._speed if speed is None else speed


def rfc3339(at: float) -> str:
    """A time as Google writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def seconds(text: str) -> float:
    """A time as Google reads it."""
    return datetime.fromisoformat(text).timestamp()
