"""Registered models and other assets of a workspace: containers and their versions."""

from typing import Any

from .state import PROVIDER, Workspace
from .wire import Refused, Reply


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
            "properties": {"latestVersion": latest, "isArchived": False},
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
        "properties": dict(version["properties"]),
        "systemData": {"createdAt": version.get("created", "2026-01-01T00:00:00.000000Z")},
    }
