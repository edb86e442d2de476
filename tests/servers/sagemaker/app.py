"""The server as a WSGI application: control surface, faults, call log, then the right service."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from . import control, rights
from .faults import BEFORE, Fault, Faults, Hangs, refuse, spoil
from .metricstore import MetricStore
from .others import Others
from .runtime import invoke
from .sagemaker_api import OPERATIONS, Account
from .wire import Answer, Json, Refusal, Request, answer, nested, refusal

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
OURS = {"monitoring": {"GetMetricData"}, "sagemaker": set(OPERATIONS)}


class App:
    """One account in one region; requests are answered one after the other."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.others = Others()
        self.reset()

    def reset(self) -> None:
        self.run_at(1.0, 0.0)
        self.account = Account(self.clock, scalable=self.others.is_scalable)
        self.metrics = MetricStore()
        self.faults = Faults()
        self.calls: list[Json] = []
        self.policy: Json | None = None
        self.others.reset()

    def run_at(self, speed: float, origin: float) -> None:
        self._speed, self._origin = speed, origin

    def clock(self) -> float:
        return self._origin + (time.time() - self._origin) * self._speed

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"]
        with self.lock:
            if path.startswith("/__control/"):
                found = control.ACTIONS[path.removeprefix("/__control/")](self, json.loads(body))
                said = Answer(200, json.dumps(found).encode(), {"Content-Type": "application/json"})
                return _send(start, said)
            request = read_request(environ, path, body)
            try:
                return _send(start, self.serve(request, environ, body))
            except ConnectionAbortedError:
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                return []
            except Hangs:
                pass
        with suppress(OSError):
            environ["werkzeug.socket"].recv(1)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return []

    def serve(self, request: Request, environ: Environ, body: bytes) -> Answer:
        fault = self.faults.next_for(request.operation)
        entry: Json = {
            "service": request.service,
            "operation": request.operation,
            "params": request.params,
            "protocol": request.protocol,
            "key": request.key,
            "agent": environ.get("HTTP_USER_AGENT", ""),
            "at": self.clock(),
            "fault": fault.kind if fault else "",
            "rights": list(rights.wanted(request)),
            "denied": "",
            "status": 0,
            "request_id": f"request-{len(self.calls) + 1}",
        }
        self.calls.append(entry)
        try:
            if fault is not None and fault.kind in BEFORE:
                refuse(fault, request)
            self.permit(request, entry)
            good = self.do(request, environ, body)
        except Refusal as error:
            entry["status"] = error.status
            return refusal(request, error)
        entry["status"] = good.status
        good.headers["x-amzn-RequestId"] = entry["request_id"]
        return spoil(fault, good) if fault is not None else good

    def permit(self, request: Request, entry: Json) -> None:
        """Refuse what the policy in force has no statement for."""
        for right in entry["rights"] if self.policy is not None else ():
            if not rights.allows(self.policy or {}, right):
                entry["denied"] = right[0]
                refuse(Fault(request.operation, "denied"), request)

    def do(self, request: Request, environ: Environ, body: bytes) -> Answer:
        if request.operation == "InvokeEndpoint":
            return invoke(self.account, request.params, body)
        if request.service == "s3":
            self.catch_up()
        if request.operation not in OURS.get(request.service, set()):
            return self.others.answer(environ, body)
        if request.service == "monitoring":
            return answer(request, self.metric_data(request.params))
        return answer(request, OPERATIONS[request.operation](self.account, request.params))

    def metric_data(self, params: Json) -> Json:
        self.catch_up()
        return self.metrics.get_metric_data(params, self.account.settings.page_size)

    def catch_up(self) -> None:
        """Make the requests of every endpoint up to now, less the delay of metrics."""
        until = self.clock() - self.account.settings.metric_delay_seconds
        for name in self.account.endpoints:
            endpoint = self.account.endpoint(name)
            if endpoint.load is not None:
                endpoint.load.catch_up(endpoint, self.metrics, until)


def read_request(environ: Environ, path: str, body: bytes) -> Request:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split("/")
    key, service = scope[0], scope[3] if len(scope) > 3 else ""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if path.endswith("/invocations"):
        params: Json = {
            "EndpointName": path.split("/")[2],
            "TargetVariant": environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_VARIANT", ""),
        }
        return Request(service, "InvokeEndpoint", params, "rest-json", key)
    if target:
        return Request(service, target.split(".")[1], json.loads(body or b"{}"), "json", key)
    if service == "s3":
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        operation = s3_operation(environ["REQUEST_METHOD"], query)
        return Request(service, operation, {"path": path}, "s3", key)
    params = nested(body.decode())
    return Request(service, params.pop("Action", ""), params, "query", key)


def s3_operation(method: str, query: Mapping[str, Any]) -> str:
    """What S3 calls it, as far as uploads and the tests need."""
    match method:
        case "PUT":
            return "UploadPart" if "partNumber" in query else "PutObject"
        case "POST":
            return "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload"
        case "DELETE":
            if "uploadId" in query:
                return "AbortMultipartUpload"
            return "DeleteVersion" if "versionId" in query else "DeleteObject"
        case _ if "versions" in query:
            return "ListObjectVersions"
        case _:
            return "ListObjectsV2" if "list-type" in query else f"{method.title()}Object"


def _send(start: StartResponse, said: Answer) -> Iterable[bytes]:
    headers = {"Content-Length": str(len(said.body)), **said.headers}
    if headers["Content-Length"] != str(len(said.body)):
        headers["Connection"] = "close"
    start(f"{said.status} {'OK' if said.status < 300 else 'Refused'}", list(headers.items()))
    return [said.body]
