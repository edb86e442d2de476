"""CloudWatch as a source for an endpoint of any cloud: the kit, and one call for many metrics."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented
from servers.sagemaker import Server

from canarycli.metrics import Counts, Metric, Origin, Value
from canarycli.source import Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid
from canarycli_sources.cloudwatch import CloudWatch

VARIABLE = "AWS_SECRET_ACCESS_KEY"
FAULTS = {
    SourceTrouble.DENIED: "denied",
    SourceTrouble.DOWN: "error",
    SourceTrouble.CUT: "truncated",
    SourceTrouble.STRANGE: "html",
}


def asking(name: str = "bought", **more: Any) -> Metric:
    plain = {"namespace": "Shop", "n": "Offers", "bad": "Bought", "labels": {"Model": "{arm}"}}
    source = {key: value for key, value in {**plain, **more}.items() if value}
    return Metric(name, source=source, origin=Origin("aws", "cloudwatch"))


class MetersWorld(SourceWorld):
    """One account; of nothing bad there is no value at all."""

    variable, metric = VARIABLE, asking()

    def __init__(self, server: Server) -> None:
        self.server = server
        self.secret = os.environ[VARIABLE]
        self.source: Source = CloudWatch({"region": "us-east-1"})

    def lay(self, laid: Laid) -> None:
        for arm, minute, n, bad in laid:
            at = (START + minute * MINUTE).timestamp()
            for name, value in (("Offers", n), ("Bought", bad)):
                if value:
                    body = {"namespace": "Shop", "dimensions": {"Model": arm}, "at": at}
                    self.server.control("values", {**body, "name": name, "values": [value]})

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.server.fault("GetMetricData", FAULTS[kind])
        yield

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(server: Server) -> MetersWorld:
    return MetersWorld(server)


class TestCloudWatch(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are the machine's own, which are told of when it is asked."""
        assert world.variable in os.environ


def test_all_metrics_of_all_arms_are_one_call(world: MetersWorld) -> None:
    world.lay(LAID)
    mean = asking("mean", bad=None, sum="Bought", mean=True)
    most = asking("most", n=None, bad=None, value="Bought", statistic="Maximum")

    found = world.source.measure(ARMS, [world.metric, mean, most], WHOLE)

    assert found.of("v41", world.metric).points[0] == Counts(START, 600, 12)
    assert found.of("v41", mean).points[0] == Value(START, 12 / 600, 600)
    assert found.of("v42", most).points[0] == Value(START, 2)
    assert len(world.server.calls("GetMetricData")) == 1
    assert (
        found.queries["most"] == "Shop Bought Maximum {Model=v41}; Shop Bought Maximum {Model=v42}"
    )


def test_the_example_of_the_docs_runs(world: MetersWorld, tmp_path: Path) -> None:
    world.lay(LAID)
    metric = documented(tmp_path, "cloudwatch")
    assert metric.origin is not None

    found = CloudWatch(metric.origin.settings).measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points[0] == Counts(START, 40, 2)


def test_roles_may_be_the_names_of_arms(world: MetersWorld) -> None:
    world.lay([("candidate", 0, 5, 1)])
    metric = asking(labels={"Model": "{role}"})

    found = world.source.measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points == (Counts(START, 5, 1),)
