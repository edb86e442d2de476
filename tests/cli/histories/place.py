"""Where a history happens: an endpoint with a rival candidate and a neighbour, as it really is."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.worlds import WORLDS, OnGoogle, OnMicrosoft, OnSageMaker
from servers.vertex.seed import deployed

Split = Mapping[str, float]
Splits = Sequence[tuple[float, Split]]

FAILING = 0.3
PLANS = """
plans:
  quick:
    settle_within: 8s
    read_every: 1s
    fails_after: 2
    on_no_metrics: {pause: 2s, then: rollback}
    hold_at_most: {pause: 1h, then: rollback}
    stages: [{percent: 5, bake: 1s}, {percent: 50, bake: 1s}, {percent: 100}]
    checks: CHECKS
  held:
    settle_within: 8s
    read_every: 1s
    fails_after: 2
    on_no_metrics: {pause: 2s, then: rollback}
    stages: [{percent: 5, bake: 1s, then: hold}, {percent: 50, bake: 1s}, {percent: 100}]
    checks: CHECKS
"""
CHECK = "[{metric: errors_5xx, never_above: 5%}]"


@dataclass(frozen=True)
class Names:
    """What the versions are called, and the two endpoints."""

    baseline: str
    candidate: str
    other: str
    new: str
    endpoint: str
    neighbour: str


NAMES = {
    "sagemaker": Names("v1", "v2", "v3", "v4", "fraud", "ledger"),
    "vertex": Names("11", "22", "33", "44", "1000", "2000"),
    "azureml": Names("blue", "teal", "red", "gold", "eta", "ledger"),
}


class Noted(list[tuple[str, dict[str, int]]]):
    """Splits of the Vertex AI server, with when they came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def append(self, split: tuple[str, dict[str, int]]) -> None:
        super().append(split)
        self.times.append(time.time())


@dataclass
class Place:
    """A cloud as somebody sees it who looks after the fact."""

    world: OnSageMaker | OnGoogle | OnMicrosoft
    names: Names
    config: str

    def add(self, version: str) -> None:
        """As somebody deploys one, without traffic."""
        name = self.names.endpoint
        match self.world:
            case OnSageMaker(server=server):
                server.control("variants", {"endpoint": name, "add": [version]})
            case OnGoogle(world=google):
                cloud = google.server.cloud
                there = [v for v in cloud.endpoints[name]["deployedModels"] if v["id"] != version]
                cloud.put_endpoint(name, {"deployedModels": [*there, deployed(version, "3")]})
            case OnMicrosoft(world=azure):
                azure.server.control("deployment", endpoint=name, name=version, model="eta:9")

    def remove(self, version: str) -> None:
        """As somebody gives its traffic to the baseline and takes it away."""
        name, home = self.names.endpoint, self.names.baseline
        split = dict(self.splits()[-1][1])
        split[home] = split.get(home, 0) + split.pop(version, 0)
        match self.world:
            case OnSageMaker(server=server):
                server.control("variants", {"endpoint": name, "remove": [version]})
            case OnGoogle(world=google):
                cloud = google.server.cloud
                there = [v for v in cloud.endpoints[name]["deployedModels"] if v["id"] != version]
                whole = {version: round(share) for version, share in split.items()}
                cloud.put_endpoint(name, {"deployedModels": there, "trafficSplit": whole})
            case OnMicrosoft(world=azure):
                azure.server.control("change", endpoint=name, traffic=split)
                azure.server.control("remove", endpoint=name, name=version)

    def neighbours_config(self) -> str:
        """The canary.yaml of the project next door."""
        head = self.config.partition("plans:")[0]
        for ours in ("fraud", "churn", "  eta:", '"1000"'):
            theirs = {"  eta:": "  ledger:", '"1000"': '"2000"'}.get(ours, "ledger")
            head = head.replace(ours, theirs)
        return head + PLANS.replace("CHECKS", "[]")

    def splits(self, *, neighbour: bool = False) -> Splits:
        """Every split so far, with its seconds since the epoch, without zeroes."""
        name = self.names.neighbour if neighbour else self.names.endpoint
        return [
            (at, {version: round(share, 2) for version, share in split.items() if share > 0.01})
            for at, split in self._splits(name)
        ]

    def _splits(self, name: str) -> Iterator[tuple[float, Split]]:
        match self.world:
            case OnSageMaker(server=server):
                yield from server.control("shares", {"endpoint": name})
            case OnGoogle(world=google):
                noted = google.server.cloud.splits
                assert isinstance(noted, Noted)
                found = zip(list(noted.times), list(noted), strict=False)
                yield from ((at, split) for at, (of, split) in found if of == name)
            case OnMicrosoft(world=azure):
                history = azure.server.control("history", endpoint=name)["history"]
                yield from ((at, split) for at, split, _ in history)

    def owners_tags(self) -> Mapping[str, str]:
        """What the endpoint's owner has noted on both endpoints."""
        found: dict[str, str] = {}
        for name in (self.names.endpoint, self.names.neighbour):
            tags = self._tags(name)
            found |= {f"{name} {k}": v for k, v in tags.items() if not k.startswith("canary-")}
        return found

    def _tags(self, name: str) -> Mapping[str, str]:
        match self.world:
            case OnSageMaker(server=server):
                tags = server.control("made")["tags"]
                return next((dict(t) for arn, t in tags.items() if arn.endswith(f"/{name}")), {})
            case OnGoogle(world=google):
                return dict(google.server.cloud.endpoints[name].get("labels", {}))
            case OnMicrosoft(world=azure):
                return dict(azure.server.look(name).get("tags") or {})


