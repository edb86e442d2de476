"""The clouds' servers with many endpoints on each, and a release on every one of them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the servers the tests use
from cli.on_azureml import environment, place
from cli.on_vertex import on_vertex
from servers.azureml.running import PLACE, serving
from servers.sagemaker.running import running
from servers.vertex.seed import deployed

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.release.record import Release

AZURE = "/".join(PLACE[part] for part in ("subscription", "resource_group", "workspace"))


@dataclass(frozen=True, slots=True)
class World:
    """One cloud.

    Attributes:
        env: what lets canary find it.
        releases: one on each endpoint.
        tally: how many calls of each kind it got.
    """

    env: Mapping[str, str]
    releases: tuple[Release, ...]
    tally: Callable[[], Mapping[str, int]]


def plan() -> Plan:
    """Five checks, two of them on errors, that stay open for the whole bench."""
    rates = [
        Check(name, Metric(name), no_worse_by=Margin(absolute=0.02))
        for name in ("errors", "errors_4xx")
    ]
    values = [
        Check(name, Metric(name), no_worse_by=Margin(0.5))
        for name in ("latency_p90", "latency_p50", "cpu")
    ]
    return Plan(
        stages=(Stage(5, timedelta(days=1)), Stage(100, timedelta(0))),
        checks=(*rates, *values),
        unclear_after=timedelta(days=1),
    )


def release(number: int) -> Release:
    """One at its first stage, in place since two minutes ago."""
    now = datetime.now(UTC)
    since = now - timedelta(minutes=2)
    return Release(
        id=f"r-{number}",
        provider="sagemaker",
        place="us-east-1",
        endpoint=f"e-{number}",
        baseline="blue",
        candidate="green",
        plan=plan(),
        started_at=since,
        started_by="bench",
        settings={"region": "us-east-1"},
        target=5.0,
        asked_at=since,
        written=True,
        raised=True,
        confirmed_at=since,
        waiting_since=since,
        seen_at=now,
        reached=5.0,
    )


@contextmanager
def on_sagemaker(number: int, _folder: Path) -> Iterator[World]:
    """A server of its own process."""
    with running() as server:
        for one in range(number):
            server.endpoint(f"e-{one}", {"blue": 95, "green": 5})
            # Few requests, half of them on each: the server shares the machine, and makes each.
            load = {"rate": 0.3, "split": {"blue": 0.5, "green": 0.5}, "backfill_seconds": 180}
            server.control("traffic", {"endpoint": f"e-{one}", **load})
        yield World(
            server.environment,
            tuple(release(one) for one in range(number)),
            lambda: dict(server.control("tally")),
        )


@contextmanager
def on_vertex_ai(number: int, folder: Path) -> Iterator[World]:
    """A server in threads of this process."""
    with on_vertex(folder) as world:
        for one in range(number):
            models = [deployed("11", "1"), deployed("22", "2")]
            split = {"11": 95, "22": 5}
            body = {"displayName": f"e-{one}", "deployedModels": models, "trafficSplit": split}
            world.server.cloud.put_endpoint(str(2000 + one), body)
            world.server.control(
                "POST", "load", endpoint=str(2000 + one), per_minute=60, since_minutes=3
            )
        settings = {"project": "acme-ml", "region": "europe-west4"}
        of_it = {"provider": "vertex", "place": "acme-ml/europe-west4", "settings": settings}
        arms = {"baseline": "11", "candidate": "22"}
        yield World(
            world.ann.env,
            tuple(
                replace(release(one), **of_it, **arms, endpoint=str(2000 + one))  # type: ignore[arg-type]  # each is one of its fields
                for one in range(number)
            ),
            lambda: dict(Counter(world.calls)),
        )


@contextmanager
def on_azure_ml(number: int, folder: Path) -> Iterator[World]:
    """A server in threads of this process."""
    with serving(folder / "ca.pem") as server:
        for one in range(number):
            place(server, f"e-{one}")
            server.control("change", endpoint=f"e-{one}", traffic={"blue": 95, "teal": 5})
            now = server.control("now")["now"]
            server.control("load", endpoint=f"e-{one}", per_minute=60, since=now - 180)
        of_it = {"provider": "azureml", "place": AZURE, "settings": dict(PLACE)}
        yield World(
            environment(server),
            tuple(
                replace(release(one), **of_it, candidate="teal")  # type: ignore[arg-type]  # each is one of its fields
                for one in range(number)
            ),
            lambda: dict(Counter(server.operations())),
        )


WORLDS: Mapping[str, Callable[[int, Path], AbstractContextManager[World]]] = {
    "sagemaker": on_sagemaker,
    "vertex": on_vertex_ai,
    "azureml": on_azure_ml,
}
