"""BigQuery's REST API on tables in memory: GoogleSQL as far as SQLite can be taught it."""

import itertools
import json
import re
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .errors import Refused

Json = dict[str, Any]
Query = dict[str, list[str]]

LEAST = 10 * 2**20
MICRO = 1_000_000
UNITS = {"SECOND": MICRO, "MINUTE": 60 * MICRO, "HOUR": 3600 * MICRO}


class Warehouse:
    """The tables of a project.

    Attributes:
        row_bytes: what a row of any table weighs.
        patience: the answers that say a query is not done yet, before the one with its rows.
        page_rows: the rows of one answer.
        jobs: the bodies of the queries that were run.
        kinds: statements that are known by a part of their text, and are no SELECT.
    """

    def __init__(self) -> None:
        self.row_bytes, self.patience, self.page_rows = 100, 0, 1000
        self.jobs: list[Json] = []
        self.kinds: dict[str, str] = {}
        self._types: dict[str, str] = {"at": "TIMESTAMP"}
        self._sizes: dict[str, int] = {}
        self._found: dict[str, tuple[list[str], list[Sequence[Any]]]] = {}
        self._waits: dict[str, int] = {}
        self._count = itertools.count(1)
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.create_function("TIMESTAMP_TRUNC", 2, lambda at, unit: at - at % UNITS[unit])
        self._db.create_function("FARM_FINGERPRINT", 1, lambda text: zlib.crc32(text.encode()))
        self._db.create_function("MOD", 2, lambda a, b: a % b)
        self._db.create_function("ERROR", 1, _fail)
        self._db.create_aggregate("COUNTIF", 1, _CountIf)

    def put(self, table: str, types: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """More rows of a table; a type is GoogleSQL's, with `[]` behind it where it repeats."""
        self._types |= types
        self._db.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(types)})')
        marks = ", ".join("?" * len(types))
        stored = [tuple(map(_stored, row)) for row in rows]
        self._db.executemany(f'INSERT INTO "{table}" VALUES ({marks})', stored)
        self._sizes[table] = self._sizes.get(table, 0) + len(rows)

    def plan(self, sent: Json) -> Json:
        """A dry run: what a query would read, and what kind of statement it is."""
        config = sent["configuration"]
        assert config["dryRun"], "nothing here is ever loaded or written"
        text = config["query"]["query"].strip()
        kind = next((kind for part, kind in self.kinds.items() if part in text), "SELECT")
        if kind == "SELECT":
            self._execute(config["query"], "EXPLAIN ")
        size = str(self._size(text))
        query = {"statementType": kind, "totalBytesProcessed": size}
        return {
            "kind": "bigquery#job",
            "status": {"state": "DONE"},
            "statistics": {"totalBytesProcessed": size, "query": query},
        }

    def run(self, sent: Json) -> Json:
        """A query: its first page, or that it is not done yet."""
        assert sent["useLegacySql"] is False, "legacy SQL is the API's default"
        self.jobs.append(sent)
        billed, most = max(LEAST, self._size(sent["query"])), int(sent["maximumBytesBilled"])
        if billed > most:
            raise _refused(
                f"Query exceeded limit for bytes billed: {most}. {billed} or higher required.",
                "bytesBilledLimitExceeded",
            )
        found = self._execute(sent, "")
        name = f"job_{next(self._count)}"
        columns = [column[0] for column in found.description]
        self._found[name] = (columns, found.fetchall())
        self._waits[name] = self.patience
        return self._page(name, 0)

    def read(self, name: str, query: Query) -> Json:
        """More of a query."""
        assert query["location"] == ["EU"], "the job of another place is not found"
        return self._page(name, int(query.get("pageToken", ["0"])[0]))

    def _page(self, name: str, start: int) -> Json:
        job = {"projectId": "acme-ml", "jobId": name, "location": "EU"}
        if self._waits[name]:
            self._waits[name] -= 1
            return {"jobReference": job, "jobComplete": False}
        columns, rows = self._found[name]
        end = start + self.page_rows
        page: Json = {"jobReference": job, "jobComplete": True, "totalRows": str(len(rows))}
        page["schema"] = {
            "fields": [self._field(column, rows, n) for n, column in enumerate(columns)]
        }
        if rows[start:end]:
            fields = page["schema"]["fields"]
            page["rows"] = [
                {"f": [{"v": _shown(v, f)} for v, f in zip(row, fields, strict=True)]}
                for row in rows[start:end]
            ]
        if end < len(rows):
            page["pageToken"] = str(end)
        return page

    def _field(self, column: str, rows: list[Sequence[Any]], number: int) -> Json:
        first = next((row[number] for row in rows if row[number] is not None), "")
        kinds = {int: "INTEGER", float: "FLOAT"}
        known = self._types.get(column, kinds.get(type(first), "STRING"))
        mode = "REPEATED" if known.endswith("[]") else "NULLABLE"
        return {"name": column, "type": known.removesuffix("[]"), "mode": mode}

    def _execute(self, query: Json, before: str) -> sqlite3.Cursor:
        text = re.sub(r"UNNEST\((@\w+)\)", r"(SELECT value FROM json_each(\1))", query["query"])
        text = re.sub(r",\s*(SECOND|MINUTE|HOUR)\)", r", '\1')", text).replace("STRING)", "TEXT)")
        words = {one["name"]: _bound(one) for one in query.get("queryParameters", ())}
        try:
            return self._db.execute(before + text, words)
        except sqlite3.Error as error:
            if table := re.search(r"no such table: (.*)", str(error)):
                raise Refused("NOT_FOUND", f"Not found: Table {table[1]} was not found") from error
            raise _refused(f"{error} in {query['query']}", "invalidQuery") from error

    def _size(self, text: str) -> int:
        return sum(self.row_bytes * n for table, n in self._sizes.items() if table in text)


class _CountIf:
    """The aggregate that SQLite lacks."""

    def __init__(self) -> None:
        self.n = 0

    def step(self, value: Any) -> None:
        self.n += bool(value)

    def finalize(self) -> int:
        return self.n


def _fail(text: str) -> None:
    raise ValueError(text)


def _refused(message: str, reason: str) -> Refused:
    refused = Refused("INVALID_ARGUMENT", message)
    refused.body["error"]["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    return refused


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp()) * MICRO
    return json.dumps(value) if isinstance(value, list) else value


def _bound(one: Json) -> Any:
    kind, value = one["parameterType"]["type"], one["parameterValue"]
    match kind:
        case "TIMESTAMP":
            at = datetime.fromisoformat(value["value"]).astimezone(UTC)
            return round(at.timestamp() * MICRO)
        case "ARRAY":
            return json.dumps([each["value"] for each in value["arrayValues"]])
        case "INT64":
            return int(value["value"])
        case _:
            return value["value"]


def _shown(value: Any, field: Json) -> Any:
    if value is None:
        return None
    if field["mode"] == "REPEATED":
        return [{"v": part} for part in json.loads(value)]
    return str(value)
