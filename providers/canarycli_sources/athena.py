"""Athena: rows of a SELECT over files on S3, in a workgroup that ends what reads too much.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it; each becomes an
execution parameter, never text. Athena takes parameters as literals: times are ISO 8601, for
`from_iso8601_timestamp(:start)`, and `:arms` is for `IN (:arms)`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic, sleep
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from canarycli.errors import Denied, ProviderError, Rejected, Unavailable
from canarycli.labels import Label
from canarycli.metrics import Metric, Window
from canarycli.source import Arm, Cost
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.settings import Settings
from canarycli_sources.rows import Row, labels_of
from canarycli_sources.settings import Pace
from canarycli_sources.sql import MOST, STANDARD, Asked, few, labelling, questions, texts
from canarycli_sources.warehouse import InSql

PERIOD = timedelta(minutes=5)
TOGETHER = 25.0
"""Seconds a query may take; then it is stopped, for Athena bills what it has read."""

WORKGROUP = "primary"
REUSE = {"Enabled": True, "MaxAgeInMinutes": 1}
"""A question that is asked twice in a minute is answered once; longer, and rows would be missed."""

ABOUT_THE_TEXT = re.compile(r"(SYNTAX_ERROR|[A-Z]+_NOT_FOUND|TYPE_MISMATCH|NOT_SUPPORTED)\b")
"""How reasons begin that speak of the query, and not of a value that was read."""


class Athena(InSql):
    """Queries of one workgroup.

    Args:
        settings: `workgroup` (primary), `database`, `catalog`, `output` (s3://…, where the
            workgroup has none), `region`, `profile`; `period` (5m), `delay`.
        pause: how to wait between two questions whether a query is done.
    """

    def __init__(self, settings: Mapping[str, Any], pause: Callable[[float], None] = sleep) -> None:
        self._pace = Pace.of(settings, PERIOD)
        self._clients = Clients(Settings.parse(settings))
        self._settings, self._pause = dict(settings), pause
        self._group = str(settings.get("workgroup") or WORKGROUP)

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; `:keys` is for `IN (:keys)`, one parameter a key."""
        self._refuse_unbounded()
        started = self._start(labelling(spec, keys, window))
        yield from labels_of(self._found(started, monotonic() + TOGETHER), spec)

    def cost(self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window) -> Cost:
        """See `Costed`: Athena says beforehand only what it ends a query at."""
        asked = questions(arms, metrics, self._pace.whole(window)).values()
        return Cost(most=self._refuse_unbounded() * len(dict.fromkeys(asked)))

    def _rows(self, asked_for: Collection[Asked]) -> Mapping[Asked, Sequence[Row]]:
        self._refuse_unbounded()
        started = {asked: self._start(asked) for asked in asked_for}
        until = monotonic() + TOGETHER
        return {asked: self._found(name, until) for asked, name in started.items()}

    def _refuse_unbounded(self) -> int:
        """Athena has no limit for one query but the workgroup's: how many bytes that is."""
        doing = f"read workgroup {self._group} of Athena"
        said = self._ask(doing, "WorkGroup", "get_work_group", WorkGroup=self._group)["WorkGroup"]
        most = (said.get("Configuration") or {}).get("BytesScannedCutoffPerQuery")
        if not isinstance(most, int) or not most:
            raise Rejected(
                f"workgroup {self._group} of Athena lets a query read without a limit",
                hint="set its data limit per query, such as 1 GB (BytesScannedCutoffPerQuery)",
            )
        return most

    def _start(self, asked: Asked) -> str:
        values: list[str] = []

        def mark(name: str) -> str:
            found = [_quoted(text) for text in texts(asked.words[name])]
            values.extend(found)
            return ", ".join("?" * len(found))

        given = self._settings
        context = {"Database": given.get("database"), "Catalog": given.get("catalog")}
        output = given.get("output")
        text = asked.marked(STANDARD, mark)
        said = self._ask(
            "start a query in Athena",
            "QueryExecutionId",
            "start_query_execution",
            QueryString=text,
            ClientRequestToken=uuid4().hex,
            WorkGroup=self._group,
            ResultReuseConfiguration={"ResultReuseByAgeConfiguration": REUSE},
            QueryExecutionContext={key: value for key, value in context.items() if value},
            **({"ExecutionParameters": values} if values else {}),
            **({"ResultConfiguration": {"OutputLocation": output}} if output else {}),
        )
        return str(said["QueryExecutionId"])

    def _found(self, name: str, until: float) -> Sequence[Row]:
        wait = 0.1
        while self._state(name) in {"QUEUED", "RUNNING"}:
            if monotonic() > until:
                with suppress(ProviderError):
                    self._ask("stop a query", "", "stop_query_execution", QueryExecutionId=name)
                raise Unavailable("the query takes too long in Athena", hint="read less of a table")
            self._pause(wait)
            wait = min(2.0, wait * 2)
        found = list(islice(self._pages(name), MOST + 1))
        few(found)
        return found

    def _state(self, name: str) -> str:
        doing = "look at a query in Athena"
        said = self._ask(doing, "QueryExecution", "get_query_execution", QueryExecutionId=name)
        status = said["QueryExecution"].get("Status") or {}
        state = str(status.get("State"))
        if state in {"FAILED", "CANCELLED"}:
            raise _failed(status)
        return state

    def _pages(self, name: str) -> Iterator[Row]:
        token: dict[str, str] = {}
        while True:
            doing = "read the rows of a query in Athena"
            asked = {"QueryExecutionId": name, "MaxResults": 1000, **token}
            page = self._ask(doing, "ResultSet", "get_query_results", **asked)
            result = page["ResultSet"]
            columns = [
                (str(c["Name"]), str(c.get("Type")))
                for c in result["ResultSetMetadata"]["ColumnInfo"]
            ]
            for row in result["Rows"][0 if token else 1 :]:  # the first of all is their names
                cells = (cell.get("VarCharValue") for cell in row["Data"])
                yield {
                    column: _value(cell, kind)
                    for (column, kind), cell in zip(columns, cells, strict=True)
                }
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _ask(self, doing: str, key: str, call: str, **asked: Any) -> Mapping[str, Any]:
        with self._clients.asking(doing):
            answer = getattr(self._clients.athena, call)(**asked)
        return checked(answer, doing, *([key] if key else []))


def _failed(status: Mapping[str, Any]) -> ProviderError:
    """Why a query failed, without what it read."""
    reason = str(status.get("StateChangeReason") or "")
    if (status.get("AthenaError") or {}).get("Retryable"):
        return Unavailable("the query failed in Athena for now")
    if "limit was exceeded" in reason:
        return Rejected("the query reads more than its workgroup lets it", hint="read partitions")
    if "Access Denied" in reason or "PERMISSION_DENIED" in reason:
        return Denied(
            "Athena may not read that for these credentials",
            hint="grant glue:GetTable, glue:GetPartitions and s3:GetObject on the table's files",
        )
    if ABOUT_THE_TEXT.match(reason):
        return Rejected(f"Athena refuses the query: {reason[:300]}")
    return Rejected(
        "the query fails in Athena while it runs: a value that it can't read, or too many",
        hint="run it in the console, with the times of this look",
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _value(text: str | None, kind: str) -> Any:
    if text is not None and kind == "timestamp with time zone":
        at, _, zone = text.rpartition(" ")
        return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    return text
