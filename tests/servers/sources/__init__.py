"""A store on loopback: rows of JSON, and Prometheus' API on samples laid down by a test."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Sample = tuple[float, float]


class Store:
    """What the server answers from, and what it does instead where it is told to."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.rows: list[dict[str, Any]] = []
        self.series: list[tuple[dict[str, str], list[Sample]]] = []
        self.values: dict[str, list[list[Any]]] = {}
        self.trouble = ""
        self.asked: list[str] = []
        self.url = ""

    def answer(self, path: str, fields: Mapping[str, str]) -> Any:
        if path == "/rows":
            return {"result": {"rows": self.rows}}
        if path == "/api/v1/query":
            return _matrix(self._raw(fields["query"], float(fields["time"])))
        arm = re.findall(r'"([^"]*)"', fields["query"])
        values = self.values.get(arm[0] if arm else "", [])
        low, high = float(fields["start"]), float(fields["end"])
        inside = [pair for pair in values if low <= pair[0] <= high]
        return _matrix([({}, inside)] if inside else [])

    def _raw(self, query: str, end: float) -> list[tuple[dict[str, str], list[list[Any]]]]:
        """Samples as they were scraped, for `name{a="x",b=~"y|z"}[300s]`."""
        found = re.fullmatch(r"(\w+)\{(.*)\}\[(\d+)s\]", query)
        assert found, query
        name, inner, length = found.groups()
        wanted = re.findall(r'(\w+)=~?"([^"]*)"', inner)
        low = end - float(length)
        kept = []
        for labels, samples in self.series:
            if labels["__name__"] != name:
                continue
            if not all(labels.get(k, "") in v.split("|") for k, v in wanted):
                continue
            inside = [[at, str(value)] for at, value in samples if low <= at <= end]
            if inside:
                kept.append((labels, inside))
        return kept


def _matrix(found: list[tuple[dict[str, str], list[list[Any]]]]) -> Any:
    result = [{"metric": labels, "values": values} for labels, values in found]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


TROUBLES: Mapping[str, dict[str, Any]] = {
    "denied": {"code": 401, "body": b'{"error": "no such token"}'},
    "down": {"code": 503, "body": b"no"},
    "moved": {"code": 302, "body": b"", "location": "http://elsewhere.example/"},
    "cut": {"code": 200, "body": b'{"status": "succ', "claim": 4000},
    "strange": {"code": 200, "body": b'["<b>hello</b>"]'},
}


@contextmanager
def serving(store: Store) -> Iterator[Store]:
    """The server, on a port of its own until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._do(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._do(self.path, {k: v[0] for k, v in parse_qs(body).items()})

        def _do(self, path: str, fields: Mapping[str, str]) -> None:
            store.asked.append(self.path)
            trusted = self.headers["Authorization"] == f"Bearer {store.token}"
            trouble = store.trouble if trusted else "denied"
            if trouble:
                self._send(**TROUBLES[trouble])
            else:
                self._send(200, json.dumps(store.answer(path, fields)).encode())

        def _send(self, code: int, body: bytes, claim: int = 0, location: str = "") -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(claim or len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
