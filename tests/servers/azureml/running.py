"""Run the server, in this process or as one of its own, and steer it."""

import json
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from .app import App
from .authority import make_authority
from .state import GROUP, SUBSCRIPTION, WORKSPACE, State
from .wire import ProxyServer

TENANT = "72f9aaaa-0000-4000-8000-00000000cafe"
CLIENT = "c0ffee00-0000-4000-8000-000000000001"
PLACE: Mapping[str, str] = {
    "subscription": SUBSCRIPTION,
    "resource_group": GROUP,
    "workspace": WORKSPACE,
}
"""The workspace there is from the start."""


@dataclass(frozen=True)
class Server:
    """A running server and the file with its authority's certificate."""

    url: str
    ca: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process needs, with a secret made up now."""
        return {
            "HTTPS_PROXY": self.url,
            "https_proxy": self.url,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(self.ca),
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": token_urlsafe(24),
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }

    def control(self, action: str, **body: Any) -> Any:
        """One call of the control surface."""
        request = urllib.request.Request(
            f"{self.url}/__control/{action}", json.dumps(body).encode(), method="POST"
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            return json.load(answer)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        self.control("faults", faults=[{"operation": operation, "kind": kind, **more}])

    def calls(self, operation: str = "") -> list[dict[str, Any]]:
        """The calls of Resource Manager and Entra so far, or those of one operation."""
        found: list[dict[str, Any]] = self.control("calls", operation=operation)["calls"]
        return found

    def operations(self) -> list[str]:
        """The names of the calls so far, without Entra's."""
        return [call["operation"] for call in self.calls() if call["operation"] != "token"]

    def look(self, endpoint: str) -> dict[str, Any]:
        """The endpoint's body as it is."""
        found: dict[str, Any] = self.control("look", endpoint=endpoint)["endpoint"]
        return found

    def deployment(self, endpoint: str, name: str) -> dict[str, Any]:
        """A deployment's body as it is."""
        found: dict[str, Any] = self.control("look", endpoint=endpoint)["deployments"][name]
        return found


@contextmanager
def serving(ca: Path, port: int = 0) -> Iterator[Server]:
    """The server in a thread of this process, until the context is left."""
    authority = make_authority()
    ca.write_bytes(authority.pem)
    server = ProxyServer(port, authority.context, App(State()).answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Server(server.url, ca)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
