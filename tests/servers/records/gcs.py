"""Cloud Storage on 127.0.0.1: the XML calls that obstore makes, with conditional writes.

Real: PUT with `x-goog-if-generation-match` (0 for "must not exist"), GET, HEAD, DELETE, and lists
with prefix, start and pages. Every write gets a new generation. Buckets exist when first used.
"""

import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000


@dataclass(slots=True)
class Objects:
    """Every object of every bucket: name, generation, body."""

    kept: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    generation: int = 1000
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, body: bytes, expected: str | None) -> int | None:
        """The new generation, None if the condition does not hold."""
        with self.lock:
            now = self.kept.get(name, (0, b""))[0]
            if expected is not None and expected != str(now):
                return None
            self.generation += 1
            self.kept[name] = (self.generation, body)
            return self.generation


class GcsServer:
    """As long as the `with` lasts."""

    def __init__(self) -> None:
        self.objects = Objects()
        handler = type("Handler", (_Handler,), {"objects": self.objects})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    objects: Objects
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        made = self.objects.put(self._name(), body, self.headers.get("x-goog-if-generation-match"))
        if made is None:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self._answer(200, b"", _headers(made, body))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query, keep_blank_values=True)
        if "list-type" in asked:
            self._list({key: values[0] for key, values in asked.items()})
            return
        found = self.objects.kept.get(self._name())
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._answer(200, found[1], _headers(*found))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        gone = self.objects.kept.pop(self._name(), None)
        self._answer(204 if gone else 404, b"")

    def _list(self, asked: dict[str, str]) -> None:
        bucket = unquote(urlsplit(self.path).path).strip("/")
        start = asked.get("continuation-token") or asked.get("start-after") or ""
        names = sorted(name.partition("/")[2] for name in self.objects.kept if _in(name, bucket))
        names = [n for n in names if n.startswith(asked.get("prefix", "")) and n > start]
        page = names[:PAGE]
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if page else ""
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>1</Size><ETag>x</ETag>"
            "<LastModified>2026-11-24T03:12:00.000Z</LastModified></Contents>"
            for name in page
        )
        text = f"<ListBucketResult>{rows}{token if len(names) > PAGE else ''}</ListBucketResult>"
        self._answer(200, text.encode())

    def _name(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


def _in(name: str, bucket: str) -> bool:
    return name.startswith(f"{bucket}/")


def _headers(generation: int, body: bytes) -> dict[str, str]:
    return {
        "ETag": f'"{md5(body, usedforsecurity=False).hexdigest()}-{generation}"',
        "x-goog-generation": str(generation),
        "Last-Modified": formatdate(usegmt=True),
        "Content-Type": "application/json",
    }
