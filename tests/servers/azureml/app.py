"""Which request is which: hosts, paths, permissions, faults and the call log."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from servers.mutation import mutated

from . import assets, blobs, entra, faults, logs, monitor, scoring, storage
from .control import Control
from .endpoints import Endpoints
from .state import PROVIDER, State, Workspace
from .wire import Refused, Reply, Request

ML = "Microsoft.MachineLearningServices/workspaces"
ONLINE = f"{ML}/onlineEndpoints"
INSIGHTS = "Microsoft.Insights/metrics/read"


@dataclass(frozen=True)
class Route:
    """A call: its name in the log, the action it needs, and where it is handled."""

    name: str
    action: str
    method: str
    path: re.Pattern[str]
    handle: Callable[[State, Workspace, Request, tuple[str, ...]], Reply]


def _route(name: str, action: str, method: str, path: str, handle: Any) -> Route:
    pattern = re.sub(r"\{\w+\}", r"([^/]+)", path)
    return Route(name, action, method, re.compile(f"{pattern}/?$", re.IGNORECASE), handle)


def _endpoints(verb: str) -> Any:
    def handle(
        state: State, workspace: Workspace, request: Request, names: tuple[str, ...]
    ) -> Reply:
        reply: Reply = getattr(Endpoints(state, workspace, request), verb)(*names)
        return reply

    return handle


def _metrics(state: State, workspace: Workspace, request: Request, names: tuple[str, ...]) -> Reply:
    endpoint = workspace.find(names[0])
    deployment = names[1] if len(names) > 1 else None
    if endpoint is None or (deployment and endpoint.find(deployment) is None):
        return Reply(
            404, {"code": "ResourceNotFound", "message": f"{names[-1]} could not be found."}
        )
    return monitor.answer(state, request, endpoint, deployment)


def _permissions(state: State, *_: object) -> Reply:
    granted = state.settings.granted
    actions = ["*"] if granted is None else granted
    return Reply(200, {"value": [{"actions": actions, "notActions": []}]})


def _workspace(_: State, workspace: Workspace, *__: object) -> Reply:
    return assets.read_workspace(workspace)


def _container(_: State, workspace: Workspace, __: Request, names: tuple[str, ...]) -> Reply:
    kind, name = names
    return assets.container(workspace, kind, name)


def _versions(
    state: State, workspace: Workspace, request: Request, names: tuple[str, ...]
) -> Reply:
    kind, name = names
    if not state.settings.newest_first:
        return assets.as_registered(workspace, kind, name)
    top = request.query.get("$top")
    return assets.versions(workspace, kind, name, int(top) if top else None)


def _version(_: State, workspace: Workspace, __: Request, names: tuple[str, ...]) -> Reply:
    kind, name, wanted = names
    return assets.version(workspace, kind, name, wanted)


def _datastores(_: State, workspace: Workspace, *__: object) -> Reply:
    return storage.datastores(workspace)


def _other(_: State, workspace: Workspace, __: Request, names: tuple[str, ...]) -> Reply:
    """An endpoint of another kind, of which there is no more to know than that it is there."""
    kind, name = names
    if name not in workspace.assets.get(kind, {}):
        return Reply(404, {"error": {"code": "NotFound", "message": f"no {kind} {name}"}})
    return Reply(200, {"name": name, "properties": {"provisioningState": "Succeeded"}})


def _datastore(_: State, workspace: Workspace, __: Request, names: tuple[str, ...]) -> Reply:
    return blobs.datastore(workspace, names[0])


E_, D_, INS = "/onlineEndpoints/{e}", "/deployments/{d}", "/providers/Microsoft.Insights/metrics"
AUTH = "/providers/Microsoft.Authorization/permissions"
ROUTES = (
    _route("workspace.get", f"{ML}/read", "GET", "", _workspace),
    _route("endpoint.list", f"{ONLINE}/read", "GET", "/onlineEndpoints", _endpoints("entries")),
    _route("endpoint.get", f"{ONLINE}/read", "GET", E_, _endpoints("read")),
    _route("endpoint.put", f"{ONLINE}/write", "PUT", E_, _endpoints("write")),
    _route("endpoint.patch", f"{ONLINE}/write", "PATCH", E_, _endpoints("patch")),
    _route("endpoint.delete", f"{ONLINE}/delete", "DELETE", E_, _endpoints("delete")),
    _route(
        "endpoint.keys", f"{ONLINE}/listKeys/action", "POST", f"{E_}/listKeys", _endpoints("keys")
    ),
    _route("endpoint.token", f"{ONLINE}/token/action", "POST", f"{E_}/token", _endpoints("token")),
    _route(
        "deployment.list",
        f"{ONLINE}/deployments/read",
        "GET",
        f"{E_}/deployments",
        _endpoints("deployments"),
    ),
    _route(
        "deployment.get",
        f"{ONLINE}/deployments/read",
        "GET",
        E_ + D_,
        _endpoints("read_deployment"),
    ),
    _route(
        "deployment.put",
        f"{ONLINE}/deployments/write",
        "PUT",
        E_ + D_,
        _endpoints("write_deployment"),
    ),
    _route(
        "deployment.delete",
        f"{ONLINE}/deployments/delete",
        "DELETE",
        E_ + D_,
        _endpoints("delete_deployment"),
    ),
    _route(
        "deployment.log",
        f"{ONLINE}/deployments/getLogs/action",
        "POST",
        f"{E_}{D_}/getLogs",
        _endpoints("log"),
    ),
    _route("metrics", INSIGHTS, "GET", f"{E_}{INS}", _metrics),
    _route("deployment.metrics", INSIGHTS, "GET", f"{E_}{D_}{INS}", _metrics),
    _route("permissions", "", "GET", f"{E_}{AUTH}", _permissions),
    _route("permissions", "", "GET", AUTH, _permissions),
    _route("datastore.get", f"{ML}/datastores/read", "GET", "/datastores/{d}", _datastore),
    _route(
        "asset.version",
        f"{ML}/models/versions/read",
        "GET",
        r"/(models|environments|codes|data)/{n}/versions/{v}",
        _version,
    ),
    _route(
        "asset.put",
        f"{ML}/models/versions/write",
        "PUT",
        r"/(models)/{n}/versions/{v}",
        assets.register,
    ),
    _route(
        "asset.delete",
        f"{ML}/models/versions/delete",
        "DELETE",
        r"/(models)/{n}/versions/{v}",
        assets.forget,
    ),
    _route("datastore.list", f"{ML}/datastores/read", "GET", "/datastores", _datastores),
    _route(
        "datastore.secrets",
        f"{ML}/datastores/listSecrets/action",
        "POST",
        "/datastores/{n}/listSecrets",
        storage.secrets,
    ),
    _route(
        "asset.versions",
        f"{ML}/models/versions/read",
        "GET",
        r"/(models|environments|codes|data)/{n}/versions",
        _versions,
    ),
    _route(
        "asset.container",
        f"{ML}/models/read",
        "GET",
        r"/(models|environments|codes|data)/{n}",
        _container,
    ),
    _route(
        "endpoint.other", f"{ML}/read", "GET", r"/(serverlessEndpoints|batchEndpoints)/{n}", _other
    ),
)
WORKSPACE = re.compile(
    rf"(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(PROVIDER)}/workspaces/[^/]+)"
    r"(.*)$",
    re.IGNORECASE,
)
OPERATION = re.compile(
    rf"/subscriptions/([^/]+)/providers/{re.escape(PROVIDER)}/locations/[^/]+"
    r"/mfeOperationsStatus/([^/]+)$",
    re.IGNORECASE,
)


class App:
    """The whole of Azure that canary sees."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.faults = faults.Faults()
        self.control = Control(state, self.faults)

    def answer(self, request: Request) -> Reply:
        """One request, whoever it is for."""
        with self.state.lock:
            self.state.settle()
            if not request.host and request.path.startswith("/__control/"):
                return self.control.answer(request)
            if not request.host and request.path == "/managed-identity":
                return entra.managed_identity(self.state, request)
            if request.host.startswith("login."):
                return self._entra(request)
            if request.host.endswith(".inference.ml.azure.com"):
                return self._scoring(request)
            if ".blob." in request.host:
                return self._blob(request)
            if request.host.startswith("api.loganalytics."):
                return self._store("logs", request, logs.answer)
            if request.host.startswith("management."):
                return self._resource_manager(request)
        return Reply(404, {"error": {"code": "NoSuchHost", "message": request.host or "none"}})

    def _entra(self, request: Request) -> Reply:
        fault = self.faults.next("token") if request.path.endswith("/token") else None
        if fault is not None:
            reply = faults.entra_answer(fault)
        else:
            reply = entra.answer(self.state, request)
        self._note(request, "token", reply, fault)
        return reply

    def _scoring(self, request: Request) -> Reply:
        fault = self.faults.next("score")
        if fault is not None:
            reply = faults.answer(fault, self.state, "score", request.path)
        else:
            reply = scoring.answer(self.state, request)
        self._note(request, "score", reply, fault)
        return reply

    def _blob(self, request: Request) -> Reply:
        if request.method == "GET":
            return self._store("blob", request, blobs.answer)
        name = f"blob.{request.query.get('comp') or request.method.lower()}"
        return self._store(name, request, storage.answer)

    def _store(
        self, name: str, request: Request, handle: Callable[[State, Request], Reply]
    ) -> Reply:
        fault = self.faults.next(name)
        if fault is not None:
            reply = faults.answer(fault, self.state, name, request.path)
        else:
            reply = handle(self.state, request)
        self._note(request, name, reply, fault)
        return reply

    def _resource_manager(self, request: Request) -> Reply:
        operation, action, handle = self._find(request)
        fault = self.faults.next(operation)
        scope = request.path.split("/providers/Microsoft.Insights")[0]
        mutate = fault is not None and fault.kind == faults.MUTATE
        if fault is not None and fault.kind != "drop_after" and not mutate:
            reply = faults.answer(fault, self.state, action, scope)
        else:
            reply = self._allowed(request, action, scope) or self._carried_out(handle)
            if fault is not None and not mutate:
                self._note(request, operation, reply, fault)
                return Reply(drop=True)
            if fault is not None:
                reply = replace(reply, body=mutated(reply.encoded(), fault.code))
        number = f"request-{len(self.state.calls) + 1}"
        self._note(request, operation, reply, fault, action)
        return replace(reply, headers={**reply.headers, "x-ms-request-id": number})

    def _find(self, request: Request) -> tuple[str, str, Callable[[], Reply] | None]:
        operation = OPERATION.match(request.path)
        if operation is not None:
            names = operation.groups()
            action = f"{PROVIDER}/locations/mfeOperationsStatus/read"
            return "operation.get", action, lambda: self._operation(names[1])
        if request.path.rstrip("/").lower() == "/subscriptions":
            return "subscription.list", "", entra.subscriptions
        match = WORKSPACE.match(request.path)
        if match is None:
            return "unknown", "", None
        workspace = self.state.workspaces.get(match.group(1).lower())
        if workspace is None:
            text = f"The Resource '{match.group(1)}' was not found."
            return "unknown", "", lambda: _raise(Refused(404, "ResourceNotFound", text))
        for route in ROUTES:
            found = route.path.fullmatch(match.group(2))
            if found is not None and route.method == request.method:
                handle = partial(route.handle, self.state, workspace, request, found.groups())
                return route.name, route.action, handle
        return "unknown", "", None

    def _allowed(self, request: Request, action: str, scope: str) -> Reply | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.state.tokens.get(token, "").rstrip("/") not in _audiences(request.host):
            return Refused(401, "InvalidAuthenticationToken", "The token is not valid here.").reply
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", request.query.get("api-version", "")):
            return Refused(
                400, "MissingApiVersionParameter", "The api-version query parameter is required."
            ).reply
        granted = self.state.settings.granted
        if action and granted is not None:
            low = action.lower()
            if not any(fnmatch.fnmatchcase(low, pattern.lower()) for pattern in granted):
                return faults.denied(self.state, action, scope)
        return None

    def _carried_out(self, handle: Callable[[], Reply] | None) -> Reply:
        if handle is None:
            return Refused(404, "InvalidResourceType", "There is no such call here.").reply
        try:
            return handle()
        except Refused as refused:
            return refused.reply

    def _operation(self, number: str) -> Reply:
        operation = self.state.operations.get(number)
        if operation is None:
            raise Refused(404, "NotFound", "The operation was not found.")
        running = operation.ends > self.state.now()
        status = "Failed" if operation.error else "Succeeded"
        body: dict[str, Any] = {
            "name": operation.id,
            "status": operation.state if running else status,
            "percentComplete": 0.0 if running else 100.0,
            "startTime": "2026-01-01T00:00:00.000Z",
            "endTime": "0001-01-01T00:00:00" if running else "2026-01-01T00:00:20.000Z",
        }
        if operation.error and not running:
            body["error"] = operation.error
        return Reply(200, body)

    def _note(
        self,
        request: Request,
        operation: str,
        reply: Reply,
        fault: faults.Fault | None,
        action: str = "",
    ) -> None:
        try:
            body = request.json() if request.method in {"PUT", "PATCH"} else None
        except Refused:
            body = None
        self.state.calls.append(
            {
                "operation": operation,
                "action": action,
                "method": request.method,
                "host": request.host,
                "path": request.path,
                "query": dict(request.query),
                "agent": request.headers.get("user-agent", ""),
                "body": body,
                "status": reply.status,
                "fault": fault.kind if fault else "",
                "at": self.state.now(),
            }
        )


def _raise(error: Refused) -> Reply:
    raise error


def _audiences(host: str) -> set[str]:
    """What a token for this host may be made out to; `az` still uses the older name."""
    older = {"https://management.core.windows.net"} if host == "management.azure.com" else set()
    return {f"https://{host}", *older}
