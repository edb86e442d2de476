"""No store at all: whoever needs records gets the reason, whoever can do without goes on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.store.contract import EVERYTHING, Query, Record, Sheet


class Nowhere:
    """A `Store` whose place can't be told.

    Args:
        why: raised by every verb.
    """

    def __init__(self, why: CanaryError) -> None:
        self._why = why

    def load(self, key: str) -> Record | None:  # noqa: ARG002 - the contract's
        """Say why not."""
        self._refuse()

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def find(self, release_id: str) -> Record | None:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def marks(self) -> Mapping[str, str]:
        """Say why not."""
        self._refuse()

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def sheet(self, name: str) -> Sheet | None:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def put(self, sheet: Sheet) -> Sheet:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def sheets(self) -> tuple[str, ...]:
        """Say why not."""
        self._refuse()

    def prune(self, before: datetime) -> int:  # noqa: ARG002
        """Say why not."""
        self._refuse()

    def close(self) -> None:
        """Nothing is held."""

    def _refuse(self) -> NoReturn:
        raise self._why
