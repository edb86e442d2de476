"""PostgreSQL, and what speaks its protocol: rows of a SELECT, asked in a session that can't write.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it; they are bound by the
server, never put into the text. Its rows are those of `rows.series_of`.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from canarycli.errors import Denied, Rejected, Unavailable, UsageError
from canarycli.labels import Label
from canarycli.metrics import Window
from canarycli_sources.rows import labels_of
from canarycli_sources.settings import Pace, secret
from canarycli_sources.sql import MOST, STANDARD, Asked, few, labelling, placed
from canarycli_sources.warehouse import InSql

TIMEOUT = 20.0
PERIOD = timedelta(minutes=5)
QUOTED = STANDARD + r"| (\$\w*\$).*?\1"
REFUSED = ("authentication failed", "no pg_hba", "not permitted", "does not exist", "no password")
"""What libpq says where it is not let in; such an error carries no code."""


class Postgres(InSql):
    """Queries of one database.

    Args:
        settings: `dsn_env`, the variable that has the connection's address, or `service_env`, the
            one that has the name of a service in libpq's own file; `period` (5m), `delay`.
        timeout: seconds a query may take.
    """

    def __init__(self, settings: Mapping[str, Any], timeout: float = TIMEOUT) -> None:
        self._pace = Pace.of(settings, PERIOD)
        self._timeout = timeout
        service = secret(settings, "service_env")
        self._address = f"service={service}" if service else secret(settings, "dsn_env")
        if not self._address:
            raise UsageError(
                "a postgres source needs dsn_env or service_env",
                hint="dsn_env: the variable that has postgresql://user@host/database",
            )

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; `:keys` in the query is an array of the keys that are asked about."""
        asked = labelling(spec, keys, window)
        with _translated(), self._connected() as db, db.cursor("labels") as cursor:
            cursor.execute(marked(asked.text), asked.words)
            yield from labels_of(cursor, spec)

    def _rows(self, questions: Collection[Asked]) -> dict[Asked, list[dict[str, Any]]]:
        found = {}
        with _translated(), self._connected() as db:
            for asked in questions:
                cursor = db.execute(marked(asked.text), asked.words)
                found[asked] = cursor.fetchmany(MOST + 1)
                few(found[asked])
        return found

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """A session that can't write, and whose statements end by themselves."""
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": f"{self._timeout * 1000:.0f}",
            "lock_timeout": f"{self._timeout * 1000:.0f}",
            "TimeZone": "UTC",
        }
        db = psycopg.connect(
            self._address,
            connect_timeout=max(2, round(self._timeout / 2)),  # libpq takes no less
            application_name="canary",
            options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
            prepare_threshold=None,  # a pooler may hand each transaction to another connection
            row_factory=dict_row,
        )
        with db:
            db.read_only = True
            yield db


def marked(query: str) -> str:
    """The query with its words in psycopg's form; what is quoted or a comment stays as it is."""
    return placed(query.replace("%", "%%"), QUOTED, lambda name: f"%({name})s")


@contextmanager
def _translated() -> Iterator[None]:
    """PostgreSQL's errors as ours; none of them holds a value of a row, or the address."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise Denied("the database does not let this role read that", facts=_said(error)) from error
    except (errors.QueryCanceled, errors.LockNotAvailable) as error:
        raise Unavailable(
            "the query takes too long", facts=["an index on its time column may help"]
        ) from error
    except errors.ReadOnlySqlTransaction as error:
        raise Rejected("the query writes, and a source only reads") from error
    except errors.DataError as error:  # its words hold what is in a row
        raise Rejected("the query meets a value that it can't read") from error
    except psycopg.OperationalError as error:
        if error.sqlstate is None and any(word in str(error) for word in REFUSED):
            raise Denied("the database does not accept the connection") from error
        raise Unavailable("the database does not answer") from error
    except psycopg.Error as error:
        raise Rejected("the database refuses the query", facts=_said(error)) from error


def _said(error: psycopg.Error) -> list[str]:
    said = error.diag.message_primary
    return [said] if said else []
