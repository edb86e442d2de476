"""The HTTP server: log, faults, authentication, then the call itself."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from servers.mutation import mutated

from .calls import perform
from .clock import ServerClock
from .cloud import Cloud
from .control import control
from .errors import Refused, forbidden, throttled
from .faults import AFTER, Fault, Faults
from .identity import BadGrant, Identity
from .routes import Route, route
from .series import Monitoring
from .storage import Storage
from .traffic import Requests
from .warehouse import Warehouse

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

HANGS: Answer = (0, {}, b"")
"""Nothing is said until the client gives up."""

HTML = b"<!DOCTYPE html><html><title>Error</title><p>That's an error.</html>"
JSON = {"Content-Type": "application/json; charset=UTF-8"}
OPEN = {"token", "metadata"}
"""Calls without a bearer token."""

PERMISSIONS = {
    "getEndpoint": "aiplatform.endpoints.get",
    "listEndpoints": "aiplatform.endpoints.list",
    "updateEndpoint": "aiplatform.endpoints.update",
    "deployModel": "aiplatform.endpoints.deploy",
    "undeployModel": "aiplatform.endpoints.undeploy",
    "getModel": "aiplatform.models.get",
    "listModels": "aiplatform.models.list",
    "uploadModel": "aiplatform.models.upload",
    "deleteModelVersion": "aiplatform.models.delete",
    "predict": "aiplatform.endpoints.predict",
    "getBucketOfObjects": "storage.buckets.get",
    "insertObject": "storage.objects.create",
    "listObjects": "storage.objects.list",
    "deleteObject": "storage.objects.delete",
    "listOperations": "aiplatform.operations.list",
    "timeSeries": "monitoring.timeSeries.list",
    "planQuery": "bigquery.jobs.create",
    "runQuery": "bigquery.jobs.create",
    "readQuery": "bigquery.jobs.create",
}


class Server:
    """A Vertex AI project with its Cloud Monitoring on 127.0.0.1, as long as the `with` lasts."""

    clock: ServerClock
    cloud: Cloud
    storage: Storage
    warehouse: Warehouse
    requests: Requests
    monitoring: Monitoring
    identity: Identity
    faults: Faults

    def __init__(
        self, project: str = "acme-ml", region: str = "europe-west4", port: int = 0
    ) -> None:
        self.clock = ServerClock()
        self.cloud = Cloud(project, "424242424242", region, self.clock)
        self.storage = Storage()
        self.warehouse = Warehouse()
        self.requests = Requests(self.cloud, self.clock)
        self.monitoring = Monitoring(self.requests, self.clock)
        self.identity = Identity(project)
        self.faults = Faults()
        self.calls: list[Json] = []
        self.denied: set[str] = set()
        self.granted: set[str] | None = None
        self.date = ""
        self.filters = True
        self.lock = threading.RLock()
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL of every API here."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """Serve in this thread, for a process of its own."""
        self._http.serve_forever()

    def control(self, method: str, path: str, **body: Any) -> Json:
        """The control surface without HTTP, for tests in the same process."""
        with self.lock:
            return control(self, method, [part for part in path.split("/") if part], body)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer | None:
        """The answer to one request; None drops the connection."""
        url = urlsplit(target)
        path = unquote(url.path)
        with self.lock:
            if path.startswith("/__control/"):
                return self._controlled(method, path.removeprefix("/__control/"), body)
            where = route(method, path)
            entry: Json = {"call": where.call, "method": method, "path": path, "query": url.query}
            entry["agent"] = headers.get("User-Agent", "")
            told = where.call not in {*OPEN, "insertObject"}
            entry["body"] = body.decode(errors="replace") if told else ""
            self.calls.append(entry)
            rules = self.faults.on(where.call)
            for rule in rules:
                if rule.kind == "write":
                    self._write(rule)
            fault = next((rule for rule in rules if rule.kind != "write"), None)
            if fault and fault.kind not in AFTER:
                answered = _broken(fault, where)
            else:
                answered = self._performed(where, parse_qs(url.query), headers, body, entry)
                answered = _lost(fault, answered) if fault else answered
            entry["status"] = answered[0] if answered else 0
            return answered

    def _performed(
        self, where: Route, query: dict[str, list[str]], headers: Any, body: bytes, entry: Json
    ) -> Answer:
        try:
            if where.call not in OPEN:
                bearer = headers.get("Authorization", "").removeprefix("Bearer ")
                entry["quota_project"] = headers.get("X-Goog-User-Project", "")
                entry["account"] = self.identity.caller(bearer, time.time())
                permission = PERMISSIONS.get(where.call, "")
                entry["permission"] = permission
                if permission in self.denied or self._lacks(permission):
                    entry["denied"] = permission
                    raise forbidden(permission, f"//aiplatform.googleapis.com/{where.of}")
            if where.call.endswith(("Object", "Objects")):
                return self.storage.answer(where, self.url, query, headers, body)
            return _json(200, perform(self, where, query, headers, body))
        except Refused as refused:
            return _json(refused.http, refused.body)
        except BadGrant as bad:
            return _json(400, bad.body)

    def _lacks(self, permission: str) -> bool:
        return bool(permission) and self.granted is not None and permission not in self.granted

    def _controlled(self, method: str, path: str, body: bytes) -> Answer:
        try:
            return _json(200, self.control(method, path, **(json.loads(body) if body else {})))
        except Refused as refused:
            return _json(refused.http, refused.body)
        except (KeyError, ValueError, TypeError) as error:
            return _json(400, {"error": {"message": repr(error), "status": "INVALID_ARGUMENT"}})

    def _write(self, rule: Fault) -> None:
        """Somebody else changes an endpoint just before the call at hand."""
        fields = dict(rule.write)
        self.cloud.put_endpoint(fields.pop("endpoint"), fields)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    owner: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Read one request of any method and answer it."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.command == "CONNECT":
            self.owner.calls.append({"call": "CONNECT", "path": self.path})
            answered: Answer | None = (502, {}, b"")
        else:
            answered = self.owner.answer(self.command, self.path, self.headers, body)
        if answered is HANGS:
            self.rfile.read(1)
            answered = None
        if answered is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(*answered)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        headers = {"Content-Length": str(len(body)), "Metadata-Flavor": "Google", **headers}
        headers.setdefault("Date", self.owner.date or self.date_time_string())
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if int(headers["Content-Length"]) != len(body):
            self.close_connection = True


def _json(status: int, body: Json | str) -> Answer:
    if isinstance(body, str):
        return status, {"Content-Type": "text/plain"}, body.encode()
    return status, dict(JSON), json.dumps(body).encode()


def _broken(fault: Fault, where: Route) -> Answer | None:
    """An answer in place of the call."""
    if fault.kind == "drop_before":
        return None
    if fault.kind == "hang":
        return HANGS
    if fault.kind == "html404":
        return 404, {"Content-Type": "text/html"}, HTML
    if fault.kind == "html":
        return 502, {"Content-Type": "text/html"}, HTML
    if fault.kind == "redirect":
        return 302, {"Location": "http://127.0.0.1:1/"}, b""
    if fault.kind == "garbage":
        return 200, dict(JSON), b'{"name": "projects/1/loc'
    if fault.kind == "refuse":
        own = Refused(fault.status, fault.message)
        return _json(own.http, own.body)
    refused = {
        "throttle": throttled(),
        "error500": Refused("INTERNAL", "Internal error encountered."),
        "error503": Refused("UNAVAILABLE", "The service is currently unavailable."),
        "unauthorized": Refused("UNAUTHENTICATED", "Request had invalid credentials."),
        "forbidden": forbidden(PERMISSIONS.get(where.call, "aiplatform.unknown"), "//x"),
        "busy": Refused("FAILED_PRECONDITION", "There are other operations running."),
    }[fault.kind]
    status, headers, body = _json(refused.http, refused.body)
    if fault.retry_after:
        headers["Retry-After"] = fault.retry_after
    return status, headers, body


def _lost(fault: Fault, answered: Answer) -> Answer | None:
    if fault.kind == "mutate":
        status, headers, body = answered
        return status, headers, mutated(body, fault.message)
    """What is left of an answer to a call that was carried out."""
    status, headers, body = answered
    match fault.kind:
        case "drop_after":
            return None
        case "html_after":
            return 502, {"Content-Type": "text/html"}, HTML
        case "garbage_after":
            return 200, dict(JSON), b"\x00\xff not what you asked for"
        case _:
            return status, {**headers, "Content-Length": str(len(body) + 50)}, body
