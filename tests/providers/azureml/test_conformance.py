"""Azure ML keeps the contract of a provider, with shadow traffic and deployments."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from providers.apart import ApartKit
from providers.races import RacesKit
from servers.azureml.running import Server

from canarycli.metrics import Window
from canarycli.testing.kit import (
    BASELINE_LOAD,
    CANDIDATE_LOAD,
    Custom,
    DeployerKit,
    DeployWorld,
    DoctorKit,
    Load,
    PolicyKit,
    ProviderKit,
    ShadowKit,
    SmokerKit,
    SmokeWorld,
    Trouble,
)
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

FAULTS = {
    Trouble.THROTTLED: ("*", "throttle"),
    Trouble.BROKEN: ("*", "error"),
    Trouble.DROPPED: ("*", "drop_before"),
    Trouble.DENIED: ("*", "denied"),
    Trouble.LOST_WRITE: ("endpoint.put", "drop_after"),
}
ALL = BASELINE_LOAD.requests + CANDIDATE_LOAD.requests


def quality(load: Load) -> dict[str, object]:
    return {
        "statuses": {"500": load.errors_5xx, "404": load.errors_4xx},
        "latency": load.latency,
    }


class AzureWorld(DeployWorld, SmokeWorld):
    """The loopback server, whose changes take ten minutes unless somebody lets time pass."""

    endpoint, baseline, candidate = "churn", "blue", "teal"
    model = "churn@latest"
    body = b"{}"
    silent = frozenset({"gpu"})
    custom = Custom(
        {
            "azure_monitor": {
                "name": "ApprovalRate",
                "namespace": "fraud",
                "aggregation": "Average",
                "dimensions": {"arm": "{arm}"},
            }
        },
        0.25,
    )

    def __init__(self, server: Server, provider: AzureML) -> None:
        self.server = server
        self.provider = provider
        server.control("settings", endpoint_seconds=600, deployment_seconds=600)
        server.control("asset", name="churn", version="8")
        self.options = {"instances": 1}

    def settle(self) -> None:
        self.server.control("advance", seconds=601)

    def drive(self, minutes: int) -> Window:
        self.foreign(Traffic.split(self.baseline, self.candidate, 33))
        now = self.server.control("now")["now"]
        start = self.server.control("advance", seconds=60 - now % 60)["now"]
        start -= start % 60
        self.server.control(
            "load",
            endpoint=self.endpoint,
            per_minute=ALL,
            since=start,
            qualities={
                self.baseline: quality(BASELINE_LOAD),
                self.candidate: quality(CANDIDATE_LOAD),
            },
        )
        self.server.control("advance", seconds=60 * minutes + 180)
        for arm, share in {self.baseline: 0.75, self.candidate: 0.25}.items():
            self.server.control(
                "values",
                endpoint=self.endpoint,
                namespace="fraud",
                name="ApprovalRate",
                dimensions={"arm": arm},
                values=[[start + 60 * minute + 1, share] for minute in range(minutes)],
            )
        begin = datetime.fromtimestamp(start, UTC)
        return Window(begin, begin + timedelta(minutes=minutes))

    def foreign(self, to: Traffic) -> None:
        split = {name: int(share) for name, share in to.shares.items()}
        self.server.control("change", endpoint=self.endpoint, traffic=split)

    def splits(self) -> list[Traffic]:
        history = self.server.control("history", endpoint=self.endpoint)["history"]
        return [Traffic.from_weights(split) for _, split, _ in history]

    def sicken(self, version: str) -> bool:
        self.server.control("state", endpoint=self.endpoint, deployment=version, state="Failed")
        return True

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(*FAULTS[kind])

    def asleep(self) -> AbstractContextManager[None]:
        return self._in_trouble("endpoint.put", "drop_before")

    @contextmanager
    def _in_trouble(self, operation: str, kind: str) -> Iterator[None]:
        self.server.fault(operation, kind)
        try:
            yield
        finally:
            self.server.control("clear")


class TestAzureML(
    ProviderKit, ApartKit, ShadowKit, DeployerKit, DoctorKit, PolicyKit, SmokerKit, RacesKit
):
    @pytest.fixture
    def world(self, server: Server, newcomer: AzureML) -> AzureWorld:
        return AzureWorld(server, newcomer)
