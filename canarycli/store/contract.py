"""The contract of a store, and the document it keeps."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.release.record import Outcome, Release

LEASE = timedelta(seconds=90)
"""How long a driver that is not heard keeps an endpoint."""


class Stale(CanaryError):
    """The document changed since it was loaded; load it again and decide again."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to raise traffic on an endpoint, with an expiry.

    Attributes:
        holder: who drives: a CI run or user@host, and the process.
        until: when the right ends unless it is renewed.
        heard: when the holder was last heard.
        epoch: grows with every change of hands.
        url: the holder's CI run, if it has one.
    """

    holder: str
    until: datetime
    heard: datetime
    epoch: int = 1
    url: str = ""

    def alive(self, now: datetime) -> bool:
        """Whether the right still holds.

        One that was taken further ahead than it is long is of a clock that was wrong, and says
        nothing of whoever had it.
        """
        return self.heard - now <= self.until - self.heard and now < self.until


@dataclass(frozen=True, slots=True)
class Record:
    """The one document of an endpoint: the release and who drives it.

    Attributes:
        release: the endpoint's newest release.
        lease: who drives it, None for nobody.
        version: grows with every save; a save names the version it was made from.
        newer: a newer canary wrote it: it can be read, and is never written over.
    """

    release: Release
    lease: Lease | None = None
    version: int = 0
    newer: bool = False

    def held_by(self, holder: str, now: datetime) -> bool:
        """Whether that driver holds the lease now."""
        return self.lease is not None and self.lease.holder == holder and self.lease.alive(now)

    def driven_by_another(self, holder: str, now: datetime) -> bool:
        """Whether somebody else's lease is alive."""
        return self.lease is not None and self.lease.holder != holder and self.lease.alive(now)

    def leased(
        self, holder: str, now: datetime, url: str = "", length: timedelta = LEASE
    ) -> "Record":
        """The record with the lease taken, or renewed, by that driver."""
        epoch = 1
        if self.lease is not None:
            epoch = self.lease.epoch + (self.lease.holder != holder)
        return replace(self, lease=Lease(holder, now + length, now, epoch, url))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document that several releases have in common, such as a fleet.

    Attributes:
        name: what it is kept under.
        body: what stands in it, as JSON text.
        version: grows with every save; a save names the version it was made from, 0 for none.
    """

    name: str
    body: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which releases are asked for; what is None does not matter.

    Attributes:
        endpoint: only of the endpoint that is called so, in any case.
        since: only those that started then or later.
        outcome: only those that ended so.
        over: only those that are over, or only those that are open.
        leftover: only those that left something deployed.
        limit: at most so many.
    """

    endpoint: str | None = None
    since: datetime | None = None
    outcome: Outcome | None = None
    over: bool | None = None
    leftover: bool = False
    limit: int | None = None

    def holds(self, release: Release) -> bool:
        """Whether a release is one of those."""
        return (
            (self.endpoint is None or release.is_called(self.endpoint))
            and (self.since is None or release.started_at >= self.since)
            and self.outcome in {None, release.outcome}
            and self.over in {None, release.over}
            and (not self.leftover or bool(release.leaves))
        )


EVERYTHING = Query()


def _log(text: str) -> None:
    # Python shows a warning that nobody handles on stderr, as it is.
    import logging

    logging.getLogger("canarycli.store").warning("%s", text)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store waits for others, and whom it tells.

    Attributes:
        seconds: how long at most, for all calls together until one succeeds.
        say: hears of a wait, and of single records that can't be read.
        pause: waits so many seconds before another try.
    """

    seconds: float = 20.0
    say: Callable[[str], None] = _log
    pause: Callable[[float], None] = time.sleep


UNHURRIED = Patience()


class Store(Protocol):
    """Keeps one record an endpoint and the events of every release.

    Raises `Stale` for a lost race and `StoreError` for everything else; never a library's own.
    Where several records are asked for, one that makes no sense is left out and told of.
    """

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        ...

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step.

        A record of version 0 creates the document. Returns the record as saved.

        Raises:
            Stale: the document has another version by now.
        """
        ...

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release, open or over."""
        ...

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """The newest record of every endpoint, or only those whose release is open."""
        ...

    def marks(self) -> Mapping[str, str]:
        """The key of every endpoint whose release is open, for whoever drives them all.

        With it stands a mark that is another one after every save, or "" where that would take a
        call for each: then a look at the record tells.
        """
        ...

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """The newest record of every release asked for, the youngest release first."""
        ...

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """What was noted about a release, in order, without the first `after` of them."""
        ...

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, None if there is none."""
        ...

    def put(self, sheet: Sheet) -> Sheet:
        """Replace the sheet that has `sheet.version`; returns it as saved.

        Raises:
            Stale: it has another version by now.
        """
        ...

    def sheets(self) -> tuple[str, ...]:
        """The name of every sheet, in order."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget the releases that ended before then, and their events; how many there were.

        The newest release of an endpoint is always kept.
        """
        ...

    def close(self) -> None:
        """Give back what is held; a closed store may be used again."""
        ...
