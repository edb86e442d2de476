"""Azure Monitor as a source for an endpoint of any cloud."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from azure.core import PipelineClient
from servers.azureml.running import Server

from canarycli.errors import Unsupported, UsageError
from canarycli.metrics import Counts, Metric, Origin, Value
from canarycli.source import Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid
from canarycli_sources.azure_monitor import AzureMonitor

VARIABLE = "AZURE_CLIENT_SECRET"
FAULTS = {
    SourceTrouble.DENIED: "denied",
    SourceTrouble.DOWN: "unavailable",
    SourceTrouble.CUT: "garbage",
    SourceTrouble.STRANGE: "html",
}


def asking(name: str = "bought", **more: Any) -> Metric:
    plain = {"namespace": "shop", "n": "Offers", "bad": "Bought", "labels": {"model": "{arm}"}}
    source = {key: value for key, value in {**plain, **more}.items() if value}
    return Metric(name, source=source, origin=Origin("azure", "azure_monitor"))


class MetersWorld(SourceWorld):
    """The metrics of one resource; of nothing bad there is no value at all."""

    variable, metric = VARIABLE, asking()

    def __init__(self, server: Server, client: PipelineClient[Any, Any]) -> None:
        self.server = server
        self.secret = os.environ[VARIABLE]
        found = server.look("churn")["id"]
        self.source: Source = AzureMonitor({"resource": found}, client=client)
        self.put("v41", "Offers", [])
        self.put("v41", "Bought", [])

    def lay(self, laid: Laid) -> None:
        for arm, minute, n, bad in laid:
            at = (START + minute * MINUTE).timestamp()
            for name, value in (("Offers", n), ("Bought", bad)):
                if value:
                    self.put(arm, name, [[at, value]])

    def put(self, arm: str, name: str, values: list[list[float]]) -> None:
        self.server.control(
            "values",
            endpoint="churn",
            namespace="shop",
            name=name,
            dimensions={"model": arm},
            values=values,
        )

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.server.fault("metrics", FAULTS[kind])
        yield

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(server: Server, client: PipelineClient[Any, Any]) -> MetersWorld:
    return MetersWorld(server, client)


class TestAzureMonitor(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are the environment's own, which are told of when it is asked."""
        assert world.variable in os.environ


def test_metrics_of_an_arm_are_one_call(world: MetersWorld) -> None:
    world.lay(LAID)
    mean = asking("mean", bad=None, sum="Bought", mean=True)
    most = asking("most", n=None, bad=None, value="Bought", statistic="Maximum")

    found = world.source.measure(ARMS, [world.metric, mean, most], WHOLE)

    assert found.of("v41", world.metric).points[0] == Counts(START, 600, 12)
    assert found.of("v41", mean).points[0] == Value(START, 12 / 600, 600)
    assert found.of("v42", most).points[0] == Value(START, 2)
    assert len(world.server.calls("metrics")) == 4  # the totals of each arm, and its maximum


def test_what_can_not_be_asked_is_said(world: MetersWorld) -> None:
    odd = asking(n=None, bad=None, value="Bought", statistic="P90")
    with pytest.raises(Unsupported, match="no statistic 'P90'"):
        world.source.measure(ARMS, [odd], WHOLE)
    with pytest.raises(UsageError, match="minute by minute"):
        AzureMonitor({"resource": "/subscriptions/x", "period": timedelta(minutes=5)})
    with pytest.raises(UsageError, match="needs resource"):
        AzureMonitor({"resource": "shop"})
