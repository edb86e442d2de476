"""Releases in memory: for rehearsals and tests, with the same promises as the other stores."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.store.contract import EVERYTHING, Query, Record, Sheet, Stale


class MemoryStore:
    """A `Store` that is gone with its process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._endpoints: dict[str, Record] = {}
        self._releases: dict[str, Record] = {}
        self._events: dict[str, list[Event]] = {}
        self._sheets: dict[str, Sheet] = {}

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        return self._endpoints.get(key)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step."""
        release = record.release
        if record.newer:
            raise StoreError(f"a newer canary wrote the record of {release.id}")
        with self._lock:
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

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """The newest record of every endpoint, or only those whose release is open."""
        with self._lock:
            records = [self._endpoints[key] for key in sorted(self._endpoints)]
        return tuple(r for r in records if not (still_open and r.release.over))

    def marks(self) -> Mapping[str, str]:
        """The key of every endpoint whose release is open, with the version of its record."""
        return {r.release.key: str(r.version) for r in self.newest(still_open=True)}

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """The newest record of every release asked for, the youngest release first."""
        with self._lock:
            known = list(self._releases.values())
        records = sorted(known, key=lambda r: r.release.id)
        records.sort(key=lambda r: r.release.started_at, reverse=True)
        return tuple(r for r in records if query.holds(r.release))[: query.limit]

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """What was noted about a release, in order, without the first `after` of them."""
        return tuple(self._events.get(release_id, ())[after:])

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, None if there is none."""
        return self._sheets.get(name)

    def put(self, sheet: Sheet) -> Sheet:
        """Replace the sheet that has `sheet.version`; returns it as saved."""
        with self._lock:
            known = self._sheets.get(sheet.name)
            if (known.version if known else 0) != sheet.version:
                raise Stale(f"{sheet.name} changed meanwhile")
            saved = replace(sheet, version=sheet.version + 1)
            self._sheets[sheet.name] = saved
        return saved

    def sheets(self) -> tuple[str, ...]:
        """The name of every sheet, in order."""
        return tuple(sorted(self._sheets))

    def prune(self, before: datetime) -> int:
        """Forget the releases that ended before then, and their events; how many there were."""
        with self._lock:
            current = {record.release.id for record in self._endpoints.values()}
            old = [
                release_id
                for release_id, record in self._releases.items()
                if (ended := record.release.ended_at) and ended < before
                if release_id not in current
            ]
            for release_id in old:
                del self._releases[release_id]
                self._events.pop(release_id, None)
        return len(old)

    def close(self) -> None:
        """Nothing is held."""
