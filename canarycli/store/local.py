"""Releases in an SQLite file on this machine."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from canarycli.codec import from_json, to_json
from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.release.record import Release
from canarycli.store.contract import Lease, Record, Stale

SCHEMA = 1
"""Of the documents; a newer one is read only by a newer canary."""

_TABLES = """
CREATE TABLE IF NOT EXISTS endpoints (key TEXT PRIMARY KEY, version INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS releases (id TEXT PRIMARY KEY, started TEXT, version INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, release TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS events_of ON events (release, seq);
"""


class LocalStore:
    """A `Store` in one file, safe for many processes on one machine.

    Args:
        folder: made when the first record is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "canary.db"

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        return self._one("SELECT version, body FROM endpoints WHERE key = ?", key)

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release, open or over."""
        return self._one("SELECT version, body FROM releases WHERE id = ?", release_id)

    def newest(self) -> tuple[Record, ...]:
        """The newest record of every endpoint."""
        return self._all("SELECT version, body FROM endpoints ORDER BY key")

    def history(self) -> tuple[Record, ...]:
        """The newest record of every release, the youngest release first."""
        return self._all("SELECT version, body FROM releases ORDER BY started DESC, id")

    def events(self, release_id: str) -> tuple[Event, ...]:
        """Everything noted about a release, in order."""
        if not self.path.exists():
            return ()
        with self._open() as db:
            rows = db.execute(
                "SELECT body FROM events WHERE release = ? ORDER BY seq", (release_id,)
            )
            return tuple(from_json(Event, json.loads(body)) for (body,) in rows)

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step."""
        saved = replace(record, version=record.version + 1)
        release = saved.release
        body = json.dumps(_document(saved))
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            _swap(db, release.key, record.version, body)
            db.execute(
                "INSERT INTO releases VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body",
                (release.id, release.started_at.isoformat(), saved.version, body),
            )
            db.executemany(
                "INSERT INTO events (release, body) VALUES (?, ?)",
                [(release.id, json.dumps(to_json(event))) for event in events],
            )
            db.execute("COMMIT")
        return saved

    def _one(self, query: str, word: str) -> Record | None:
        rows = self._all(query, word)
        return rows[0] if rows else None

    def _all(self, query: str, *words: str) -> tuple[Record, ...]:
        if not self.path.exists():
            return ()
        with self._open() as db:
            return tuple(_record(version, body) for version, body in db.execute(query, words))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.executescript(_TABLES)
                yield db
        except (sqlite3.Error, OSError, json.JSONDecodeError) as error:
            raise CanaryError(
                f"can't use the release records in {str(self.path)!r}: {error}",
                hint="set CANARY_STATE to a folder this user can write to",
            ) from error


def _swap(db: sqlite3.Connection, key: str, version: int, body: str) -> None:
    if version == 0:
        changed = db.execute("INSERT OR IGNORE INTO endpoints VALUES (?, 1, ?)", (key, body))
    else:
        changed = db.execute(
            "UPDATE endpoints SET version = ?, body = ? WHERE key = ? AND version = ?",
            (version + 1, body, key, version),
        )
    if changed.rowcount != 1:
        db.execute("ROLLBACK")
        raise Stale(f"the record of {key} changed meanwhile")


def _document(record: Record) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "release": to_json(record.release),
        "lease": to_json(record.lease),
    }


def _record(version: int, body: str) -> Record:
    document = json.loads(body)
    if document.get("schema", 0) > SCHEMA:
        raise CanaryError(
            f"a newer canary wrote this release record (schema {document['schema']})",
            hint="upgrade: pip install -U canarycli (canary rollback -e ENDPOINT works without it)",
        )
    lease = document.get("lease")
    return Record(
        from_json(Release, document["release"]),
        None if lease is None else from_json(Lease, lease),
        version,
    )
