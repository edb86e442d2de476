"""Asks BigQuery: one SELECT with bound parameters, its cost known before the first byte is read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from canarycli.errors import Rejected, Unavailable
from canarycli.late_methods import dataclass
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood
from canarycli_vertex.wire import Params

TOGETHER = 25.0
"""Seconds a query may take."""

WAIT = 5_000
"""Milliseconds that one call waits for it."""

LEAST = 10 * 2**20
"""BigQuery bills no less for a query, whatever it reads."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Word = str | int | datetime | Sequence[str]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A question to BigQuery.

    Attributes:
        text: a SELECT of GoogleSQL, with `@name` for each of its words.
        words: bound by BigQuery, never put into the text.
        most: bytes that it may read.
        location: where its tables are, "" lets BigQuery find out.
    """

    text: str
    words: Mapping[str, Word]
    most: int
    location: str = ""

    @property
    def body(self) -> Json:
        """What a dry run and the query itself have in common."""
        return {
            "query": self.text,
            "useLegacySql": False,
            "parameterMode": "NAMED",
            "queryParameters": [_parameter(name, word) for name, word in self.words.items()],
        }


def rows(api: Api, query: Query) -> Iterator[Row]:
    """The rows of a query, by their columns' names; times are UTC.

    Raises:
        Rejected: it is no SELECT, reads more than it may, or makes no sense.
        Unavailable: it takes too long.
    """
    refuse_dear(api, query)
    until = monotonic() + TOGETHER
    body: Json = {
        **query.body,
        "timeoutMs": WAIT,
        "maximumBytesBilled": str(max(query.most, LEAST)),
        "formatOptions": {"useInt64Timestamp": True},
        **({"location": query.location} if query.location else {}),
    }
    with _unshown():
        page = api.bigquery("POST", "queries", body=body)
    while True:
        done, token = page.get("jobComplete"), page.get("pageToken")
        if done:
            yield from _rows(page)
        if done and not token:
            return
        if monotonic() > until:
            raise Unavailable("the query takes too long in BigQuery", hint="read less of a table")
        with understood("a query"):
            job = page["jobReference"]
        params: Params = {
            "timeoutMs": WAIT,
            "formatOptions.useInt64Timestamp": "true",
            **({"location": job["location"]} if job.get("location") else {}),
            **({"pageToken": token} if token else {}),
        }
        with _unshown():
            page = api.bigquery("GET", f"queries/{job['jobId']}", params)


def refuse_dear(api: Api, query: Query) -> int:
    """Ask, free of charge, what a query would read; the bytes.

    Raises:
        Rejected: it is no SELECT, or reads more than it may.
    """
    job: Json = {"configuration": {"dryRun": True, "query": query.body}}
    if query.location:
        job["jobReference"] = {"projectId": api.settings.project, "location": query.location}
    told = api.bigquery("POST", "jobs", body=job)
    with understood("a dry run"):
        statistics = told["statistics"]
        size, kind = int(statistics["totalBytesProcessed"]), statistics["query"]["statementType"]
    if kind != "SELECT":
        raise Rejected(f"the query is a {kind}, and a source only reads")
    if size > query.most:
        raise Rejected(
            f"the query would read {size / 1e6:,.0f} MB, over {query.most / 1e6:,.0f} MB",
            hint="filter on the column its table is partitioned by, or raise at_most",
        )
    return size


@contextmanager
def _unshown() -> Iterator[None]:
    """A dry run took the text as it is: what fails now is about values, which nobody is shown."""
    try:
        yield
    except Rejected:
        raise Rejected(
            "the query fails in BigQuery while it runs: a value that it can't read, or too many",
            hint="run it in the console, with the times of this look",
        ) from None


def _parameter(name: str, word: Word) -> Json:
    match word:
        case datetime():
            kind, value = "TIMESTAMP", word.astimezone(UTC).isoformat(sep=" ")
        case str():
            kind, value = "STRING", word
        case int():
            kind, value = "INT64", str(word)
        case _:
            return {
                "name": name,
                "parameterType": {"type": "ARRAY", "arrayType": {"type": "STRING"}},
                "parameterValue": {"arrayValues": [{"value": one} for one in word]},
            }
    return {"name": name, "parameterType": {"type": kind}, "parameterValue": {"value": value}}


def _rows(page: Json) -> list[Row]:
    """The rows of a page; what is odd about one is not told, as it may be a value."""
    try:
        fields = page["schema"]["fields"]
        return [
            {
                str(field["name"]): _value(cell["v"], field)
                for field, cell in zip(fields, row["f"], strict=True)
            }
            for row in page.get("rows") or ()
        ]
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        raise Unavailable("google's answer to a query has rows that make no sense") from None


def _value(value: Any, field: Mapping[str, Any]) -> Any:
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        return [_one(part["v"], str(field["type"])) for part in value]
    return _one(value, str(field["type"]))


def _one(value: Any, kind: str) -> Any:
    match kind:
        case "INTEGER" | "INT64":
            return int(value)
        case "FLOAT" | "FLOAT64" | "NUMERIC" | "BIGNUMERIC":
            return float(value)
        case "BOOLEAN" | "BOOL":
            return value == "true"
        case "TIMESTAMP" if str(value).lstrip("-").isdigit():
            return EPOCH + timedelta(microseconds=int(value))
        case "TIMESTAMP":
            return EPOCH + timedelta(seconds=float(value))
        case _:
            return value
