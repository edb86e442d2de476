"""PostgreSQL, and what speaks its protocol: rows of a SELECT, asked in a session that can't write.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it; they are bound by the
server, never put into the text. Its rows are those of `rows.series_of`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from canarycli.errors import Denied, Rejected, Unavailable, Unsupported, UsageError
from canarycli.labels import Label
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.measured import Answer, measurements, nothing
from canarycli_sources.rows import bound, labels_of, series_of
from canarycli_sources.settings import Pace, secret

TIMEOUT = 20.0
MOST = 100_000
"""Rows; more is not one look's worth of periods."""

PERIOD = timedelta(minutes=5)
WORDS = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | (\$\w*\$).*?\1 | ::
      | :(start|end|arms|endpoint|keys)\b | %""",
    re.DOTALL | re.VERBOSE,
)
SELECTS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.DOTALL | re.IGNORECASE)
REFUSED = ("authentication failed", "no pg_hba", "not permitted", "does not exist", "no password")
"""What libpq says where it is not let in; such an error carries no code."""


class Postgres:
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

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics with the same query and names for the arms are one question."""
        whole = self._pace.whole(window)
        asked = {metric.key: (_query(metric), tuple(bound(arms, metric))) for metric in metrics}
        rows = self._rows(set(asked.values()), arms, whole) if whole else {}

        def answers() -> Iterator[Answer]:
            for metric in metrics:
                found = nothing(arms, self._pace)
                if whole:
                    mine = rows[asked[metric.key]]
                    found = series_of(metric, mine, arms, whole, self._pace)
                yield metric, found, asked[metric.key][0]

        return measurements(arms, window, answers())

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; `:keys` in the query is an array of the keys that are asked about."""
        words = {"start": window.start, "end": window.end, "keys": list(keys)}
        query = _query(Metric("labels", source=spec))
        with _translated(), self._connected() as db, db.cursor("labels") as cursor:
            cursor.execute(marked(query), {**words, "arms": [], "endpoint": ""})
            yield from labels_of(cursor, spec)

    def _rows(
        self,
        questions: Collection[tuple[str, tuple[str, ...]]],
        arms: Sequence[Arm],
        window: Window,
    ) -> dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]]:
        found = {}
        with _translated(), self._connected() as db:
            for query, names in questions:
                words = {
                    "start": window.start,
                    "end": window.end,
                    "arms": list(names),
                    "endpoint": arms[0].endpoint if arms else "",
                }
                cursor = db.execute(marked(query), words)
                found[query, names] = cursor.fetchmany(MOST + 1)
                if len(found[query, names]) > MOST:
                    raise Rejected(f"more than {MOST:,} rows", hint="aggregate them by period")
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

    def one(found: re.Match[str]) -> str:
        name = found.group(2)
        return f"%({name})s" if name else found.group(0).replace("%", "%%")

    return WORDS.sub(one, query)


def _query(metric: Metric) -> str:
    query = metric.source.get("query")
    if not isinstance(query, str) or not query.strip():
        raise Unsupported(f"{metric.name}: a postgres source needs query:")
    if not SELECTS.match(query):
        raise Unsupported(f"{metric.name}: the query is no SELECT", hint="a source only reads")
    return query.strip().rstrip(";")


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
