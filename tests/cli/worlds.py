"""One endpoint on each cloud's server, steered in the same words: faults, others, the truth."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE_FLAGS
from cli.on_azureml import OnAzure, on_azure
from cli.on_vertex import FLAGS as VERTEX_FLAGS
from cli.on_vertex import OnVertex, on_vertex
from servers.azureml.running import PLACE
from servers.sagemaker import Server, running

PLAN = """
    settle_within: 10s
    read_every: 1s
    hold_at_most: {pause: 1h, then: rollback}
    stages: [{percent: 5, bake: 1s}, {percent: 50, bake: 1s}, {percent: 100}]
    checks: []
"""
SHARES = (0, 5, 50, 100)


class Trouble(StrEnum):
    """What goes wrong with a call."""

    THROTTLED = "throttled"
    BROKEN = "broken"
    NOT_SENT = "not-sent"
    LOST = "lost"
    A_PAGE = "a-page"
    DENIED = "denied"
    EXPIRED = "expired"
    REFUSED = "refused"
    HANGS = "hangs"


class World(Protocol):
    """An endpoint whose baseline has everything, and ann with a canary.yaml for it.

    `flags` name it on a machine that has none, `metrics` is the call that asks for them.
    """

    ann: Canary
    flags: Sequence[str]
    model: str
    calls: Sequence[str]
    metrics: str

    def seen(self) -> Sequence[str]:
        """The calls so far."""

    def trouble(self, call: str, what: Trouble, skip: int, times: int) -> None:
        """Have calls of that name go wrong."""

    def calm(self) -> None:
        """Nothing goes wrong any more."""

    def somebody_sets(self, share: int) -> None:
        """Another writer gives the candidate a share."""

    def settles_in(self, seconds: float) -> None:
        """Have a change of traffic take so long."""

    def judge(self) -> None:
        """Serve healthy traffic, and give ann's plan a check."""

    def shares(self) -> Sequence[float]:
        """The candidate's shares so far, each change once, the one in force last."""


ALIKE = {
    Trouble.THROTTLED: "throttle",
    Trouble.NOT_SENT: "drop_before",
    Trouble.LOST: "drop_after",
    Trouble.HANGS: "hang",
    Trouble.REFUSED: "refuse",
}
"""The three servers' words for what they call the same."""


def _changes(shares: Iterator[float]) -> list[float]:
    found: list[float] = []
    for share in shares:
        if not found or abs(found[-1] - share) > 0.01:
            found.append(share)
    return found


@dataclass
class OnSageMaker:
    """`fraud`: v1 and v2."""

    server: Server
    ann: Canary
    flags: Sequence[str] = ("-e", "fraud", "--provider", "sagemaker", "--region", "us-east-1")
    model: str = "v2"
    calls: Sequence[str] = (
        *("DescribeEndpoint", "ListTags", "AddTags"),
        "UpdateEndpointWeightsAndCapacities",
    )
    metrics: str = "GetMetricData"

    def seen(self) -> Sequence[str]:
        """The calls so far."""
        return self.server.operations()

    def trouble(self, call: str, what: Trouble, skip: int, times: int) -> None:
        """Have calls of that name go wrong."""
        kind = {
            **ALIKE,
            Trouble.BROKEN: "error",
            Trouble.A_PAGE: "html",
            Trouble.DENIED: "denied",
            Trouble.EXPIRED: "expired",
        }[what]
        said = {"code": "ValidationException", "message": "1 validation error detected"}
        more = said if what is Trouble.REFUSED else {}
        self.server.fault(call, kind, skip=skip, times=times, **more)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.server.control("clear_faults")

    def somebody_sets(self, share: int) -> None:
        """Another writer gives the candidate a share."""
        change = {"endpoint": "fraud", "weights": {"v1": 100 - share, "v2": share}}
        self.server.control("change", change)

    def settles_in(self, seconds: float) -> None:
        """Have a change of traffic take so long."""
        self.server.control("settings", {"weights_seconds": seconds, "update_seconds": seconds})

    def judge(self) -> None:
        """Serve healthy traffic, and give ann's plan a check."""
        self.server.control("settings", {"metric_resolution_seconds": 1})
        healthy = {name: {"errors_5xx": 0.002} for name in ("v1", "v2")}
        body = {"endpoint": "fraud", "rate": 300, "backfill_seconds": 120, "variants": healthy}
        self.server.control("traffic", body)
        _check(self.ann, "provider: sagemaker,", "metric_delay: 0s, metric_period: 1s,")

    def shares(self) -> Sequence[float]:
        """The candidate's shares so far."""
        splits = self.server.control("shares", {"endpoint": "fraud"})
        return _changes(round(split.get("v2", 0), 2) for _, split in splits)


