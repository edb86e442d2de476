"""Follows a release, and carries out orders: by the driver there is, or by this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from canarycli.engine.lease import has_driver, is_driven
from canarycli.engine.status import release_status
from canarycli.errors import NotFound
from canarycli.journal import Event
from canarycli.operations.drive import Drive, Ending, standing, waits
from canarycli.operations.engines import Engine
from canarycli.operations.workspace import Workspace
from canarycli.release.record import Release, State
from canarycli.store import Record

LISTEN = timedelta(seconds=2)
"""How often somebody else's progress is read."""


def carry_out(
    drive: Drive, order: Callable[[Release], Release], *events: Event, detach: bool
) -> Ending:
    """Write the order into the record, with its events; then drive, or follow whoever drives."""
    work = drive.work
    record = work.controller(drive.listen).change(work.key, order, *events)
    if record.driven_by_another(work.driver.name, work.clock.wall()):
        work.poke(record.release)
        return follow(drive, record, until_done=not detach)
    return drive.run(enough=arrived if detach else waits)


def leave_to(engine: Engine, drive: Drive, *, detach: bool) -> Ending:
    """Leave the release that was just recorded to an engine, and follow what its workers do.

    Raises:
        CanaryError: the engine does not take it; its workers do, once they find it.
    """
    work, record = drive.work, drive.work.open_record()
    work.controller(drive.listen).let_go(work.key)
    engine.begin(record.release)
    message = f"left to {engine.name}; canary worker drives it"
    drive.listen(Event("waiting", work.clock.now(), message))
    return follow(drive, record, until_done=not detach, takes_over=False)


def follow(drive: Drive, record: Record, *, until_done: bool, takes_over: bool = True) -> Ending:
    """Tell what another driver does until the outcome, or just until it has taken the order.

    If that driver is gone, go on in its place, or just say so.
    """
    work, until = drive.work, drive.until
    seen, alone = len(work.store.events(record.release.id)), False
    while True:
        # The record first: its events were noted with it, so that none of them is missed.
        release = _newest(work, record)
        for event in work.store.events(record.release.id, seen):
            drive.listen(event)
            seen += 1
        late = until is not None and work.clock.now() >= until
        enough = waits if until_done else arrived
        if release.over or enough(release) or late:
            return drive.finish(release, enough=enough, until=until)
        if not takes_over:
            alone = _told_alone(drive, release, alone=alone)
        elif _abandoned(work):
            message = "the driver is gone; this process drives on"
            drive.listen(Event("taken_over", work.clock.now(), message, "warning"))
            return drive.run(enough=enough)
        work.clock.sleep(LISTEN.total_seconds())


def _told_alone(drive: Drive, release: Release, *, alone: bool) -> bool:
    """Whether nobody drives it, told when it begins."""
    record, now = drive.work.record(), drive.work.clock.wall()
    driven = record is None or is_driven(record, now)
    if not driven and not alone:
        message = f"nobody drives it: canary worker, or canary resume {release.id} --take-over"
        drive.listen(Event("waiting", now, message, "warning"))
    return not driven


def arrived(release: Release) -> bool:
    """Whether what was asked for is in place."""
    return release.ask is None and release.confirmed_at is not None


def _newest(work: Workspace, record: Record) -> Release:
    found = work.store.find(record.release.id)
    return found.release if found else record.release


def _abandoned(work: Workspace) -> bool:
    record = work.record()
    if record is None or record.release.state is State.ENDED:
        return False
    return not has_driver(record, work.clock.wall())


@dataclass(slots=True)
class Watch:
    """Tells what is noted of one release, and drives nothing.

    Attributes:
        release_id: which.
        listen: hears each event that is noted.
        idle: hears where it stands while nothing happens, now and then.
        seen: so many of its events were told.
        alone: whether it was told that nobody drives.
    """

    work: Workspace
    release_id: str
    listen: Callable[[Event], None] = lambda _: None
    idle: Callable[[Event], None] = lambda _: None
    seen: int = 0
    alone: bool = False

    @classmethod
    def of(
        cls,
        work: Workspace,
        listen: Callable[[str, Event], None],
        idle: Callable[[Event], None] = lambda _: None,
    ) -> "Watch":
        """Of the release the workspace means: the one named, else the endpoint's newest.

        Raises:
            NotFound: the endpoint has none.
        """
        record = work.target.record or work.record()
        if record is None:
            raise NotFound(
                f"no release of {work.target.name} is known here",
                hint=f"canary status {work.target.name} shows its traffic",
            )
        release_id = record.release.id
        return cls(work, release_id, lambda event: listen(release_id, event), idle)

    def follow(self, pause: float, until: datetime | None) -> bool:
        """Tell news until the release is over or waits for a person; True if time ran out first."""
        self.seen = max(0, len(self.work.store.events(self.release_id)) - 1)
        while True:
            # The record first: what it says was noted before it was saved.
            release, now = self.record().release, self.work.clock.now()
            for event in self._news():
                self.listen(event)
            if release.over or waits(release):
                return False
            if until is not None and now >= until:
                return True
            self.idle(Event("alive", now, standing(release)))
            self.work.clock.sleep(pause)

    def status(self) -> dict[str, object]:
        """Where it stands now, as `canary.status/1`."""
        return release_status(self.record(), None, self.work.clock.wall())

    def record(self) -> Record:
        """The release as it is recorded now."""
        record = self.work.store.find(self.release_id)
        assert record is not None
        return record

    def _news(self) -> Iterator[Event]:
        events = self.work.store.events(self.release_id, self.seen)
        self.seen += len(events)
        yield from events
        record, now = self.record(), self.work.clock.wall()
        driven = is_driven(record, now)
        if not driven and not self.alone and not record.release.over:
            message = f"nobody drives it: canary resume {self.release_id} --take-over"
            yield Event("waiting", now, message, "warning")
        self.alone = not driven
