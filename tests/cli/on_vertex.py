"""The installed command on a Vertex AI of its own: a key file, two addresses, nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.blackbox import Canary
from servers.vertex import Server
from servers.vertex.seed import ENDPOINT, seed

FLAGS = (
    *("--provider", "vertex", "--project", "acme-ml", "--region", "europe-west4"),
    *("--endpoint", ENDPOINT),
)
CONFIG = """
version: 1
endpoints:
  churn:
    provider: vertex
    project: acme-ml
    region: europe-west4
    endpoint: "1000"
    metric_delay: 0s
    metric_period: 1s
    plan: quick
plans:
  quick:
    read_every: 1s
    fails_after: 2
    on_no_metrics: {pause: 2s, then: rollback}
    stages:
      - {percent: 5, bake: 2s}
      - {percent: 50, bake: 2s}
      - {percent: 100}
    checks:
      - {metric: errors_5xx, never_above: 5%}
"""


@dataclass(frozen=True)
class OnVertex:
    """One endpoint, 1000 `churn`: 11 is models/500@1 with all the traffic, 22 models/500@2."""

    server: Server
    ann: Canary

    def serve(self, **candidate: Any) -> None:
        """Give the endpoint steady traffic; what is said here holds for all but the baseline."""
        behaviour = {"*": {"error_rate": 0.002, **candidate}, "11": {"error_rate": 0.002}}
        self.server.control(
            "POST",
            "load",
            endpoint=ENDPOINT,
            per_minute=60_000,
            since_minutes=2,
            behaviour=behaviour,
        )

    def silence(self) -> None:
        """End the traffic; what was measured so far stays."""
        self.server.control("POST", "load", endpoint=ENDPOINT, per_minute=0)

    def fault(self, call: str, kind: str, **more: Any) -> None:
        self.server.control("POST", "faults", call=call, kind=kind, **more)

    def deny(self, *permissions: str) -> None:
        self.server.control("POST", "settings", denied=list(permissions))

    def somebody_sets(self, **shares: int) -> None:
        """Another writer's split, by deployed model: `_22=60`."""
        split = {name.removeprefix("_"): share for name, share in shares.items()}
        self.server.control("PUT", f"endpoints/{ENDPOINT}", trafficSplit=split)

    @property
    def split(self) -> dict[str, int]:
        """The split in force, without zeroes."""
        found = self.server.cloud.endpoints[ENDPOINT]["trafficSplit"]
        return {name: share for name, share in found.items() if share}

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.server.cloud.endpoints[ENDPOINT].get("labels", {}))

    @property
    def calls(self) -> list[str]:
        return [call["call"] for call in self.server.calls]

    def raised(self, candidate: str = "22") -> list[int]:
        """The candidate's share in every write so far, answered or not, one after the other."""
        bodies = [c["body"] for c in self.server.calls if c["call"] == "updateEndpoint"]
        splits = [json.loads(body).get("trafficSplit") for body in bodies]
        return [split.get(candidate, 0) for split in splits if split is not None]


@contextmanager
def on_vertex(folder: Path) -> Iterator[OnVertex]:
    """Healthy traffic on both versions; no call may go anywhere else."""
    with Server() as server:
        seed(server)
        server.identity.key_bits = 1024
        server.control("POST", "settings", shortest_period=1, metric_delay=0)
        key = folder / "key.json"
        key.write_text(json.dumps(server.identity.new_key(server.url)))
        ann = Canary(folder / "ann", _environment(server.url, key))
        ann.write(CONFIG)
        world = OnVertex(server, ann)
        world.serve()
        yield world
        assert "CONNECT" not in world.calls, "a stray call"
        assert "unknown" not in world.calls, "a call that Google does not have"


def _environment(url: str, key: Path) -> dict[str, str]:
    return {
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "CANARY_VERTEX_ENDPOINT": url,
        "CANARY_MONITORING_ENDPOINT": url,
        "HTTPS_PROXY": url,
        "NO_PROXY": "127.0.0.1",
    }
