"""Snowflake: rows of a SELECT by its SQL API, its words bound, its time bounded.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it. All are bound as text:
times are ISO 8601, for `TO_TIMESTAMP_TZ(:start)`, and `:arms` is for `IN (:arms)`. Of labels,
`:keys` is for `IN (:keys)`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any

from canarycli.errors import Rejected, Unavailable, UsageError
from canarycli_sources.rows import Row
from canarycli_sources.settings import Pace
from canarycli_sources.sql import MOST, STANDARD, Asked, few, texts
from canarycli_sources.warehouse import Warehouse
from canarycli_sources.web import Web

PERIOD = timedelta(minutes=5)
TIMEOUT = 20
"""Seconds that Snowflake gives a statement, and so what a look may cost."""

PATH = "/api/v2/statements"
KINDS = {"oauth": "OAUTH", "token": "PROGRAMMATIC_ACCESS_TOKEN", "jwt": "KEYPAIR_JWT"}
UNDER_WAY = "333334"


class Snowflake(Warehouse):
    """One account.

    Args:
        settings: `account` or `url`; `token_env`, the variable that has a token of kind
            `token_kind` (token, oauth, jwt); `warehouse`, `database`, `schema`, `role`; `period`
            (5m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        url = settings.get("url") or f"https://{settings.get('account')}.snowflakecomputing.com"
        kind = KINDS.get(str(settings.get("token_kind") or "token"))
        if not settings.get("token_env") or not (settings.get("url") or settings.get("account")):
            raise UsageError("a snowflake source needs account, and token_env: a variable")
        if kind is None:
            raise UsageError(f"a token of snowflake is one of {', '.join(KINDS)}")
        self._pace = Pace.of(settings, PERIOD)
        header = {"X-Snowflake-Authorization-Token-Type": kind}
        self._web = Web({"url": url, "token_env": settings["token_env"], "header": header})
        places = ("warehouse", "database", "schema", "role")
        self._place = {key: settings[key] for key in places if settings.get(key)}

    def _found(self, asked: Asked) -> Sequence[Row]:
        values: list[str] = []

        def mark(name: str) -> str:
            found = texts(asked.words[name])
            values.extend(found)
            return ", ".join("?" * len(found))

        text = asked.marked(STANDARD, mark)
        bindings = {str(n): {"type": "TEXT", "value": v} for n, v in enumerate(values, 1)}
        body = {"statement": text, "timeout": TIMEOUT, **self._place, "bindings": bindings}
        with _unshown():
            said = self._web.post(PATH, body)
        found = list(islice(self._pages(said), MOST + 1))
        few(found)
        return found

    def _pages(self, said: Any) -> Iterator[Row]:
        until = monotonic() + TIMEOUT
        try:
            path = f"{PATH}/{said['statementHandle']}"
            while said.get("code") == UNDER_WAY:
                if monotonic() > until:
                    raise Unavailable("the query takes too long in snowflake")
                with _unshown():
                    said = self._web.get(path)
            about = said["resultSetMetaData"]
            columns = [(str(c["name"]).lower(), str(c["type"]).lower()) for c in about["rowType"]]
            parts = len(about.get("partitionInfo") or [0])
            yield from _rows_of(said["data"], columns)
            for part in range(1, parts):
                yield from _rows_of(self._web.get(f"{path}?partition={part}")["data"], columns)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Rejected("snowflake's answer is no list of rows") from None


@contextmanager
def _unshown() -> Iterator[None]:
    """What Snowflake says of a statement's text is told, and nothing that it says of a value."""
    try:
        yield
    except Rejected as error:
        if not error.facts or error.facts[0].startswith("SQL compilation error"):
            raise
        raise Rejected(
            "the query fails in snowflake while it runs: a value that it can't read"
        ) from None


def _rows_of(data: Any, columns: Sequence[tuple[str, str]]) -> list[Row]:
    return [
        {name: _value(v, kind) for (name, kind), v in zip(columns, row, strict=True)}
        for row in data
    ]


def _value(text: str | None, kind: str) -> Any:
    """Snowflake's JSON has all values as text: times in seconds, with the zone behind them."""
    if text is None or not kind.startswith("timestamp") or kind == "timestamp_ntz":
        return text
    return datetime.fromtimestamp(float(text.split()[0]), UTC)
