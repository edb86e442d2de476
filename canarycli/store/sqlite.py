"""An SQLite file as a `Database`: connections that are kept, one sync a save, private files."""

import os
import sqlite3
import stat
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from canarycli.errors import StoreError
from canarycli.store.contract import Patience
from canarycli.store.sql import Run
from canarycli.store.sqlite_tables import FORM, copy_of, prepare
from canarycli.store.waiting import Waiting

T = TypeVar("T")


@dataclass(slots=True)
class _Held:
    """A connection to write by, one to read by meanwhile, and the file they were opened on."""

    db: sqlite3.Connection
    reader: sqlite3.Connection
    file: tuple[int, int]
    close: Callable[[], object]


class SQLite:
    """The tables in one file; `docs/decisions/0013` says how it is written and why.

    Args:
        path: the file; it and its folder are made by the first write.
        patience: how long a lock of another process is waited for.
    """

    def __init__(self, path: Path, patience: Patience) -> None:
        self._path = path
        self._waiting = Waiting(patience, f"the release records in {str(path)!r}")
        self._lock = threading.RLock()
        self._reading = threading.RLock()  # taken after the other one, if both are
        self._held: _Held | None = None

    def read(self, statement: str, *words: Any) -> Sequence[Sequence[Any]]:
        """The rows that a query finds; none where nothing was ever written."""
        with self._translated():
            return self._waiting.until_free(lambda: self._rows(statement, words), _is_locked)

    @contextmanager
    def write(self) -> Iterator[Run]:
        """One transaction: committed at the end of the block, undone if it raises."""
        with self._lock, self._translated():
            db = self._waiting.until_free(self._begin, _is_locked)
            try:
                yield lambda statement, *words: db.execute(statement, words).rowcount
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Give the connection back."""
        with self._lock, self._reading:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _rows(self, statement: str, words: Sequence[Any]) -> Sequence[Sequence[Any]]:
        file = _file(self._path)
        if file is None:
            self.close()
            return ()
        if _may_write(self._path):
            self._open(file)
            with self._reading:  # and not with a writer's lock, who waits for a disk
                if self._held is not None:
                    return self._held.reader.execute(statement, words).fetchall()
            return self._rows(statement, words)  # it was closed or replaced in between
        with closing(_read_only(self._path)) as db:
            return db.execute(statement, words).fetchall()

    def _begin(self) -> sqlite3.Connection:
        file = _file(self._path) or _make(self._path)
        db = self._open(file).db
        if _form(db) > FORM:
            raise StoreError(
                f"a newer canary wrote the release records in {str(self._path)!r}",
                hint="upgrade: pip install -U canarycli",
            )
        db.execute("BEGIN IMMEDIATE")
        return db

    def _open(self, file: tuple[int, int]) -> _Held:
        """The connections kept, or new ones where the file was replaced meanwhile."""
        held = self._held
        if held is not None and held.file == file:
            return held
        with self._lock:
            if self._held is not None and self._held.file == file:
                return self._held
            self.close()
            db = _connect(self._path)
            try:
                prepare(db, self._path, self._waiting.say)
                reader = _reader(self._path)
            except BaseException:
                db.close()
                raise
            held = _Held(db, reader, file, weakref.finalize(self, _close, db, reader))
            self._held = held
            return held

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"can't use the release records in {str(self._path)!r}: {error}",
                hint="set CANARY_STATE to a folder this user can write to",
            ) from error


def _connect(path: Path) -> sqlite3.Connection:
    # The wait for others is ours, so that it is fair, bounded and said aloud.
    return sqlite3.connect(path, timeout=0.1, isolation_level=None, check_same_thread=False)


def _reader(path: Path) -> sqlite3.Connection:
    """A second connection, closed last, so that closing the first one copies and syncs nothing."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        timeout=0.1,
        isolation_level=None,
        uri=True,
        check_same_thread=False,
    )
    db.execute("SELECT 1 FROM endpoints").close()
    return db


def _close(db: sqlite3.Connection, reader: sqlite3.Connection) -> None:
    db.close()
    reader.close()


def _read_only(path: Path) -> sqlite3.Connection:
    """A connection to a file of somebody else; nothing beside it can be written either."""
    # Without a log the file is all there is, and no writer is at it.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, check_same_thread=False)
    if _form(db) >= FORM:
        return db
    with closing(db):
        return copy_of(db)


def _form(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _file(path: Path) -> tuple[int, int] | None:
    """Which file is there, None where there is none.

    Raises:
        StoreError: it is a link, or something else.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no file"
        raise StoreError(
            f"can't use the release records: {str(path)!r} is {what}",
            hint="set CANARY_STATE to the folder itself",
        )
    return found.st_dev, found.st_ino


def _make(path: Path) -> tuple[int, int]:
    """An empty file that only this user can read, in a folder that only this user can enter."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags, 0o600)
    try:
        made = os.fstat(handle)
    finally:
        os.close(handle)
    return made.st_dev, made.st_ino


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _is_locked(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, sqlite3.OperationalError) and code & 0xFF in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
