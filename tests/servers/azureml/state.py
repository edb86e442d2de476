"""What the server knows: workspaces with endpoints, deployments and assets, on its own clock."""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from .load import Load

SUBSCRIPTION = "0d1f0000-0000-4000-8000-000000000001"
GROUP, WORKSPACE, LOCATION = "ml-prod", "eta-ws", "westeurope"
PROVIDER = "Microsoft.MachineLearningServices"


@dataclass
class Settings:
    """How long things take, and the answers that no source confirms (sheet, section 13).

    `/__control/settings` sets any of them by name.
    """

    endpoint_seconds: float = 0.3
    deployment_seconds: float = 0.6
    ingestion_seconds: float = 0.0  # newer minutes of a metric still read 0
    latency_seconds: float = 0.0  # by so much latency arrives later than the requests
    page_size: int = 100
    next_host: str = ""  # where the next page of a list is said to be, "" for where the first was
    newest_first: bool = True  # False: versions of assets as they were registered, all of them
    unready_traffic: str = "accept"  # or reject: traffic to a deployment that is not Succeeded
    patch_properties: str = "ignore"  # or reject, apply
    deployment_blocks_endpoint: bool = False
    rollup: str = "mean"  # or sum: RequestsPerMinute over dimensions that are not split
    missing: str = "omit"  # or zero, drop: latency of a minute without requests
    strict_aggregation: bool = True
    shadow_counts: bool = True
    merge_tags: bool = True
    system_data: bool = True  # False: no systemData in answers
    granted: list[str] | None = None  # actions the caller has, None for all
    secret: str = ""  # the only client secret accepted, "" for any
    front_ends: int = 3  # each reports a latency percentile of its own
    storage_closed: bool = False  # True: nobody may write to the storage account


@dataclass
class Operation:
    """A change under way; `then` is what holds when it is over."""

    id: str
    ends: float
    state: str
    then: dict[str, Any] | None
    error: dict[str, Any] | None = None


@dataclass
class Resource:
    """An endpoint or a deployment as ARM shows it, and the change under way."""

    body: dict[str, Any]
    operation: Operation | None = None
    log: str = ""
    failure: str = ""

    @property
    def state(self) -> str:
        return str(self.body["properties"]["provisioningState"])


@dataclass
class Endpoint(Resource):
    """An endpoint, what is deployed on it, and the split over time."""

    deployments: dict[str, Resource] = field(default_factory=dict)
    history: list[tuple[float, dict[str, float], dict[str, float]]] = field(default_factory=list)
    load: Load = field(default_factory=Load)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def find(self, name: str) -> Resource | None:
        return next((d for n, d in self.deployments.items() if n.lower() == name.lower()), None)


@dataclass
class Workspace:
    """One workspace: `models` has `name -> [{version, properties}]`, other assets likewise."""

    subscription: str
    group: str
    name: str
    location: str = LOCATION
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    assets: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/{PROVIDER}/workspaces/{self.name}"
        )

    def find(self, name: str) -> Endpoint | None:
        return next((e for n, e in self.endpoints.items() if n.lower() == name.lower()), None)


class State:
    """Everything, under one lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tokens: dict[str, str] = {}
        self.expired: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.offset = 0.0
            self.tokens |= self.expired
            self.settings = Settings()
            first = Workspace(SUBSCRIPTION, GROUP, WORKSPACE)
            self.workspaces = {first.id.lower(): first}
            self.calls: list[dict[str, Any]] = []
            self.failing: dict[str, str] = {}
            self.reasons: dict[str, dict[str, str]] = {}
            self.next_id = 0
            self.blobs: dict[str, tuple[bytes, float]] = {}
            self.logs: list[tuple[str, str, float, float]] = []
            self.queries: list[str] = []
            self.operations: dict[str, Operation] = {}
            self.writer = "canary-test"
            self.blocks: dict[str, list[bytes]] = {}

    def now(self) -> float:
        """Seconds since the epoch on the server's clock."""
        return time.time() + self.offset

    def number(self) -> int:
        self.next_id += 1
        return self.next_id

    def configure(self, values: dict[str, Any]) -> None:
        known = {f.name for f in fields(Settings)}
        for key, value in values.items():
            if key not in known:
                raise KeyError(key)
            setattr(self.settings, key, value)

    def stamp(self, body: dict[str, Any]) -> None:
        """Note who changed a resource and when."""
        if not self.settings.system_data:
            body.pop("systemData", None)
            return
        now = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        data = body.setdefault("systemData", {"createdAt": now, "createdBy": self.writer})
        data.update(
            createdByType="Application",
            lastModifiedAt=now,
            lastModifiedBy=self.writer,
            lastModifiedByType="Application",
        )

    def settle(self) -> None:
        """Bring every change into force whose time has come."""
        for workspace in self.workspaces.values():
            for name, endpoint in list(workspace.endpoints.items()):
                for dep, deployment in list(endpoint.deployments.items()):
                    if self._over(deployment) and self._finish(deployment) is None:
                        del endpoint.deployments[dep]
                if not self._over(endpoint):
                    continue
                ended = endpoint.operation.ends if endpoint.operation else 0.0
                if self._finish(endpoint) is None:
                    del workspace.endpoints[name]
                else:
                    self.remember(endpoint, ended)

    def remember(self, endpoint: Endpoint, at: float) -> None:
        """Put the split in force into the history."""
        properties = endpoint.body["properties"]
        split, shadow = properties.get("traffic") or {}, properties.get("mirrorTraffic") or {}
        endpoint.history.append((at, dict(split), dict(shadow)))

    def _over(self, resource: Resource) -> bool:
        return resource.operation is not None and resource.operation.ends <= self.now()

    def _finish(self, resource: Resource) -> dict[str, Any] | None:
        operation, resource.operation = resource.operation, None
        if operation is None:
            return resource.body
        if operation.error is not None:
            resource.body["properties"]["provisioningState"] = "Failed"
            return resource.body
        if operation.then is None:
            return None
        kept = resource.body.get("systemData")
        resource.body = copy.deepcopy(operation.then)
        if kept is not None:
            resource.body["systemData"] = kept
        resource.body["properties"]["provisioningState"] = "Succeeded"
        return resource.body
