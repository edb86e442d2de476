"""Carries out the calls of the APIs."""

import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .cloud import shown
from .errors import Refused
from .routes import Route

if TYPE_CHECKING:
    from .server import Server

Json = dict[str, Any]
Query = dict[str, list[str]]


def perform(server: "Server", where: Route, query: Query, headers: Any, body: bytes) -> Json | str:
    """Do what was asked; raises `Refused` or `BadGrant`."""
    if where.call in {"token", "impersonate", "metadata"}:
        return _identify(server, where, headers, body)
    _check_place(server, where)
    if where.call not in _CALLS:
        raise Refused("NOT_FOUND", f"There is no {where.call} here.")
    sent: Json = json.loads(body) if body else {}
    return _CALLS[where.call](server, where.of.get("id", ""), query, sent)


def _list_endpoints(server: "Server", _: str, query: Query, __: Json) -> Json:
    found = [shown(endpoint) for endpoint in server.cloud.endpoints.values()]
    return _page("endpoints", _named(server, found, query), query)


def _list_models(server: "Server", _: str, query: Query, __: Json) -> Json:
    latest = [shown(server.cloud.model(model_id)) for model_id in server.cloud.models]
    return _page("models", _named(server, latest, query), query)


def _predict(server: "Server", one: str, _: Query, __: Json) -> Json:
    if not server.cloud.endpoint(one).get("trafficSplit"):
        raise Refused("FAILED_PRECONDITION", "Endpoint doesn't have traffic_split.")
    model, code = server.requests.predict(one)
    if code != "200":
        raise Refused("UNAVAILABLE", "The model server failed.")
    return {"predictions": [1], "deployedModelId": model}


_CALLS: dict[str, Callable[["Server", str, Query, Json], Json]] = {
    "getEndpoint": lambda s, one, _, __: shown(s.cloud.endpoint(one)),
    "listEndpoints": _list_endpoints,
    "updateEndpoint": lambda s, one, query, sent: shown(
        s.cloud.update(one, query.get("updateMask", [""])[0], sent)
    ),
    "deployModel": lambda s, one, _, sent: s.cloud.deploy_model(one, sent),
    "undeployModel": lambda s, one, _, sent: s.cloud.undeploy_model(one, sent),
    "getOperation": lambda s, one, _, __: s.cloud.operation(one),
    "listOperations": lambda s, one, query, _: _page("operations", s.cloud.running(one), query),
    "getModel": lambda s, one, _, __: shown(s.cloud.model(one)),
    "listModels": _list_models,
    "uploadModel": lambda s, _, __, sent: s.cloud.upload_model(sent),
    "deleteModelVersion": lambda s, one, _, __: s.cloud.delete_version(one),
    "timeSeries": lambda s, _, query, __: s.monitoring.answer(query),
    "predict": _predict,
    "planQuery": lambda s, _, __, sent: s.warehouse.plan(sent),
    "runQuery": lambda s, _, __, sent: s.warehouse.run(sent),
    "readQuery": lambda s, one, query, __: s.warehouse.read(one, query),
}


def _identify(server: "Server", where: Route, headers: Any, body: bytes) -> Json | str:
    now = time.time()
    if where.call == "token":
        return server.identity.grant(body, now)
    if where.call == "impersonate":
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        return server.identity.impersonate(where.of["account"], bearer, now)
    return server.identity.attached(str(where.of.get("path", "")), now)


def _check_place(server: "Server", where: Route) -> None:
    cloud = server.cloud
    if where.of.get("project", cloud.project) not in {cloud.project, cloud.number}:
        raise Refused("PERMISSION_DENIED", f"Permission denied on project {where.of['project']}.")
    if where.of.get("region", cloud.region) != cloud.region:
        raise Refused(
            "INVALID_ARGUMENT",
            "The provided location ID doesn't match the endpoint. The valid location ID is "
            f"{cloud.region}.",
        )


def _named(server: "Server", found: list[Json], query: Query) -> list[Json]:
    text = query.get("filter", [""])[0]
    if not text or not server.filters:
        return found
    match = re.fullmatch(r'(?:displayName|display_name)\s*=\s*"([^"]*)"', text)
    if not match:
        raise Refused("INVALID_ARGUMENT", f"Could not parse filter {text!r}")
    return [one for one in found if one.get("displayName") == match[1]]


def _page(items: str, found: list[Json], query: Query) -> Json:
    size = int(query.get("pageSize", ["100"])[0])
    start = int(query.get("pageToken", ["0"])[0] or 0)
    page: Json = {items: found[start : start + size]} if found else {}
    if start + size < len(found):
        page["nextPageToken"] = str(start + size)
    return page
