"""Waits for an endpoint's turn: somebody else's release on it has to be over first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from canarycli.engine.lease import busy_with, has_driver
from canarycli.errors import Busy
from canarycli.late_methods import dataclass
from canarycli.operations.workspace import Workspace
from canarycli.release.record import State
from canarycli.store import Record

T = TypeVar("T")

LOOK = 5.0
"""Seconds between two looks at the record of the release that is waited for."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How long a release waits for the one before it.

    Attributes:
        work: the endpoint.
        patience: how long at most.
        say: hears once what is waited for.
    """

    work: Workspace
    patience: timedelta
    say: Callable[[str], None]

    def take(self, begin: Callable[[], T]) -> T:
        """Begin once the endpoint is free, and again where another one was faster.

        Raises:
            Busy: the time is up.
        """
        clock, told = self.work.clock, ""
        until = clock.now() + self.patience
        while True:
            busy = self._busy()
            if busy is None:
                try:
                    return begin()
                except Busy as error:
                    busy = error
            if clock.now() >= until:
                raise busy
            if busy.message != told:
                told = busy.message
                self.say(f"waiting: {told}")
            clock.sleep(LOOK)

    def _busy(self) -> Busy | None:
        record, now = self.work.record(), self.work.clock.wall()
        if record is None or record.release.over or _left_going_back(record, now):
            return None
        return busy_with(record, now)


def _left_going_back(record: Record, now: datetime) -> bool:
    """Whether whoever begins finishes it first: a rollback that nobody drives."""
    return record.release.state is State.ROLLING_BACK and not has_driver(record, now)
