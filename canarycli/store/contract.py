"""The contract of a store, and the document it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.release.record import Release

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
        """Whether the right still holds."""
        return now < self.until


@dataclass(frozen=True, slots=True)
class Record:
    """The one document of an endpoint: the release and who drives it.

    `version` grows with every save; a save names the version it was made from.
    """

    release: Release
    lease: Lease | None = None
    version: int = 0

    def held_by(self, holder: str, now: datetime) -> bool:
        """Whether that driver holds the lease now."""
        return self.lease is not None and self.lease.holder == holder and self.lease.alive(now)

    def driven_by_another(self, holder: str, now: datetime) -> bool:
        """Whether somebody else's lease is alive."""
        return self.lease is not None and self.lease.holder != holder and self.lease.alive(now)

    def leased(self, holder: str, now: datetime, url: str = "") -> "Record":
        """The record with the lease taken, or renewed, by that driver."""
        epoch = 1
        if self.lease is not None:
            epoch = self.lease.epoch + (self.lease.holder != holder)
        return replace(self, lease=Lease(holder, now + LEASE, now, epoch, url))


class Store(Protocol):
    """Keeps one record an endpoint and the events of every release.

    Raises `Stale` for a lost race and `CanaryError` for everything else; never a library's own.
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

    def newest(self) -> tuple[Record, ...]:
        """The newest record of every endpoint."""
        ...

    def history(self) -> tuple[Record, ...]:
        """The newest record of every release, the youngest release first."""
        ...

    def events(self, release_id: str) -> tuple[Event, ...]:
        """Everything noted about a release, in order."""
        ...
