"""The fleets of the records: found by name, and kept with nobody's change lost."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from canarycli.codec import from_json, to_json
from canarycli.errors import NotFound, StoreError, UsageError
from canarycli.late_methods import dataclass
from canarycli.release.fleet import Fleet
from canarycli.release.record import Release
from canarycli.store import Stale, Store
from canarycli.store.contract import Sheet

PREFIX = "fleet/"

SCHEMA = 1
"""Of the document; what a newer canary wrote is read where it can be, and never written over."""

UPGRADE = "upgrade: pip install -U canarycli (canary rollback ENDPOINT works without it)"

UNREADABLE = "name the fleet if another is meant (canary rollback ENDPOINT works without any)"


@dataclass(frozen=True, slots=True)
class Kept:
    """A fleet as it is kept.

    Attributes:
        version: grows with every save; a save names the version it was made from.
        newer: a newer canary wrote it: it can be read, and is never written over.
    """

    fleet: Fleet
    version: int = 0
    newer: bool = False


class Fleets:
    """The fleets of the records.

    Args:
        store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def names(self) -> tuple[str, ...]:
        """Every fleet, by name."""
        found = self.store.sheets()
        return tuple(n.removeprefix(PREFIX) for n in found if n.startswith(PREFIX))

    def load(self, name: str) -> Kept | None:
        """The fleet of that name, None if there is none.

        Raises:
            StoreError: what is kept of it makes no sense.
        """
        sheet = self.store.sheet(f"{PREFIX}{name}")
        return None if sheet is None else _kept(name, sheet)

    def save(self, kept: Kept) -> Kept:
        """Keep it.

        Raises:
            Stale: somebody has changed it meanwhile.
            StoreError: a newer canary wrote it, and this one would lose what it does not know.
        """
        _refuse_newer(kept)
        body = json.dumps({"schema": SCHEMA, **to_json(kept.fleet)})
        sheet = self.store.put(Sheet(f"{PREFIX}{kept.fleet.name}", body, kept.version))
        return Kept(kept.fleet, sheet.version)

    def mine(self, name: str) -> Kept:
        """The fleet of that name, to go on with.

        Raises:
            StoreError: a newer canary wrote it.
        """
        kept = self.named(name)
        _refuse_newer(kept)
        return kept

    def change(self, name: str, edit: Callable[[Fleet], Fleet]) -> Fleet:
        """Change it, whoever else is at it."""
        while True:
            kept = self.mine(name)
            with suppress(Stale):
                return self.save(replace(kept, fleet=edit(kept.fleet))).fleet

    def named(self, name: str | None) -> Kept:
        """The fleet of that name, or the only one that is not over, or the only one there is.

        Raises:
            NotFound: there is none.
            UsageError: several may be meant.
        """
        if name is not None:
            kept = self.load(name)
            if kept is None:
                known = ", ".join(self.names()) or "none"
                raise NotFound(f"no fleet {name!r} is known here", hint=f"there are: {known}")
            return kept
        every = [kept for known in self.names() if (kept := self.load(known)) is not None]
        if not every:
            raise NotFound("no fleet is known here", hint="canary fleet start FILE")
        meant = [kept for kept in every if not kept.fleet.over] or every
        if len(meant) == 1:
            return meant[0]
        names = ", ".join(kept.fleet.name for kept in meant)
        raise UsageError("say which fleet is meant", hint=f"there are: {names}")

    def releases(self, fleet: Fleet) -> dict[str, Release]:
        """The releases of a fleet that are not known to be over, by id."""
        wanted = [seat.release for seat in fleet.seats if seat.open]
        found = (self.store.find(release) for release in wanted)
        return {record.release.id: record.release for record in found if record is not None}


def _refuse_newer(kept: Kept) -> None:
    if kept.newer:
        raise StoreError(f"a newer canary wrote fleet {kept.fleet.name}", hint=UPGRADE)


def _kept(name: str, sheet: Sheet) -> Kept:
    newer = False
    try:
        document = json.loads(sheet.body)
        newer = isinstance(document, dict) and document.get("schema", SCHEMA) > SCHEMA
        return Kept(from_json(Fleet, document), sheet.version, newer)
    except (ValueError, TypeError) as error:
        if newer:
            raise StoreError(f"a newer canary wrote fleet {name}", hint=UPGRADE) from error
        raise StoreError(
            f"what is kept of fleet {name} makes no sense: {error}", hint=UNREADABLE
        ) from error
