"""The tables in an SQLite file, and how those of an older canary become ours."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from canarycli.errors import StoreError
from canarycli.store.document import decode
from canarycli.store.sql import PUT_RELEASE, TABLES, release_row

FORM = 3
"""Of the tables: SQLite keeps it as `user_version`; before canary 0.2 it was 0."""

Row = tuple[str, int, str]


def prepare(db: sqlite3.Connection, path: Path, say: Callable[[str], None]) -> None:
    """Make a connection ready to write: its log, its syncs, its tables."""
    # One sync a save, which outlives a power cut; see docs/decisions/0013.
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if _form(db) >= FORM:
        return
    make_private(path)
    db.execute("BEGIN IMMEDIATE")
    try:
        if _form(db) < FORM:
            _bring_up(db, say)
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # an interrupt may come when there is none, or none any more
            db.execute("ROLLBACK")
        raise


def copy_of(db: sqlite3.Connection) -> sqlite3.Connection:
    """The tables in memory, in our form: for an older file that can't be written."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    db.backup(copy)
    _bring_up(copy, lambda _: None)
    return copy


def make_private(path: Path) -> None:
    """Close the file, and the folder if it is canary's own, to everybody else.

    Done once, so that who opens them on purpose afterwards is left alone.
    """
    if os.name == "nt":
        return
    path.chmod(0o600)
    folder = path.parent.stat()
    shared = folder.st_uid != os.geteuid() or folder.st_mode & stat.S_ISVTX
    if not shared and not _is_anothers_business(path.parent):
        path.parent.chmod(0o700)


def _is_anothers_business(folder: Path) -> bool:
    """Whether it is the working folder, or this user's home."""
    if folder.resolve() == Path("~").expanduser():
        return True
    return os.path.exists(".") and folder.samefile(".")  # noqa: PTH110 - it may be gone


def _form(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(db: sqlite3.Connection, say: Callable[[str], None]) -> None:
    old = _old_rows(db)
    if old is not None:
        say("the release records of an older canary are brought up to date, once")
        db.execute("DROP TABLE endpoints")
        db.execute("DROP TABLE releases")
    for statement in TABLES.format(serial="INTEGER").split(";"):
        db.execute(statement)
    for name, version, body in old[1] if old else ():
        db.execute(PUT_RELEASE, _row(name, version, body))
    for key, version, body in old[0] if old else ():
        row = _row(f"the record of {key}", version, body)
        db.execute(PUT_RELEASE, row)
        db.execute("INSERT INTO endpoints VALUES (?, ?, ?, '')", (key, version, row[0]))
    db.execute(f"PRAGMA user_version = {FORM}")


def _old_rows(db: sqlite3.Connection) -> tuple[list[Row], list[Row]] | None:
    columns = {row[1] for row in db.execute("PRAGMA table_info(endpoints)")}
    if "body" not in columns:
        return None
    endpoints = db.execute("SELECT key, version, body FROM endpoints").fetchall()
    return endpoints, db.execute("SELECT id, version, body FROM releases").fetchall()


def _row(name: str, version: int, body: str) -> tuple[object, ...]:
    """The row of a release; one that makes no sense is kept as it is, and shown as open."""
    try:
        return release_row(decode(body, version).release, version, body)
    except StoreError:
        return (name, "", "", 0.0, None, None, 0, 0, version, body)
