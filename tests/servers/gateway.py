"""A gateway on loopback for docs/gateway_provider.py: weights, notes, counts by minute."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from canarycli.testing.kit import BASELINE_LOAD, CANDIDATE_LOAD, Load, Trouble

TOKEN = "let-me-in"
STATUSES = {Trouble.THROTTLED: 429, Trouble.BROKEN: 503, Trouble.DENIED: 403}


@dataclass
class GatewayState:
    """One endpoint, `churn`, with blue at 100 % and an idle teal."""

    weights: dict[str, float] = field(default_factory=lambda: {"blue": 100.0, "teal": 0.0})
    up: dict[str, bool] = field(default_factory=lambda: {"blue": True, "teal": True})
    notes: dict[str, str] = field(default_factory=dict)
    revision: int = 1
    minutes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    trouble: Trouble | None = None
    splits: list[dict[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def reset(self) -> None:
        """A fresh endpoint."""
        fresh = GatewayState()
        for name in ("weights", "up", "notes", "revision", "minutes", "trouble", "splits"):
            setattr(self, name, getattr(fresh, name))

    def write(self, weights: dict[str, float], notes: dict[str, str] | None = None) -> int:
        with self.lock:
            self.weights = {**self.weights, **weights}
            self.notes = self.notes if notes is None else notes
            self.revision += 1
            self.splits.append(dict(self.weights))
            return self.revision

    def drive(self, first: int, count: int) -> None:
        """Each arm its load for so many minutes."""
        for version, load in {"blue": BASELINE_LOAD, "teal": CANDIDATE_LOAD}.items():
            self.minutes[version] = [_minute(first + 60 * n, load) for n in range(count)]


def _minute(at: int, load: Load) -> dict[str, Any]:
    good = 1 - load.errors_5xx - load.errors_4xx
    parts = {"200": good, "404": load.errors_4xx, "502": load.errors_5xx}
    return {
        "minute": at,
        "requests": load.requests,
        "by_status": {code: load.requests * part for code, part in parts.items()},
        "p50": load.latency,
        "p90": load.latency * 2,
        "p99": load.latency * 4,
    }


class GatewayServer(ThreadingHTTPServer):
    """A server with its endpoint."""

    def __init__(self, state: GatewayState) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state


class Handler(BaseHTTPRequestHandler):
    """Answers for a `GatewayServer`."""

    server: "GatewayServer"

    @property
    def state(self) -> GatewayState:
        return self.server.state

    def do_GET(self) -> None:
        if self._refused():
            return
        parts = urlsplit(self.path)
        names = parts.path.strip("/").split("/")[1:]
        if names[0] != "churn":
            self._answer(404, f"no endpoint {names[0]}")
        elif names[1:] == ["minutes"]:
            query = {k: float(v[0]) for k, v in parse_qs(parts.query).items()}
            self._answer(200, self._minutes(query["start"], query["end"]))
        else:
            self._answer(200, self._endpoint())

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.state.trouble is not Trouble.LOST_WRITE and self._refused():
            return
        wanted = self.headers.get("If-Match")
        if wanted and wanted != str(self.state.revision):
            self._answer(412, "changed since it was looked at")
            return
        revision = self.state.write(body["weights"], body.get("notes"))
        if self.state.trouble is Trouble.LOST_WRITE:
            self.close_connection = True
            self.connection.close()
            return
        self._answer(202, {"revision": revision, "request": f"q-{revision}"})

    def _refused(self) -> bool:
        if self.state.trouble is Trouble.DROPPED:
            self.close_connection = True
            self.connection.close()
            return True
        denied = self.headers.get("Authorization") != f"Bearer {TOKEN}"
        status = 401 if denied else STATUSES.get(self.state.trouble or Trouble.LOST_WRITE)
        if status:
            self._answer(status, "no")
        return bool(status)

    def _endpoint(self) -> dict[str, Any]:
        with self.state.lock:
            versions = {
                name: {"weight": weight, "up": self.state.up[name], "model": f"churn-{name}"}
                for name, weight in self.state.weights.items()
            }
            notes, revision = dict(self.state.notes), self.state.revision
        return {"versions": versions, "notes": notes, "revision": revision, "pending": False}

    def _minutes(self, start: float, end: float) -> dict[str, Any]:
        return {
            version: [m for m in minutes if start <= m["minute"] < end]
            for version, minutes in self.state.minutes.items()
        }

    def _answer(self, status: int, body: Any) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def gateway() -> Iterator[GatewayState]:
    """The server, for as long as the context is open."""
    state = GatewayState()
    server = GatewayServer(state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
