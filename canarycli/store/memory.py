"""Releases in memory: for rehearsals and tests, with the same promises as the other stores."""

from collections.abc import Sequence
from dataclasses import replace

from canarycli.journal import Event
from canarycli.store.contract import Record, Stale


class MemoryStore:
    """A `Store` that is gone with its process."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Record] = {}
        self._releases: dict[str, Record] = {}
        self._events: dict[str, list[Event]] = {}

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        return self._endpoints.get(key)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step."""
        release = record.release
        known = self._endpoints.get(release.key)
        if (known.version if known else 0) != record.version:
            raise Stale(f"the record of {release.key} changed meanwhile")
        saved = replace(record, version=record.version + 1)
        self._endpoints[release.key] = self._releases[release.id] = saved
        self._events.setdefault(release.id, []).extend(events)
        return saved

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release, open or over."""
        return self._releases.get(release_id)

    def newest(self) -> tuple[Record, ...]:
        """The newest record of every endpoint."""
        return tuple(self._endpoints[key] for key in sorted(self._endpoints))

    def history(self) -> tuple[Record, ...]:
        """The newest record of every release, the youngest release first."""
        records = sorted(self._releases.values(), key=lambda r: r.release.started_at, reverse=True)
        return tuple(records)

    def events(self, release_id: str) -> tuple[Event, ...]:
        """Everything noted about a release, in order."""
        return tuple(self._events.get(release_id, ()))
