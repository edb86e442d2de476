"""What a drive tells, as a stream of events that its reader may leave at any time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from canarycli.clock import Clock
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.heeding import SLICE, heed
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.workspace import Workspace

NAP = 0.2
"""Seconds, of the drive's own clock, after which it notices at the latest that nobody reads."""


class _ReaderLeft(KeyboardInterrupt):
    """The reader of the stream is gone: to a drive the same as Ctrl-C."""


@dataclass(frozen=True, slots=True)
class _Attended:
    """A clock that wakes its sleeper with an interrupt when the reader has left."""

    clock: Clock
    left: threading.Event

    def now(self) -> datetime:
        """The time of the clock below."""
        return self.clock.now()

    def wall(self) -> datetime:
        """The wall time of the clock below."""
        return self.clock.wall()

    def sleep(self, seconds: float) -> None:
        """Sleep, but not on when the reader leaves."""
        end = self.now() + timedelta(seconds=seconds)
        while (left := (end - self.now()).total_seconds()) > 0:
            self.clock.sleep(min(left, NAP))
            if self.left.is_set():
                self.left.clear()  # once: the way back, if that is wanted, waits undisturbed
                raise _ReaderLeft


def stream(
    work: Workspace,
    run: Callable[[Drive], Ending],
    timeout: timedelta | None,
    on_interrupt: OnInterrupt,
) -> Iterator[Event]:
    """Run a drive in a thread of its own and yield what it tells.

    Where the reader leaves, the drive is interrupted, and has answered before this returns.

    Raises:
        CanaryError: whatever the drive raised, after the last event.
    """
    told: SimpleQueue[Event | None] = SimpleQueue()
    left, raised = threading.Event(), list[BaseException]()
    attended = _Attended(work.clock, left)
    provider = replace(work.provider, clock=attended)
    drive = Drive(
        replace(work, clock=attended, provider=provider),
        told.put,
        timeout=timeout,
        on_interrupt=on_interrupt,
    )

    def go() -> None:
        try:
            run(drive)
        except BaseException as error:  # noqa: BLE001 - raised again where the events are read
            raised.append(error)
        finally:
            told.put(None)

    thread = threading.Thread(target=go, name="canary", daemon=True)
    thread.start()
    try:
        while (event := _next(told)) is not None:
            yield event
    finally:
        left.set()
        heed(lambda seconds: _ended(thread, seconds))
    for error in raised:
        raise error


def _next(told: "SimpleQueue[Event | None]") -> Event | None:
    while True:
        with suppress(Empty):
            return told.get(timeout=SLICE)


def _ended(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return not thread.is_alive()
