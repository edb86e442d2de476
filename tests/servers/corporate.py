"""The way out of a company: a proxy that asks who it is, opens TLS, and writes down who is called.

It stands before a server that speaks plain HTTP, so that a client runs with the clouds' real host
names and nothing but `HTTPS_PROXY` and the company's certificate.
"""

import http.client
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from .azureml.authority import make_authority
from .azureml.wire import ProxyServer, Reply, Request

OURS = {"connection", "content-length", "transfer-encoding", "server", "date"}
"""Headers of an answer that belong to one hop."""


@dataclass(frozen=True)
class Corporate:
    """A running proxy: its address with a user and a password, and its certificate's file."""

    url: str
    ca: Path
    password: str
    hosts: list[str] = field(default_factory=list)
    """Who was called through it, call by call."""
    closed_to: set[str] = field(default_factory=set)
    """Whom it lets nobody through to."""


@contextmanager
def proxy(upstream: str, ca: Path, hosts: tuple[str, ...]) -> Iterator[Corporate]:
    """It vouches for these hosts, and hands every call on to one server."""
    authority, password, called = make_authority(hosts), token_hex(8), list[str]()
    ca.write_bytes(authority.pem)

    def answer(request: Request) -> Reply:
        called.append(request.host)
        return _handed_on(upstream, request)

    login = f"Basic {b64encode(f'ann:{password}'.encode()).decode()}"
    server = ProxyServer(0, authority.context, answer, login)
    with serving(server):
        address = f"127.0.0.1:{server.server_port}"
        yield Corporate(f"http://ann:{password}@{address}", ca, password, called, server.closed_to)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """In a thread of its own until the context is left."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handed_on(upstream: str, request: Request) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    try:
        connection.request(request.method, request.target, request.body, dict(request.headers))
        answer = connection.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in OURS}
        return Reply(answer.status, answer.read(), headers)
    finally:
        connection.close()


def closed() -> str:
    """The address of a proxy that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"
