"""Stores that can't be had here, answering in the shapes that their documentation shows."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from servers.sources.wire import Call, Reply

Json = dict[str, Any]
Row = tuple[datetime, str, int, int]
COLUMNS = ("at", "arm", "n", "bad")
PAGE = 3
"""Rows of one part of an answer."""


class Shapes:
    """Rows by arm and minute, and what the store does instead where it is told to."""

    def __init__(self, token: str) -> None:
        self.token, self.trouble, self.failure = token, "", ""
        self.waits = 0
        self.rows: list[Row] = []
        self.asked: list[Json] = []
        self._page: list[Row] = []

    def serve(self, answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        """The server's function: trouble first, then who asks, then the answer."""

        def served(call: Call) -> Reply:
            if self.trouble == "down":
                return Reply(503, b"no")
            if self.trouble == "cut":
                return Reply(200, b'{"data": [["1', 4000)
            if self.trouble == "strange":
                return Reply(200, b'["<b>hello</b>"]')
            if self.trouble == "denied" or self.token not in call.headers.values():
                return Reply(403, b'{"message": "no such token"}')
            if call.body:
                self.asked.append(json.loads(call.body))
            return answer(call)

        return served

    def datadog(self, call: Call) -> Reply:
        """`POST /api/v2/query/timeseries`."""
        asked = json.loads(call.body)["data"]["attributes"]
        times = list(range(asked["from"], asked["to"], asked["interval"]))
        series, values = [], []
        for number, one in enumerate(asked["queries"]):
            found = re.fullmatch(
                r"sum:shop\.(n|bad)\{version:(\S+)\}\.as_count\(\)\S* 60\)", one["query"]
            )
            assert found, one["query"]
            column, arm = COLUMNS.index(found[1]), found[2]
            known = {r[0].timestamp() * 1000: r[column] for r in self.rows if r[1] == arm}
            if any(known.get(at) for at in times):
                series.append({"group_tags": [f"version:{arm}"], "query_index": number})
                values.append([known.get(at) or None for at in times])
        said = {"series": series, "times": times, "values": values}
        body = {"data": {"type": "timeseries_response", "attributes": said}}
        return Reply(200, json.dumps(body).encode())

    def snowflake(self, call: Call) -> Reply:
        """`POST /api/v2/statements`, and its parts."""
        if call.method == "POST":
            if self.failure:
                return Reply(422, json.dumps({"code": "100038", "message": self.failure}).encode())
            sent = json.loads(call.body)
            words = [one["value"] for _, one in sorted(sent["bindings"].items())]
            self._page = self._between(words[0], words[1], words[2:])
        handle: Json = {"statementHandle": "01b2-3c"}
        if self.waits:
            self.waits -= 1
            return Reply(202, json.dumps({"code": "333334", **handle}).encode())
        part = int((re.findall(r"partition=(\d+)", call.path) or ["0"])[0])
        data = [
            [f"{at.timestamp():.9f} 1440", arm, str(n), str(bad)]
            for at, arm, n, bad in self._page[part * PAGE : (part + 1) * PAGE]
        ]
        kinds = zip(COLUMNS, ("TIMESTAMP_TZ", "TEXT", "FIXED", "FIXED"), strict=True)
        about = {
            "rowType": [{"name": name.upper(), "type": kind} for name, kind in kinds],
            "partitionInfo": [{"rowCount": PAGE}] * max(1, -(-len(self._page) // PAGE)),
        }
        whole = {"code": "090001", "resultSetMetaData": about, **handle} if not part else {}
        return Reply(200, json.dumps({"data": data, **whole}).encode())

    def databricks(self, call: Call) -> Reply:
        """`POST /api/2.0/sql/statements`, and its chunks."""
        if call.method == "POST":
            sent = json.loads(call.body)
            words = {one["name"]: one["value"] for one in sent["parameters"]}
            arms = [value for name, value in words.items() if name[:5] in {"arms_", "keys_"}]
            self._page = self._between(words["start"], words["end"], arms)
        if self.failure:
            error = {"error_code": "BAD_REQUEST", "message": self.failure}
            status = {"state": self.failure if self.failure.isupper() else "FAILED", "error": error}
            return Reply(200, json.dumps({"statement_id": "s", "status": status}).encode())
        number = int((re.findall(r"chunks/(\d+)", call.path) or ["0"])[0])
        chunk: Json = {
            "chunk_index": number,
            "data_array": [
                [f"{at:%Y-%m-%dT%H:%M:%S}.000Z", arm, str(n), str(bad)]
                for at, arm, n, bad in self._page[number * PAGE : (number + 1) * PAGE]
            ],
        }
        if (number + 1) * PAGE < len(self._page):
            link = f"/api/2.0/sql/statements/s/result/chunks/{number + 1}"
            chunk["next_chunk_internal_link"] = link
        if number:
            return Reply(200, json.dumps(chunk).encode())
        kinds = zip(COLUMNS, ("TIMESTAMP", "STRING", "LONG", "LONG"), strict=True)
        columns = [{"name": name, "type_name": kind} for name, kind in kinds]
        body = {
            "statement_id": "s",
            "status": {"state": "SUCCEEDED"},
            "manifest": {"format": "JSON_ARRAY", "schema": {"columns": columns}},
            "result": chunk,
        }
        return Reply(200, json.dumps(body).encode())

    def _between(self, start: str, end: str, arms: Iterable[str]) -> list[Row]:
        low, high, wanted = datetime.fromisoformat(start), datetime.fromisoformat(end), set(arms)
        return [row for row in self.rows if low <= row[0] < high and row[1] in wanted]

    def put(self, rows: Sequence[Row]) -> None:
        self.rows += rows
