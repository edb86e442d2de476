"""Shows the records in a browser of this machine, and changes nothing.

Read-only by construction: there is no handler for anything but GET. The address has a random
token, so another user of the machine can't read along; `Host` is checked, so a page elsewhere can't
make a browser ask for it under a name of its own (DNS rebinding).
"""

import hashlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import compare_digest, token_urlsafe
from typing import Any

from canarycli.clock import SystemClock
from canarycli.engine.status import release_status
from canarycli.errors import CanaryError, UsageError
from canarycli.operations.links import links_of
from canarycli.operations.workspace import open_store
from canarycli.report import told
from canarycli.report.board import board, release_page
from canarycli.store import Query, Record, Store

HOST = "127.0.0.1"
ENDED = 50
"""So many releases that ended are listed."""

FRESH = 1.0
"""Seconds for which what was read of the records is good, however many look."""

ALIVE = 15.0
"""Seconds after which a viewer hears that the line still stands."""

VIEWERS = 32
"""So many follow changes at once."""


@dataclass
class Reader:
    """The records, read at most once in a while for all viewers together."""

    store: Store
    lock: threading.Lock = field(default_factory=threading.Lock)
    viewers: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(VIEWERS))
    closing: threading.Event = field(default_factory=threading.Event)
    _read: float = float("-inf")
    _open: tuple[Record, ...] = ()
    _over: tuple[Record, ...] = ()

    def records(self) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
        """The open releases, and the newest that ended."""
        with self.lock:
            if time.monotonic() - self._read > FRESH:
                self._open = self.store.newest(still_open=True)
                self._over = self.store.history(Query(over=True, limit=ENDED))
                self._read = time.monotonic()
            return self._open, self._over

    def board(self, nonce: str) -> str:
        """The page of all releases."""
        now = SystemClock().now()
        still_open, over = (
            [release_status(record, None, now) for record in records] for records in self.records()
        )
        return board(still_open, over, nonce=nonce)

    def release(self, release_id: str, nonce: str) -> str | None:
        """The page of one release, None where there is none of that id."""
        with self.lock:
            record = self.store.find(release_id)
            events = self.store.events(release_id) if record else ()
        if record is None:
            return None
        return release_page(
            told(record.release, events, SystemClock().now(), links_of(record.release)), nonce=nonce
        )

    def stamp(self) -> str:
        """A word that is another one once anything in the records has changed."""
        records = [record for group in self.records() for record in group]
        text = " ".join(f"{record.release.id}={record.version}" for record in records)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def serve(env: Mapping[str, str], port: int = 0) -> Iterator[str]:
    """The address of the dashboard, as long as it lasts.

    Args:
        env: says where the records are.
        port: on this machine's loopback, 0 for any.

    Raises:
        UsageError: nothing can be served there.
    """
    reader = Reader(open_store(env))
    try:
        server = _Server(reader, port)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"can't listen on {HOST}:{port}: {error}", hint="name another with --port"
        ) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/{server.token}/"
    finally:
        reader.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """The reader and the token, for every request."""

    daemon_threads = True

    def __init__(self, reader: Reader, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.reader, self.token = reader, token_urlsafe(16)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """GET, and nothing else."""

    server: _Server
    timeout = 30
    server_version, sys_version = "canary", ""

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "another host is meant\n")
            return
        first, *rest = self.path.partition("?")[0].strip("/").split("/")
        if not compare_digest(first.encode(), self.server.token.encode()):
            self._answer(HTTPStatus.NOT_FOUND, "not here\n")
            return
        try:
            self._route(rest)
        except CanaryError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error.message}\n")

    def _route(self, rest: list[str]) -> None:
        nonce = token_urlsafe(12)
        match rest:
            case []:
                self._page(self.server.reader.board(nonce), nonce)
            case ["r", release_id]:
                self._page(self.server.reader.release(release_id, nonce), nonce)
            case ["changes"] | ["r", _, "changes"]:
                self._changes()
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "not here\n")

    def _page(self, text: str | None, nonce: str) -> None:
        if text is None:
            self._answer(HTTPStatus.NOT_FOUND, "no such release\n")
            return
        allowed = (
            "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; "
            f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        self._answer(HTTPStatus.OK, text, "text/html", allowed)

    def _answer(
        self, status: HTTPStatus, text: str, kind: str = "text/plain", allowed: str = ""
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", allowed or "default-src 'none'")
        self._private()
        self.end_headers()
        self.wfile.write(body)

    def _private(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def _changes(self) -> None:
        """Say each time when the records have changed, until the viewer is gone."""
        if not self.server.reader.viewers.acquire(blocking=False):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many look already\n")
            return
        try:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/event-stream")
            self._private()
            self.end_headers()
            _tell_changes(self.server.reader, self._write)
        except OSError:
            pass  # the viewer has gone
        finally:
            self.server.reader.viewers.release()
            self.close_connection = True

    def _write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Who looks is nobody's news, and the address has the token in it."""


def _tell_changes(reader: Reader, write: Callable[[str], None]) -> None:
    stamp, said = reader.stamp(), time.monotonic()
    write(": here\n\n")
    while not reader.closing.wait(FRESH):
        try:
            now = reader.stamp()
        except CanaryError:
            now = stamp  # records that can't be read for a moment are no change
        if now != stamp:
            stamp, said = now, time.monotonic()
            write(f"data: {stamp}\n\n")
        elif time.monotonic() - said > ALIVE:
            said = time.monotonic()
            write(": here\n\n")
