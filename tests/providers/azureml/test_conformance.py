"""Azure ML keeps the contract of a provider, with shadow traffic and deployments."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from servers.azureml.running import Server

from canarycli.metrics import Window
from canarycli.testing.kit import LOAD, DeployerKit, DeployWorld, ProviderKit, ShadowKit, Trouble
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

FAULTS = {
    Trouble.THROTTLED: ("*", "throttle"),
    Trouble.BROKEN: ("*", "error"),
    Trouble.DROPPED: ("*", "drop_before"),
    Trouble.DENIED: ("*", "denied"),
    Trouble.LOST_WRITE: ("endpoint.put", "drop_after"),
}
QUALITY = {"statuses": {"500": LOAD.errors_5xx}, "latency": LOAD.latency}


class AzureWorld(DeployWorld):
    """The loopback server, whose changes take ten minutes unless somebody lets time pass."""

    endpoint, baseline, candidate = "churn", "blue", "teal"
    model = "churn@latest"

    def __init__(self, server: Server, provider: AzureML) -> None:
        self.server = server
        self.provider = provider
        server.control("settings", endpoint_seconds=600, deployment_seconds=600)
        server.control("asset", name="churn", version="8")
        self.options = {"instances": 1}

    def settle(self) -> None:
        self.server.control("advance", seconds=601)

    def drive(self, minutes: int) -> Window:
        self.foreign(Traffic.split(self.baseline, self.candidate, 50))
        now = self.server.control("now")["now"]
        start = self.server.control("advance", seconds=60 - now % 60)["now"]
        start -= start % 60
        self.server.control(
            "load",
            endpoint=self.endpoint,
            per_minute=2 * LOAD.requests,
            since=start,
            qualities={self.baseline: QUALITY, self.candidate: QUALITY},
        )
        self.server.control("advance", seconds=60 * minutes + 180)
        begin = datetime.fromtimestamp(start, UTC)
        return Window(begin, begin + timedelta(minutes=minutes))

    def foreign(self, to: Traffic) -> None:
        split = {name: int(share) for name, share in to.shares.items()}
        self.server.control("change", endpoint=self.endpoint, traffic=split)

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(*FAULTS[kind])

    @contextmanager
    def _in_trouble(self, operation: str, kind: str) -> Iterator[None]:
        self.server.fault(operation, kind)
        yield
        self.server.control("clear")


class TestAzureML(ProviderKit, ShadowKit, DeployerKit):
    @pytest.fixture
    def world(self, server: Server, newcomer: AzureML) -> AzureWorld:
        return AzureWorld(server, newcomer)
