"""Athena's JSON API on tables in memory, with the few functions of Trino that tests use."""

import itertools
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from servers.sources.wire import Call, Reply

Json = dict[str, Any]
FORM = "%Y-%m-%d %H:%M:%S.000 UTC"


class Lake:
    """One workgroup.

    Attributes:
        cutoff: the bytes a query of it may read, 0 for no limit.
        reason: why queries fail, "" where they don't.
        patience: the answers that say a query still runs.
        page_rows: the rows of one page, their names not counted.
        trouble: the code of an error that every call ends in, `cut` or `html`.
        started: what was asked, in the API's words.
    """

    def __init__(self) -> None:
        self.cutoff, self.patience, self.page_rows = 1_000_000_000, 1, 3
        self.reason = self.trouble = ""
        self.retryable = False
        self.started: list[Json] = []
        self.stopped: list[str] = []
        self._count = itertools.count(1)
        self._found: dict[str, tuple[list[str], list[Sequence[Any]]]] = {}
        self._waits: dict[str, int] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.create_function("from_iso8601_timestamp", 1, _time)
        self._db.create_function("date_trunc", 2, lambda _, at: at[:16] + ":00.000 UTC")
        self._db.create_aggregate("count_if", 1, CountIf)
        self._db.execute("CREATE TABLE said (said_at, version, n, bad)")
        self._db.execute("CREATE TABLE offers (asked_at, version, bought)")

    def put(self, rows: Sequence[tuple[datetime, str, int, int]]) -> None:
        laid = [(at.strftime(FORM), *rest) for at, *rest in rows]
        self._db.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", laid)

    def offer(self, rows: Sequence[tuple[datetime, str, int]]) -> None:
        laid = [(at.strftime(FORM), *rest) for at, *rest in rows]
        self._db.executemany("INSERT INTO offers VALUES (?, ?, ?)", laid)

    def answer(self, call: Call) -> Reply:
        action = call.headers["x-amz-target"].removeprefix("AmazonAthena.")
        if self.trouble == "html":
            return Reply(200, b"<html>proxy</html>")
        if self.trouble == "cut":
            return Reply(200, b'{"WorkGroup": {"Na', 4000)
        if self.trouble:
            return _error(self.trouble, "no")
        asked: Json = json.loads(call.body)
        try:
            found: Mapping[str, Any] = getattr(self, f"_{action}")(asked)
        except sqlite3.Error as error:
            return _error("InvalidRequestException", str(error))
        return Reply(200, json.dumps(found).encode())

    def _GetWorkGroup(self, asked: Json) -> Json:  # noqa: N802 - the API's own name
        limit = {"BytesScannedCutoffPerQuery": self.cutoff} if self.cutoff else {}
        return {"WorkGroup": {"Name": asked["WorkGroup"], "Configuration": limit}}

    def _StartQueryExecution(self, asked: Json) -> Json:  # noqa: N802 - the API's own name
        self.started.append(asked)
        values = [one[1:-1].replace("''", "'") for one in asked.get("ExecutionParameters", ())]
        found = self._db.execute(asked["QueryString"], values)
        name = f"query-{next(self._count)}"
        self._found[name] = ([column[0] for column in found.description], found.fetchall())
        self._waits[name] = self.patience
        return {"QueryExecutionId": name}

    def _GetQueryExecution(self, asked: Json) -> Json:  # noqa: N802 - the API's own name
        name = asked["QueryExecutionId"]
        status: Json = {"State": "SUCCEEDED"}
        if self._waits[name] > 0:
            self._waits[name] -= 1
            status = {"State": "RUNNING"}
        elif self.reason:
            error = {"ErrorCategory": 2, "Retryable": self.retryable}
            status = {"State": "FAILED", "StateChangeReason": self.reason, "AthenaError": error}
        return {"QueryExecution": {"QueryExecutionId": name, "Status": status}}

    def _GetQueryResults(self, asked: Json) -> Json:  # noqa: N802 - the API's own name
        columns, rows = self._found[asked["QueryExecutionId"]]
        start = int(asked.get("NextToken") or 0)
        shown = [[None if v is None else str(v) for v in row] for row in rows]
        names: list[list[str | None]] = [list(columns)] if start == 0 else []
        page = [*names, *shown[start : start + self.page_rows]]
        first = rows[0] if rows else ("",) * len(columns)
        about = [
            {"Name": column, "Type": _kind(column, value)}
            for column, value in zip(columns, first, strict=True)
        ]
        result: Json = {
            "Rows": [
                {"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page
            ],
            "ResultSetMetadata": {"ColumnInfo": about},
        }
        end = start + self.page_rows
        return {"ResultSet": result, **({"NextToken": str(end)} if end < len(rows) else {})}

    def _StopQueryExecution(self, asked: Json) -> Json:  # noqa: N802 - the API's own name
        self.stopped.append(asked["QueryExecutionId"])
        return {}


class CountIf:
    """The aggregate that SQLite lacks."""

    def __init__(self) -> None:
        self.n = 0

    def step(self, value: Any) -> None:
        self.n += bool(value)

    def finalize(self) -> int:
        return self.n


def _time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime(FORM)


def _kind(column: str, value: Any) -> str:
    if column == "at":
        return "timestamp with time zone"
    return "bigint" if isinstance(value, int) else "varchar"


def _error(code: str, message: str) -> Reply:
    return Reply(400, json.dumps({"__type": code, "Message": message}).encode())
