"""Log Analytics as its documentation shows it: rows between two times, of the arms asked for."""

from __future__ import annotations

import json
import re
from datetime import datetime

from .state import State
from .wire import Reply, Request

AUDIENCE = "https://api.loganalytics.io"
COLUMNS = (("at", "datetime"), ("arm", "string"), ("n", "long"), ("bad", "long"))
LET = re.compile(r"let canary_(\w+) = (?:datetime|dynamic)?\(?(.*?)\)?;\n")


def answer(state: State, request: Request) -> Reply:
    """One query."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if state.tokens.get(token, "").rstrip("/") != AUDIENCE:
        return _error(403, "InsufficientAccessError", "The provided credentials have no access.")
    query = str(request.json()["query"])
    state.queries.append(query)
    if "price" in query:
        return _error(400, "BadArgumentError", "Failed to resolve column named 'price'")
    words = dict(LET.findall(query))
    low, high = (datetime.fromisoformat(words[name]) for name in ("start", "end"))
    rows = [
        [at, arm, n, bad]
        for at, arm, n, bad in state.logs
        if low <= datetime.fromisoformat(at) < high and arm in json.loads(words["arms"])
    ]
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
    body = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
    partial = {"error": {"code": "PartialError"}} if "partly" in query else {}
    return Reply(200, {**body, **partial})


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})
