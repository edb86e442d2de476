"""What the tests of the file on this machine share."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from canarycli.codec import to_json
from canarycli.journal import Event
from canarycli.release.record import Release
from canarycli.store import Patience
from canarycli.testing.stores import NOW, a_release

KEY = a_release().key


class Heard(list[str]):
    """What a store said."""

    def patience(self, seconds: float = 20.0) -> Patience:
        return Patience(seconds, self.append)


def change(path: Path, statement: str, *words: object) -> None:
    """Change the file behind the store's back."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, words)


def old_store(path: Path, releases: Sequence[Release], *, damaged: str = "") -> None:
    """A file as canary 0.1 wrote it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE endpoints (key TEXT PRIMARY KEY, version INTEGER, body TEXT)")
        db.execute(
            "CREATE TABLE releases (id TEXT PRIMARY KEY, started TEXT, version INTEGER, body TEXT)"
        )
        db.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, release TEXT, body TEXT)")
        db.execute("CREATE INDEX events_of ON events (release, seq)")
        for n, release in enumerate(releases, start=1):
            data = to_json(release)
            body = json.dumps({"schema": 1, "release": data, "lease": None})
            row = (data["id"], data["started_at"], n, body)
            key = f"{data['provider']}/{data['place']}/{data['endpoint']}"
            db.execute("INSERT INTO releases VALUES (?, ?, ?, ?)", row)
            db.execute("INSERT OR REPLACE INTO endpoints VALUES (?, ?, ?)", (key, n, body))
            event = json.dumps(to_json(Event("started", NOW, "it began")))
            db.execute("INSERT INTO events (release, body) VALUES (?, ?)", (data["id"], event))
        if damaged:
            db.execute("INSERT INTO endpoints VALUES ('simulator/local/bad', 4, ?)", (damaged,))
