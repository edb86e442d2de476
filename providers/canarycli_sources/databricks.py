"""Databricks: rows of a SELECT by its statement API, its words bound, ended when it takes long.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it, which are named
parameters of Databricks itself; `:arms` is for `IN (:arms)`. Of labels,
`:keys` is for `IN (:keys)`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from canarycli.errors import Denied, Rejected, Unavailable, UsageError
from canarycli_sources.rows import Row
from canarycli_sources.settings import Pace
from canarycli_sources.sql import ESCAPED, MOST, Asked, few, texts
from canarycli_sources.warehouse import Warehouse
from canarycli_sources.web import Web

PERIOD = timedelta(minutes=5)
TIMEOUT = "15s"
"""What Databricks gives a statement, and then cancels it: so much a look may cost."""

PATH = "/api/2.0/sql/statements"
LISTS = ("arms", "keys")
TYPES = {"start": "TIMESTAMP", "end": "TIMESTAMP"}
ABOUT_THE_TEXT = ("PARSE_SYNTAX_ERROR", "UNRESOLVED_COLUMN", "TABLE_OR_VIEW_NOT_FOUND")
"""In errors that speak of the query, and not of a value that was read."""


class Databricks(Warehouse):
    """One workspace's SQL warehouse.

    Args:
        settings: `url`, the workspace's; `warehouse`, its id; `token_env`, the variable that has
            a token, or `oauth`; `catalog`, `schema`; `period` (5m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings.get("warehouse"):
            raise UsageError("a databricks source needs warehouse: the id of a SQL warehouse")
        self._pace = Pace.of(settings, PERIOD)
        self._web = Web(settings)
        self._place = {"warehouse_id": settings["warehouse"]} | {
            key: settings[key] for key in ("catalog", "schema") if settings.get(key)
        }

    def _found(self, asked: Asked) -> Sequence[Row]:
        values: dict[str, dict[str, str]] = {}

        def mark(name: str) -> str:
            found = texts(asked.words[name])
            names = [f"{name}_{n}" for n in range(len(found))] if name in LISTS else [name]
            for one, value in zip(names, found, strict=True):
                values[one] = {"name": one, "value": value, "type": TYPES.get(name, "STRING")}
            return ", ".join(f":{one}" for one in names)

        text = asked.marked(ESCAPED, mark)
        body = {
            "statement": text,
            "parameters": list(values.values()),
            "wait_timeout": TIMEOUT,
            "on_wait_timeout": "CANCEL",
            "format": "JSON_ARRAY",
            "disposition": "INLINE",
            "row_limit": MOST + 1,
            **self._place,
        }
        found = list(islice(self._pages(self._web.post(PATH, body)), MOST + 1))
        few(found)
        return found

    def _pages(self, said: Any) -> Iterator[Row]:
        try:
            status = said["status"]
            if status["state"] != "SUCCEEDED":
                raise _failed(status)
            columns = [
                (str(c["name"]), str(c["type_name"])) for c in said["manifest"]["schema"]["columns"]
            ]
            chunk = said.get("result") or {}
            while True:
                yield from _rows_of(chunk.get("data_array") or (), columns)
                link = chunk.get("next_chunk_internal_link")
                if not link:
                    return
                if not str(link).startswith(f"{PATH}/"):
                    raise Rejected("databricks' answer goes on elsewhere")
                chunk = self._web.get(str(link))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Rejected("databricks' answer is no list of rows") from None


def _failed(status: Mapping[str, Any]) -> Exception:
    """Why a statement failed, without what it read."""
    error = status.get("error") or {}
    said = str(error.get("message") or "")
    if status["state"] in {"CANCELED", "CLOSED"}:
        return Unavailable(f"the query takes longer than {TIMEOUT} in databricks")
    if "INSUFFICIENT_PERMISSIONS" in said or error.get("error_code") == "PERMISSION_DENIED":
        return Denied("databricks does not let this identity read that")
    if any(word in said for word in ABOUT_THE_TEXT):
        return Rejected(f"databricks refuses the query: {said[:300]}")
    return Rejected("the query fails in databricks while it runs: a value that it can't read")


def _rows_of(data: Any, columns: Sequence[tuple[str, str]]) -> list[Row]:
    return [
        {name: _value(v, kind) for (name, kind), v in zip(columns, row, strict=True)}
        for row in data
    ]


def _value(text: str | None, kind: str) -> Any:
    if text is None or kind != "TIMESTAMP":
        return text
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
