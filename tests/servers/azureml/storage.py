"""Blob storage as far as files are put into a workspace's datastore, and taken out again."""

from urllib.parse import unquote

from . import blobs
from .state import State, Workspace
from .wire import Reply, Request


def answer(state: State, request: Request) -> Reply:
    """One write."""
    if not blobs.is_signed(state, request) or state.settings.storage_closed:
        return _refused(403, "AuthorizationPermissionMismatch")
    name = unquote(request.path).lstrip("/")
    if request.method == "PUT":
        return _put(state, request, name)
    if request.method == "DELETE" and name in state.blobs:
        del state.blobs[name]
        return Reply(202)
    return _refused(404, "BlobNotFound")


def datastores(workspace: Workspace) -> Reply:
    """The workspace's own, as the answer to which is its default."""
    return Reply(200, {"value": [blobs.datastore(workspace, "workspaceblobstore").body]})


def secrets(*_: object) -> Reply:
    """A signature for the storage account, which stands in its calls' queries."""
    return Reply(200, {"secretsType": "Sas", "sasToken": "sv=2025-01-05&sig=c2lnbmVk"})


def _put(state: State, request: Request, name: str) -> Reply:
    match request.query.get("comp"):
        case "block":
            state.blocks.setdefault(name, []).append(request.body)
            return Reply(201)
        case "blocklist":
            content = b"".join(state.blocks.pop(name, []))
        case _:
            content = request.body
    if name in state.blobs and request.headers.get("if-none-match") == "*":
        return _refused(409, "BlobAlreadyExists")
    state.blobs[name] = (content, state.now())
    state.blocks.pop(name, None)
    return Reply(201, None, {"ETag": '"0x8D"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})


def _refused(status: int, code: str) -> Reply:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}.</Message></Error>"
    return Reply(status, text.encode(), {**blobs.XML, "x-ms-error-code": code})
