"""Tells whoever drives a release what others noted of it meanwhile: orders, and who gave them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from canarycli.journal import Event
from canarycli.store import Record, Store


@dataclass(slots=True)
class Overheard:
    """The journal of one release as its driver knows it.

    Attributes:
        listen: hears every event once, the driver's own and those of others.
        since: what was noted before is no news.
    """

    store: Store
    listen: Callable[[Event], None]
    since: datetime
    _own: set[tuple[str, datetime, str]] = field(default_factory=set)
    _version: int = 0
    _known: int = 0

    def hear(self, event: Event) -> None:
        """Pass on an event of the driver's own."""
        self._own.add((event.type, event.at, event.message))
        self.listen(event)

    def catch_up(self, record: Record | None) -> None:
        """Tell what others have noted, where the record was written since the last time."""
        if record is None or record.version == self._version:
            return
        self._version = record.version
        noted = self.store.events(record.release.id, self._known)
        self._known += len(noted)
        for event in noted:
            new = event.at >= self.since
            if new and (event.type, event.at, event.message) not in self._own:
                self.listen(event)
