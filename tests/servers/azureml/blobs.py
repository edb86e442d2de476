"""Blob storage as far as a reader sees it: a workspace's datastores, listings, ranges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote
from xml.sax.saxutils import escape

from .state import State, Workspace
from .wire import Refused, Reply, Request

AUDIENCE = "https://storage.azure.com"
ACCOUNT, CONTAINER = "etastore", "azureml-blobstore"
PAGE = 3
"""Blobs of one page, so that every test turns some."""

XML = {"Content-Type": "application/xml"}


def datastore(workspace: Workspace, name: str) -> Reply:
    """One datastore of a workspace: what is called `files` is no Blob storage."""
    if name not in {"workspaceblobstore", "other", "files"}:
        raise Refused(404, "UserError", f"Datastore {name} was not found.")
    about = {
        "datastoreType": "AzureFile" if name == "files" else "AzureBlob",
        "accountName": ACCOUNT,
        "containerName": CONTAINER if name == "workspaceblobstore" else name,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "fileShareName": "files",
        "credentials": {"credentialsType": "None" if name == "other" else "AccountKey"},
    }
    return Reply(
        200, {"id": f"{workspace.id}/datastores/{name}", "name": name, "properties": about}
    )


def answer(state: State, request: Request) -> Reply:
    """One call of the Blob service."""
    if not is_signed(state, request):
        return Reply(401, b"<Error><Code>InvalidAuthenticationInfo</Code></Error>", XML)
    if "x-ms-version" not in request.headers:
        return Reply(400, b"<Error><Code>MissingRequiredHeader</Code></Error>", XML)
    container, _, name = unquote(request.path).lstrip("/").partition("/")
    if request.query.get("comp") == "list":
        return _list(state, container, request.query)
    found = state.blobs.get(f"{container}/{name}")
    if found is None:
        return Reply(404, b"<Error><Code>BlobNotFound</Code></Error>", XML)
    start, _, end = request.headers["x-ms-range"].removeprefix("bytes=").partition("-")
    return Reply(206, found[0][int(start) : int(end) + 1], {"Content-Type": "text/plain"})


def is_signed(state: State, request: Request) -> bool:
    """Whether the caller comes with a token or with the workspace's own signature."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return "sig" in request.query or state.tokens.get(token, "").rstrip("/") == AUDIENCE


def _list(state: State, container: str, asked: Mapping[str, str]) -> Reply:
    head = f"{container}/{asked['prefix']}"
    begun = state.blocks if "uncommittedblobs" in asked.get("include", "") else {}
    names = sorted(name for name in {*state.blobs, *begun} if name.startswith(head))
    start = int(asked.get("marker") or 0)
    entries = []
    for name in names[start : start + PAGE]:
        body, at = state.blobs.get(name, (b"", state.now()))
        changed = format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)
        entries.append(
            f"<Blob><Name>{escape(name.partition('/')[2])}</Name><Properties>"
            f"<Last-Modified>{changed}</Last-Modified>"
            f"<Content-Length>{len(body)}</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
        )
    marker = str(start + PAGE) if start + PAGE < len(names) else ""
    text = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults>'
        f"<Blobs>{''.join(entries)}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    )
    return Reply(200, text.encode(), XML)
