"""Registered models and other assets of a workspace: containers and their versions."""

from datetime import UTC, datetime
from typing import Any

from .state import PROVIDER, State, Workspace
from .wire import Refused, Reply, Request


def read_workspace(workspace: Workspace) -> Reply:
    return Reply(
        200,
        {
            "id": workspace.id,
            "name": workspace.name,
            "type": f"{PROVIDER}/workspaces",
            "location": workspace.location,
            "identity": {"type": "SystemAssigned"},
            "properties": {"friendlyName": workspace.name, "provisioningState": "Succeeded"},
        },
    )


def container(workspace: Workspace, kind: str, name: str) -> Reply:
    versions = _versions(workspace, kind, name)
    latest = max(versions, key=_order)["version"]
    return Reply(
        200,
        {
            "id": f"{workspace.id}/{kind}/{name}",
            "name": name,
            "type": f"{PROVIDER}/workspaces/{kind}",
            "properties": {
                "latestVersion": latest,
                "nextVersion": str(int(latest) + 1) if latest.isdigit() else None,
                "isArchived": False,
            },
        },
    )


def versions(workspace: Workspace, kind: str, name: str, top: int | None) -> Reply:
    """Newest first, as the SDK asks for `@latest`."""
    found = sorted(_versions(workspace, kind, name), key=_order, reverse=True)
    return Reply(200, {"value": [_shown(workspace, kind, name, v) for v in found[:top]]})


def as_registered(workspace: Workspace, kind: str, name: str) -> Reply:
    """All versions, whatever order and number were asked for."""
    known = _versions(workspace, kind, name)
    return Reply(200, {"value": [_shown(workspace, kind, name, v) for v in known]})


def version(workspace: Workspace, kind: str, name: str, wanted: str) -> Reply:
    for known in _versions(workspace, kind, name):
        if known["version"] == wanted:
            return Reply(200, _shown(workspace, kind, name, known))
    raise Refused(404, "UserError", f"{kind} {name}:{wanted} was not found.")


def register(state: State, workspace: Workspace, request: Request, names: tuple[str, ...]) -> Reply:
    """A new version; one that is there keeps its files."""
    kind, name, wanted = names
    properties = request.json()["properties"]
    known = workspace.assets.setdefault(kind, {}).setdefault(name, [])
    for version in known:
        if version["version"] == wanted:
            raise Refused(409, "UserError", f"{kind} {name}:{wanted} exists, with another path.")
    stamp = datetime.fromtimestamp(state.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    known.append({"version": wanted, "created": stamp, "properties": properties})
    return Reply(201, _shown(workspace, kind, name, known[-1]))


def forget(_: State, workspace: Workspace, __: Request, names: tuple[str, ...]) -> Reply:
    kind, name, wanted = names
    known = _versions(workspace, kind, name)
    left = [version for version in known if version["version"] != wanted]
    workspace.assets[kind][name] = left
    return Reply(200 if len(left) < len(known) else 204)


def _versions(workspace: Workspace, kind: str, name: str) -> list[dict[str, Any]]:
    found = workspace.assets.get(kind, {}).get(name)
    if not found:
        raise Refused(404, "UserError", f"{kind} container {name} was not found.")
    return found


def _order(version: dict[str, Any]) -> tuple[str, int]:
    return (
        version.get("created", ""),
        int(version["version"]) if version["version"].isdigit() else 0,
    )


def _shown(workspace: Workspace, kind: str, name: str, version: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{workspace.id}/{kind}/{name}/versions/{version['version']}",
        "name": version["version"],
        "type": f"{PROVIDER}/workspaces/{kind}/versions",
        "properties": {"tags": {}, "properties": {}, "flavors": {}, **version["properties"]},
        "systemData": {"createdAt": version.get("created") or "2026-01-01T00:00:00.000000Z"},
    }
