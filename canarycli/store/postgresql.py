"""A PostgreSQL schema as a `Database`: one connection a process, made again when it breaks."""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from canarycli.errors import MissingExtra, StoreError
from canarycli.store.contract import Patience
from canarycli.store.places import shown
from canarycli.store.sql import TABLES, Run, Unsure

FORM = 2
"""Of the tables."""

SCHEMA = "canary"


class PostgreSQL:
    """The tables in the schema `canary` of a database.

    Args:
        url: of the database.
        patience: how long a call may take.
    """

    def __init__(self, url: str, patience: Patience) -> None:
        self._url = url
        self._patience = patience
        self._lock = threading.RLock()
        self._db: Any = None
        self._end: Callable[[], object] = lambda: None
        self._ready = False

    def read(self, statement: str, *words: Any) -> Sequence[Sequence[Any]]:
        """The rows that a query finds; none where nothing was ever written."""
        with self._lock, self._translated():
            for last in (False, True):
                try:
                    return list(self._connection().execute(_marked(statement), words).fetchall())
                except self._library.errors.UndefinedTable:
                    return ()
                except self._library.OperationalError:
                    self.close()
                    if last:
                        raise
        return ()

    @contextmanager
    def write(self) -> Iterator[Run]:
        """One transaction: committed at the end of the block, undone if it raises."""
        with self._lock, self._translated():
            db = self._begun()
            try:
                yield lambda statement, *words: db.execute(_marked(statement), words).rowcount
            except self._library.OperationalError as error:
                # Nothing was committed: it may be tried again.
                self.close()
                raise Unsure(self._sentence(error)) from error
            except BaseException:
                with suppress(self._library.Error):
                    db.execute("ROLLBACK")
                raise
            try:
                db.execute("COMMIT")
            except self._library.OperationalError as error:
                self.close()
                raise Unsure(self._sentence(error)) from error

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._end()
            self._db = None

    @cached_property
    def _library(self) -> Any:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra(
                f"records in {shown(self._url)} need psycopg",
                hint="pip install 'canarycli[postgres]'",
            ) from error
        return psycopg

    def _begun(self) -> Any:
        """A connection in a transaction, on tables that are there."""
        for last in (False, True):
            try:
                db = self._connection()
                if not self._ready:
                    self._make_tables(db)
                db.execute("BEGIN")
            except self._library.OperationalError:
                self.close()
                if last:
                    raise
            else:
                break
        return db

    def _connection(self) -> Any:
        if self._db is None or self._db.closed:
            seconds = self._patience.seconds
            self._db = self._library.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, round(min(10.0, seconds))),  # libpq takes no less
                application_name="canary",
                # A pooler may hand each transaction to another connection.
                prepare_threshold=None,
            )
            self._end = weakref.finalize(self, self._db.close)
            self._db.execute(f"SET search_path = {SCHEMA}")
            self._db.execute(f"SET statement_timeout = {round(seconds * 1000)}")
        return self._db

    def _make_tables(self, db: Any) -> None:
        """Make what is missing; two at once would get in each other's way."""
        with db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(hashtext('canary tables'))")
            there = db.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.form",)).fetchone()[0]
            if there is None:
                db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                db.execute("CREATE TABLE form (form INTEGER PRIMARY KEY)")
            form = db.execute("SELECT max(form) FROM form").fetchone()[0] or 0
            if form < FORM:
                for statement in TABLES.format(serial="BIGSERIAL").split(";"):
                    db.execute(statement)
                db.execute("INSERT INTO form VALUES (%s)", (FORM,))
        if form > FORM:
            raise StoreError(
                f"a newer canary wrote the release records in {shown(self._url)}",
                hint="upgrade: pip install -U canarycli",
            )
        self._ready = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._library.Error as error:
            raise StoreError(
                self._sentence(error),
                hint=f"try it out: canary state check {shown(self._url)}",
            ) from error

    def _sentence(self, error: Exception) -> str:
        said = " ".join(str(error).split())[:300]
        return f"can't use the release records in {shown(self._url)}: {said}"


def _marked(statement: str) -> str:
    return statement.replace("?", "%s")
