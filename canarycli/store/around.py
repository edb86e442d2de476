"""A store around another one, for those that change or watch a few of its calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from canarycli.journal import Event
from canarycli.store.contract import EVERYTHING, Query, Record, Sheet, Store


class Around:
    """Asks the other store, whatever it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record."""
        return self._store.load(key)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record."""
        return self._store.save(record, events)

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release."""
        return self._store.find(release_id)

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """The newest record of every endpoint."""
        return self._store.newest(still_open=still_open)

    def marks(self) -> Mapping[str, str]:
        """What is open, and how it stands."""
        return self._store.marks()

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """The releases asked for."""
        return self._store.history(query)

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """What was noted about a release."""
        return self._store.events(release_id, after)

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name."""
        return self._store.sheet(name)

    def put(self, sheet: Sheet) -> Sheet:
        """Replace a sheet."""
        return self._store.put(sheet)

    def sheets(self) -> tuple[str, ...]:
        """The name of every sheet."""
        return self._store.sheets()

    def prune(self, before: datetime) -> int:
        """Forget old releases."""
        return self._store.prune(before)

    def close(self) -> None:
        """Give back what is held."""
        self._store.close()
