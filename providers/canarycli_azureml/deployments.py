"""What is deployed on the endpoints of a workspace, and why a deployment failed."""

import json
import re
from collections.abc import Sequence

from canarycli.errors import ProviderError
from canarycli_azureml import body as read
from canarycli_azureml.api import Session
from canarycli_azureml.body import Body
from canarycli_azureml.errors import why_ended
from canarycli_azureml.settings import Settings

LOG_LINES = 8
"""How much of a failed deployment's log is shown."""

_TROUBLE = re.compile(r"error|exception|traceback|fail|fatal|killed", re.IGNORECASE)


class Deployments:
    """The deployments of a workspace's endpoints."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings = settings
        self._session = session
        self._logs: dict[tuple[str, str], str] = {}
        self._operations: dict[tuple[str, str], str] = {}

    def all(self, endpoint: str) -> list[Body]:
        """Every deployment of an endpoint, idle ones too."""
        doing = f"reading the deployments of endpoint {endpoint!r}"
        entries = self._session.pages(f"{self._settings.endpoint(endpoint)}/deployments", doing)
        return [read.checked(entry, doing) for entry in entries]

    def note(self, endpoint: str, version: str, operation: str) -> None:
        """Remember the operation that deploys a version: it will know why it failed."""
        self._operations[endpoint.lower(), version.lower()] = operation

    def failure(self, endpoint: str, failed: Body) -> str:
        """Why a deployment failed, read once: its operation's reason, then the end of its log.

        Who did not ask for it does not know the operation, and has the log alone.
        """
        name, at = str(failed["name"]), read.changed_at(failed)
        if (name, at) not in self._logs:
            said, end = self._reason(endpoint, name), self.log_end(endpoint, name)
            told = f"; its log ends: {end}" if end and (not said or _TROUBLE.search(end)) else ""
            self._logs[name, at] = f"{': ' * bool(said)}{said}{told}"
        return f"deployment {name!r} failed{self._logs[name, at]}"

    def _reason(self, endpoint: str, version: str) -> str:
        """What the operation that deployed a version ended with, "" where that is not known."""
        link = self._operations.get((endpoint.lower(), version.lower()), "")
        if not link.startswith(f"{self._settings.cloud.manager}/"):
            return ""
        try:
            found = self._session.get(link, f"reading why {version!r} failed")
        except ProviderError:
            return ""
        return why_ended(json.dumps(found))

    def log_end(self, endpoint: str, version: str) -> str:
        """The last lines of a deployment's log on one line, "" where it can't be had."""
        doing = f"reading the log of {version!r}"
        asked = {"containerType": "InferenceServer", "tail": 100}
        try:
            path = f"{self._settings.deployment(endpoint, version)}/getLogs"
            found = self._session.call("POST", path, doing, body=asked).body
        except ProviderError:
            return ""
        lines = [line.strip() for line in str(found.get("content") or "").splitlines()]
        return " | ".join([line for line in lines if line][-LOG_LINES:])


def progress(deployments: Sequence[Body]) -> str:
    """What is being deployed or deleted, "" if nothing is."""
    doing = [
        f"{deployment['name']} {read.state(deployment).lower()}"
        for deployment in deployments
        if not read.is_final(deployment)
    ]
    return ", ".join(doing)
