"""Stays with a release at its hold: judges it, and takes it back where it fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from canarycli.clock import Clock
from canarycli.engine.lease import busy_with
from canarycli.journal import Event
from canarycli.operations.drive import Drive, Ending, waits
from canarycli.operations.workspace import Workspace
from canarycli.release.record import Release
from canarycli.store import Record
from canarycli.traffic import percent


@dataclass(slots=True)
class Stay:
    """Says when a release at a hold has been guarded for long enough.

    Attributes:
        length: how long to stay at a hold, None for as long as it lasts.
        listen: hears once for each hold that it is guarded.
        since: when the hold of now was first seen.
    """

    clock: Clock
    length: timedelta | None
    listen: Callable[[Event], None]
    since: datetime | None = field(default=None, init=False)

    def __call__(self, release: Release) -> bool:
        """Whether to leave; a release on its way is never left."""
        if not waits(release):
            self.since = None
            return False
        now = self.clock.now()
        if self.since is None:
            self.since = now
            if self.length != timedelta(0):
                self.listen(Event("guarding", now, _said(release)))
        return self.length is not None and now - self.since >= self.length


def guard(drive: Drive, record: Record, length: timedelta | None) -> Ending:
    """Judge an open release for so long, at its hold too, and take it back where it fails.

    Raises:
        Busy: somebody drives it, and so guards it, already.
    """
    _refuse_driven(drive.work, record)
    return drive.run(enough=Stay(drive.work.clock, length, drive.listen))


def _refuse_driven(work: Workspace, record: Record) -> None:
    now = work.clock.wall()
    if record.driven_by_another(work.driver.name, now):
        raise busy_with(record, now)


def _said(release: Release) -> str:
    where = f"{release.candidate} at {percent(release.target)}"
    return f"guarding {where}; canary promote {release.id} goes on, Ctrl-C leaves it"