@contextmanager
def place(
    cloud: str, folder: Path, *, slow: float, bad: bool, judged: bool = False
) -> Iterator[Place]:
    """A cloud of its own."""
    names = NAMES[cloud]
    with WORLDS[cloud](folder) as world:
        assert isinstance(world, OnSageMaker | OnGoogle | OnMicrosoft)
        head = (world.ann.folder / "canary.yaml").read_text().partition("plans:")[0]
        if cloud != "azureml":
            provider = f"provider: {cloud},"
            head = head.replace(provider, f"{provider} metric_delay: 0s, metric_period: 1s,")
        config = head + PLANS.replace("CHECKS", CHECK if bad or judged else "[]")
        _furnish(world, names, slow=slow, bad=bad)
        yield Place(world, names, config)


def _furnish(
    world: OnSageMaker | OnGoogle | OnMicrosoft, names: Names, *, slow: float, bad: bool
) -> None:
    error_rate = FAILING if bad else 0.002
    match world:
        case OnSageMaker(server=server):
            world.settles_in(slow)
            server.control("settings", {"metric_resolution_seconds": 1})
            for name in (names.endpoint, names.neighbour):
                server.endpoint(name, {"v1": 1, "v2": 0, "v3": 0})
                arn = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}"
                server.control("tags", {"arn": arn, "tags": {"team": "rides"}})
            served = {name: {"errors_5xx": error_rate} for name in ("v2", "v3")}
            _serve(server, names.endpoint, {"v1": {"errors_5xx": 0.002}, **served})
        case OnGoogle(world=google):
            cloud = google.server.cloud
            cloud.splits = Noted()
            models = [deployed("11", "1", replicas=2), deployed("22", "2"), deployed("33", "3")]
            given = {"deployedModels": models, "trafficSplit": {"11": 100}}
            cloud.put_endpoint("1000", given)
            labels = {"team": "rides"}
            cloud.put_endpoint("2000", {"displayName": "ledger", "labels": labels, **given})
            google.serve(error_rate=error_rate)
        case OnMicrosoft(world=azure):
            world.settles_in(slow)
            deployments = {n: {"model": f"eta:{k}"} for k, n in enumerate(("blue", "teal", "red"))}
            for name in (names.endpoint, names.neighbour):
                tags, traffic = {"team": "rides"}, {"blue": 100}
                more: dict[str, Any] = {"tags": tags, "deployments": deployments}
                azure.server.control("endpoint", name=name, traffic=traffic, **more)


def _serve(server: Any, endpoint: str, variants: Mapping[str, Any]) -> None:
    body = {"endpoint": endpoint, "rate": 300, "backfill_seconds": 120, "variants": variants}
    server.control("traffic", body)
