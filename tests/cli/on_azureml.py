"""The installed command on an Azure of its own: a proxy, an authority, a service principal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.blackbox import Canary
from servers.azureml.running import PLACE, Server, serving

ENDPOINT = "eta"
FLAGS = (
    *("--provider", "azureml", "--endpoint", ENDPOINT),
    *("--subscription", PLACE["subscription"]),
    *("--resource-group", PLACE["resource_group"]),
    *("--workspace", PLACE["workspace"]),
)
CONFIG = f"""
version: 1
endpoints:
  eta:
    provider: azureml
    subscription: {PLACE["subscription"]}
    resource_group: {PLACE["resource_group"]}
    workspace: {PLACE["workspace"]}
    metric_delay: 0s
    plan: quick
plans:
  quick:
    read_every: 1s
    stages:
      - {{percent: 5, bake: 2s}}
      - {{percent: 50, bake: 2s}}
      - {{percent: 100}}
    checks: []
  judged:
    read_every: 5s
    fails_after: 1
    on_no_metrics: {{pause: 2s, then: rollback}}
    stages:
      - {{percent: 20, bake: 2s}}
      - {{percent: 100}}
    checks:
      - {{metric: errors, never_above: 5%}}
"""


@dataclass(frozen=True)
class OnAzure:
    """One endpoint, `eta`: blue has all the traffic, teal is idle."""

    server: Server
    ann: Canary

    def serve(self, endpoint: str = ENDPOINT, **candidate: float) -> None:
        """Ten minutes of steady traffic up to now and from now on; teal fails as said here."""
        now = self.server.control("now")["now"]
        healthy = {"500": 0.002}
        self.server.control(
            "load",
            endpoint=endpoint,
            per_minute=12_000,
            since=now - 600,
            qualities={
                "blue": {"statuses": healthy},
                "teal": {"statuses": {k.removeprefix("_"): v for k, v in candidate.items()}},
            },
        )

    def somebody_sets(self, **traffic: int) -> None:
        self.server.control("change", endpoint=ENDPOINT, traffic=traffic)

    def forget(self) -> None:
        """Empty the call log, and end all faults."""
        self.server.control("clear")

    @property
    def split(self) -> dict[str, int]:
        """The split in force, without zeroes."""
        found = self.server.look(ENDPOINT)["properties"]["traffic"]
        return {name: share for name, share in found.items() if share}

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.server.look(ENDPOINT).get("tags") or {})

    @property
    def calls(self) -> list[str]:
        return self.server.operations()

    def shares(self, candidate: str = "teal", endpoint: str = ENDPOINT) -> list[int]:
        """The candidate's share at every instant so far, each change of it once."""
        found: list[int] = []
        for _, traffic, _ in self.server.control("history", endpoint=endpoint)["history"]:
            share = int(traffic.get(candidate, 0))
            if found[-1:] != [share]:
                found.append(share)
        return found


@contextmanager
def on_azure(folder: Path) -> Iterator[OnAzure]:
    """Nothing tells canary where Azure is but the proxy, and who it is but three variables."""
    with serving(folder / "ca.pem") as server:
        place(server, ENDPOINT)
        ann = Canary(folder / "ann", environment(server))
        ann.write(CONFIG)
        yield OnAzure(server, ann)


def place(server: Server, endpoint: str) -> None:
    """An endpoint with two deployments and a tag of its owner's."""
    server.control(
        "endpoint",
        name=endpoint,
        traffic={"blue": 100},
        tags={"team": "rides"},
        deployments={"blue": {"model": "eta:1"}, "teal": {"model": "eta:2"}},
    )


def environment(server: Server) -> dict[str, str]:
    """What an outside user has: no place, no address."""
    given: dict[str, Any] = dict(server.environment)
    del given["AZURE_SUBSCRIPTION_ID"]
    return given