@dataclass
class OnGoogle:
    """`1000`: 11 and 22."""

    world: OnVertex
    ann: Canary
    flags: Sequence[str] = VERTEX_FLAGS
    model: str = "22"
    calls: Sequence[str] = ("token", "getEndpoint", "updateEndpoint")
    metrics: str = "timeSeries"

    def seen(self) -> Sequence[str]:
        """The calls so far."""
        return self.world.calls

    def trouble(self, call: str, what: Trouble, skip: int, times: int) -> None:
        """Have calls of that name go wrong."""
        kind = {
            **ALIKE,
            Trouble.BROKEN: "error500",
            Trouble.A_PAGE: "html",
            Trouble.DENIED: "forbidden",
            Trouble.EXPIRED: "unauthorized",
        }[what]
        said = {"status": "INVALID_ARGUMENT", "message": "Request contains an invalid argument."}
        more = said if what is Trouble.REFUSED else {}
        self.world.fault(call, kind, skip=skip, times=times, **more)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.world.server.control("DELETE", "faults")

    def somebody_sets(self, share: int) -> None:
        """Another writer gives the candidate a share."""
        self.world.somebody_sets(_11=100 - share, _22=share)

    def settles_in(self, seconds: float) -> None:
        """Vertex AI changes the split in its answer."""

    def judge(self) -> None:
        """Serve healthy traffic, and give ann's plan a check."""
        self.world.serve()
        _check(self.ann, "provider: vertex,", "metric_delay: 0s, metric_period: 1s,")

    def shares(self) -> Sequence[float]:
        """The candidate's shares so far."""
        splits = self.world.server.cloud.splits
        return _changes(float(split.get("22", 0)) for name, split in splits if name == "1000")


@dataclass
class OnMicrosoft:
    """`eta`: blue and teal."""

    world: OnAzure
    ann: Canary
    flags: Sequence[str] = AZURE_FLAGS
    model: str = "teal"
    calls: Sequence[str] = ("token", "endpoint.get", "deployment.list", "endpoint.put")
    metrics: str = "metrics"

    def seen(self) -> Sequence[str]:
        """The calls so far."""
        return [call["operation"] for call in self.world.server.calls()]

    def trouble(self, call: str, what: Trouble, skip: int, times: int) -> None:
        """Have calls of that name go wrong."""
        kind = {
            **ALIKE,
            Trouble.BROKEN: "error",
            Trouble.A_PAGE: "bad_gateway",
            Trouble.DENIED: "denied",
            Trouble.EXPIRED: "expired",
        }[what]
        lock = "cannot perform the operation because following scope(s) are locked"
        said = {"status": 409, "code": "ScopeLocked", "message": f"The scope {lock}"}
        more = said if what is Trouble.REFUSED else {}
        self.world.server.fault(call, kind, skip=skip, times=times, **more)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.world.forget()

    def somebody_sets(self, share: int) -> None:
        """Another writer gives the candidate a share."""
        self.world.somebody_sets(blue=100 - share, teal=share)

    def settles_in(self, seconds: float) -> None:
        """Have a change of traffic take so long."""
        self.world.server.control("settings", endpoint_seconds=seconds)

    def judge(self) -> None:
        """Serve healthy traffic, and give ann's plan a check."""
        self.world.serve()
        _check(self.ann, "provider: azureml,", "metric_delay: 0s,")

    def shares(self) -> Sequence[float]:
        """The candidate's shares so far."""
        return [float(share) for share in self.world.shares()]


def _check(ann: Canary, provider: str, soon: str) -> None:
    written = (ann.folder / "canary.yaml").read_text()
    checks = "on_no_metrics: {pause: 2s, then: rollback}\n    checks: "
    written = written.replace(provider, f"{provider} {soon}")
    ann.write(written.replace("checks: []", f"{checks}[{{metric: errors_5xx, never_above: 5%}}]"))


def _config(head: str) -> str:
    return f"version: 1\nendpoints:\n{head}\nplans:\n  quick:{PLAN}"


@contextmanager
def sagemaker(folder: Path) -> Iterator[World]:
    """A server of its own."""
    with running() as server:
        server.endpoint("fraud", {"v1": 1, "v2": 0})
        ann = Canary(folder / "ann", dict(server.environment))
        ann.write(_config("  fraud: {provider: sagemaker, region: us-east-1, plan: quick}"))
        yield OnSageMaker(server, ann)


@contextmanager
def vertex(folder: Path) -> Iterator[World]:
    """A server of its own."""
    with on_vertex(folder) as world:
        place = 'project: acme-ml, region: europe-west4, endpoint: "1000"'
        world.ann.write(_config(f"  churn: {{provider: vertex, {place}, plan: quick}}"))
        yield OnGoogle(world, world.ann)


@contextmanager
def azureml(folder: Path) -> Iterator[World]:
    """A server of its own."""
    with on_azure(folder) as world:
        place = ", ".join(f"{key}: {value}" for key, value in PLACE.items())
        world.ann.write(_config(f"  eta: {{provider: azureml, {place}, plan: quick}}"))
        yield OnMicrosoft(world, world.ann)


WORLDS: Mapping[str, Callable[[Path], AbstractContextManager[World]]] = {
    "sagemaker": sagemaker,
    "vertex": vertex,
    "azureml": azureml,
}
