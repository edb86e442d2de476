"""A store over any SQL database that has transactions: the tables, the swap and the queries."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, Protocol
from uuid import uuid4

from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.release.record import Release
from canarycli.store.contract import EVERYTHING, Query, Record, Sheet, Stale
from canarycli.store.document import decode, decode_event, encode, encode_event, readable, refused

TABLES = """
CREATE TABLE IF NOT EXISTS endpoints (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, release TEXT NOT NULL, nonce TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS releases (
    id TEXT PRIMARY KEY, endpoint TEXT NOT NULL, alias TEXT NOT NULL,
    started DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, outcome TEXT,
    over INTEGER NOT NULL, leftover INTEGER NOT NULL,
    version INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS releases_started ON releases (started DESC, id);
CREATE INDEX IF NOT EXISTS releases_of ON releases (endpoint, started DESC, id);
CREATE INDEX IF NOT EXISTS releases_alias ON releases (alias) WHERE alias <> '';
CREATE INDEX IF NOT EXISTS releases_outcome ON releases (outcome, started DESC, id);
CREATE INDEX IF NOT EXISTS releases_open ON releases (started DESC, id) WHERE over = 0;
CREATE INDEX IF NOT EXISTS releases_left ON releases (started DESC, id) WHERE leftover = 1;
CREATE TABLE IF NOT EXISTS events (
    seq {serial} PRIMARY KEY, release TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of ON events (release, seq);
CREATE TABLE IF NOT EXISTS sheets (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, nonce TEXT NOT NULL, body TEXT NOT NULL
)
"""
"""`{serial}` is the database's own word for a number that counts up."""

PUT_RELEASE = (
    "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "ended = excluded.ended, outcome = excluded.outcome, over = excluded.over, "
    "leftover = excluded.leftover, version = excluded.version, body = excluded.body"
)
_CREATE = "INSERT INTO endpoints VALUES (?, 1, ?, ?) ON CONFLICT (key) DO NOTHING"
_RECORD = "SELECT id, releases.version, body FROM releases"
_EVER = 2**62
_FORGET = (
    "DELETE FROM releases WHERE over = 1 AND ended < ? "
    "AND id NOT IN (SELECT release FROM endpoints)"
)
_FORGET_EVENTS = (
    "DELETE FROM events WHERE release IN (SELECT id FROM releases WHERE over = 1 AND ended < ? "
    "AND id NOT IN (SELECT release FROM endpoints))"
)

TRIES = 6
"""Of a save whose answer is lost and that did not take effect."""

Run = Callable[..., int]
"""Runs one statement with its words; how many rows it changed."""


class Unsure(StoreError):
    """The answer to a commit was lost: it may have taken effect or not."""


class _Undone(Exception):
    """Ends a transaction that was only tried."""


class Database(Protocol):
    """What a store needs of a database; statements mark their words by `?`.

    Raises `StoreError`, never a library's own.
    """

    def read(self, statement: str, *words: Any) -> Sequence[Sequence[Any]]:
        """The rows that a query finds; none where nothing was ever written."""
        ...

    def write(self) -> AbstractContextManager[Run]:
        """One transaction: committed at the end of the block, undone if it raises.

        Raises:
            Unsure: nobody can tell whether it was committed.
        """
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class SqlStore:
    """A `Store` in the tables of a database.

    Args:
        database: where they are.
        say: hears of records that can't be read.
    """

    def __init__(self, database: Database, say: Callable[[str], None]) -> None:
        self._database = database
        self._say = say

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        record = self._one("JOIN endpoints ON endpoints.release = id WHERE key = ?", key)
        if record is not None and record.release.key != key:
            raise refused(f"under {key} stands {record.release.key}")
        return record

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release, open or over."""
        return self._one("WHERE id = ?", release_id)

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """The newest record of every endpoint, or only those whose release is open."""
        which = "WHERE over = 0 " if still_open else ""
        return self._all(f"JOIN endpoints ON endpoints.release = id {which}ORDER BY key")

    def marks(self) -> Mapping[str, str]:
        """The key of every endpoint whose release is open, with the version of its record."""
        rows = self._database.read(
            "SELECT key, endpoints.version FROM endpoints "
            "JOIN releases ON releases.id = endpoints.release WHERE over = 0"
        )
        return {key: str(version) for key, version in rows}

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """The newest record of every release asked for, the youngest release first."""
        where, words = _where(query)
        return self._all(where, *words)

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """What was noted about a release, in order, without the first `after` of them."""
        rows = self._database.read(
            "SELECT body FROM events WHERE release = ? ORDER BY seq LIMIT ? OFFSET ?",
            release_id,
            _EVER,
            after,
        )
        found = (readable(release_id, self._say, decode_event, body) for (body,) in rows)
        return tuple(event for event in found if event is not None)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step."""
        saved = replace(record, version=record.version + 1)
        release, nonce = saved.release, uuid4().hex
        row = release_row(release, saved.version, encode(saved))
        lines = [(release.id, encode_event(event)) for event in events]
        for _ in range(TRIES):
            try:
                with self._database.write() as run:
                    if _swap(run, record, nonce) != 1:
                        raise Stale(f"the record of {release.key} changed meanwhile")
                    run(PUT_RELEASE, *row)
                    for line in lines:
                        run("INSERT INTO events (release, body) VALUES (?, ?)", *line)
            except Unsure:
                if self._landed(record, nonce):
                    return saved
            else:
                return saved
        raise StoreError(f"the record of {release.key} can't be written: no answer to any try")

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, None if there is none."""
        rows = self._database.read("SELECT body, version FROM sheets WHERE name = ?", name)
        return Sheet(name, rows[0][0], rows[0][1]) if rows else None

    def put(self, sheet: Sheet) -> Sheet:
        """Replace the sheet that has `sheet.version`; returns it as saved."""
        saved, nonce = replace(sheet, version=sheet.version + 1), uuid4().hex
        for _ in range(TRIES):
            try:
                with self._database.write() as run:
                    if _swap_sheet(run, sheet, nonce) != 1:
                        raise Stale(f"{sheet.name} changed meanwhile")
            except Unsure:
                found = self._database.read("SELECT nonce FROM sheets WHERE name = ?", sheet.name)
                if found and found[0][0] == nonce:
                    return saved
            else:
                return saved
        raise StoreError(f"{sheet.name} can't be written: no answer to any try")

    def sheets(self) -> tuple[str, ...]:
        """The name of every sheet, in order."""
        rows = self._database.read("SELECT name FROM sheets ORDER BY name")
        return tuple(name for (name,) in rows)

    def prune(self, before: datetime) -> int:
        """Forget the releases that ended before then, and their events; how many there were."""
        limit = before.timestamp()
        with self._database.write() as run:
            run(_FORGET_EVENTS, limit)
            return run(_FORGET, limit)

    def try_out(self) -> None:
        """Write on a condition, as a save does, and undo it.

        Raises:
            StoreError: it can't be done here.
        """
        key = f"check/{uuid4().hex}"
        try:
            with self._database.write() as run:
                _undone([run(_CREATE, key, "r-check", "") for _ in range(2)])
        except _Undone as tried:
            if tried.args != ([1, 0],):
                raise StoreError("a write was taken that had to be refused") from None

    def close(self) -> None:
        """Give the connection back."""
        self._database.close()

    def _one(self, where: str, word: str) -> Record | None:
        rows = self._database.read(f"{_RECORD} {where}", word)
        return decode(rows[0][2], rows[0][1]) if rows else None

    def _all(self, where: str, *words: Any) -> tuple[Record, ...]:
        rows = self._database.read(f"{_RECORD} {where}", *words)
        found = (readable(name, self._say, decode, body, version) for name, version, body in rows)
        return tuple(record for record in found if record is not None)

    def _landed(self, record: Record, nonce: str) -> bool:
        """Whether a save whose answer was lost took effect; False to try it again.

        Raises:
            Stale: somebody else's did.
        """
        key = record.release.key
        rows = self._database.read("SELECT version, nonce FROM endpoints WHERE key = ?", key)
        version, written_by = rows[0] if rows else (0, "")
        if written_by != nonce and version != record.version:
            raise Stale(f"the record of {key} changed meanwhile")
        return bool(written_by == nonce)


def _undone(made: list[int]) -> NoReturn:
    raise _Undone(made)


def release_row(release: Release, version: int, body: str) -> tuple[Any, ...]:
    """The row of a release, in the order of its table."""
    ended = release.ended_at.timestamp() if release.ended_at else None
    return (
        release.id,
        release.endpoint.lower(),
        release.kept_as.lower(),
        release.started_at.timestamp(),
        ended,
        release.outcome.value if release.outcome else None,
        int(release.over),
        int(bool(release.leaves)),
        version,
        body,
    )


def _swap(run: Run, record: Record, nonce: str) -> int:
    key, name = record.release.key, record.release.id
    if record.version == 0:
        return run(_CREATE, key, name, nonce)
    return run(
        "UPDATE endpoints SET version = version + 1, release = ?, nonce = ? "
        "WHERE key = ? AND version = ?",
        name,
        nonce,
        key,
        record.version,
    )


def _swap_sheet(run: Run, sheet: Sheet, nonce: str) -> int:
    if sheet.version == 0:
        create = "INSERT INTO sheets VALUES (?, 1, ?, ?) ON CONFLICT (name) DO NOTHING"
        return run(create, sheet.name, nonce, sheet.body)
    swap = (
        "UPDATE sheets SET version = version + 1, nonce = ?, body = ? "
        "WHERE name = ? AND version = ?"
    )
    return run(swap, nonce, sheet.body, sheet.name, sheet.version)


def _where(query: Query) -> tuple[str, list[Any]]:
    """The end of a query for those releases, and its words."""
    rules: list[str] = []
    words: list[Any] = []
    if query.endpoint is not None:
        rules.append("(endpoint = ? OR (alias = ? AND alias <> ''))")
        words += [query.endpoint.lower()] * 2
    for rule, word in (
        ("started >= ?", query.since.timestamp() if query.since else None),
        ("outcome = ?", query.outcome.value if query.outcome else None),
    ):
        if word is not None:
            rules.append(rule)
            words.append(word)
    if query.over is not None:
        rules.append("over = 1" if query.over else "over = 0")
    if query.leftover:
        rules.append("leftover = 1")
    where = f"WHERE {' AND '.join(rules)} " if rules else ""
    limit = _EVER if query.limit is None else query.limit
    return f"{where}ORDER BY started DESC, id LIMIT ?", [*words, limit]
