"""HTTP as the server speaks it: a CONNECT proxy that is itself every host behind it."""

import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request: `host` is "" for one that did not come through the proxy's tunnel."""

    host: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    target: str = ""
    """Path and query as they were written."""

    def json(self) -> Any:
        """The body as JSON, {} if there is none.

        Raises:
            Refused: it is no JSON.
        """
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError as error:
            raise Refused(
                400, "InvalidRequestContent", "The request content was invalid."
            ) from error

    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    """One answer. `drop` closes the connection instead of sending it, `hang` leaves that to the
    client."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    hang: bool = False

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Refused(Exception):
    """The request is answered with an error in ARM's form."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.reply = Reply(status, {"error": {"code": code, "message": message}}, named)


Answer = Callable[[Request], Reply]


class ProxyServer(ThreadingHTTPServer):
    """Answers CONNECT for any host with TLS of its own, and everything else directly."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, context: ssl.SSLContext, answer: Answer, login: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.closed_to: set[str] = set()
        """Hosts that it lets nobody through to."""
        self.context = context
        self.answer = answer
        self.login = login
        """What who wants a tunnel has to say in `Proxy-Authorization`, if anything."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class DirectServer(ProxyServer):
    """The same answers without a proxy: one of the hosts, with TLS, at an address of its own."""

    def __init__(self, context: ssl.SSLContext, answer: Answer, host: str) -> None:
        super().__init__(0, context, answer)
        self.RequestHandlerClass = type("_Direct", (_Handler,), {"tunnel": host})

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}"

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        connection, address = super().get_request()
        secure = self.context.wrap_socket(
            connection,
            server_side=True,
            do_handshake_on_connect=False,  # but in the thread of the connection
        )
        return secure, address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "azureml-test"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True
    tunnel = ""

    def do_CONNECT(self) -> None:
        server = cast("ProxyServer", self.server)
        if server.login and self.headers.get("Proxy-Authorization") != server.login:
            self.send_error(407)
            return
        if self.path.rpartition(":")[0] in server.closed_to:
            self.send_error(403)
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        try:
            secure = server.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.close_connection = True
            return
        self.tunnel = self.path.rpartition(":")[0]
        self.connection = secure
        self.rfile = secure.makefile("rb", -1)
        self.wfile = cast("Any", _Writer(secure))
        self.close_connection = False

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._acknowledge()
        parts = urlsplit(self.path)
        request = Request(
            host=self.tunnel,
            method=self.command,
            path=parts.path,
            query={
                key: values[0]
                for key, values in parse_qs(parts.query, keep_blank_values=True).items()
            },
            headers={key.lower(): value for key, value in self.headers.items()},
            body=self.rfile.read(length),
            target=self.path,
        )
        reply = cast("ProxyServer", self.server).answer(request)
        if reply.hang:
            self.rfile.read(1)
        if reply.drop or reply.hang:
            self._hang_up()
            return
        content = reply.encoded()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base asks for it

    def _acknowledge(self) -> None:
        """Ask for the body: clients that hold it back until the head is received wait 40 ms else.

        urllib3 switches Nagle's algorithm on for a proxy, and the kernel is slow to acknowledge.
        """
        if hasattr(socket, "TCP_QUICKACK"):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *args: Any) -> None:
        """The call log is enough."""


class _Writer:
    """What `BaseHTTPRequestHandler` writes to, over TLS."""

    closed = False

    def __init__(self, to: ssl.SSLSocket) -> None:
        self._to = to

    def write(self, data: bytes) -> int:
        self._to.sendall(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        """The connection is closed by its owner."""
