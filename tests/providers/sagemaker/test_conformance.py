"""SageMaker keeps the contract of every provider, on the real SDK and a server that is strict."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from providers.apart import ApartKit
from providers.races import RacesKit
from servers.sagemaker import Server

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
    WarmingKit,
)
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

FAULTS = {
    Trouble.THROTTLED: ("*", "throttle"),
    Trouble.BROKEN: ("*", "error"),
    Trouble.DROPPED: ("*", "drop_before"),
    Trouble.DENIED: ("*", "denied"),
    Trouble.LOST_WRITE: ("UpdateEndpointWeightsAndCapacities", "drop_after"),
}
AN_HOUR = 3600


def quality(load: Load) -> dict[str, float]:
    return {
        "errors_5xx": load.errors_5xx,
        "errors_4xx": load.errors_4xx,
        "latency_ms": 1000 * load.latency,
        "spread": 0.3,
    }


class SageMakerWorld(DeployWorld, SmokeWorld):
    """A fresh endpoint whose changes stay under way until told to be over."""

    baseline, candidate = "blue", "teal"
    model = "fraud-v43"
    body = b"{}"
    custom = Custom(
        {
            "cloudwatch": {
                "namespace": "Fraud",
                "name": "Approved",
                "dimensions": {"Model": "{endpoint}/{arm}"},
            }
        },
        0.25,
    )

    def __init__(self, server: Server) -> None:
        self.server = server
        self.endpoint = f"churn-{uuid4().hex[:8]}"
        server.control("settings", {"weights_seconds": AN_HOUR, "update_seconds": AN_HOUR})
        server.endpoint(self.endpoint, {"blue": 100, "teal": 0})
        self.provider = SageMaker({"region": "us-east-1"})
        self.options = {"instances": 1}
        create = self.provider.clients.sagemaker.create_model
        role = "arn:aws:iam::123456789012:role/sagemaker"
        create(ModelName=self.model, ExecutionRoleArn=role, PrimaryContainer={"Image": "image"})

    def settle(self) -> None:
        self.server.control("settle", {"endpoint": self.endpoint})

    def drive(self, minutes: int) -> Window:
        end = time.time() // 60 * 60
        start = end - 60 * minutes
        self.server.control(
            "traffic",
            {
                "endpoint": self.endpoint,
                "since": start,
                "rate": (BASELINE_LOAD.requests + CANDIDATE_LOAD.requests) / 60,
                "split": {"blue": BASELINE_LOAD.requests, "teal": CANDIDATE_LOAD.requests},
                "variants": {"blue": quality(BASELINE_LOAD), "teal": quality(CANDIDATE_LOAD)},
            },
        )
        for minute in range(minutes):
            self._approve(start + 60 * minute)
        return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))

    def _approve(self, at: float) -> None:
        for arm, values in {"blue": [1, 1, 1, 0], "teal": [1, 0, 0, 0]}.items():
            about = {"namespace": "Fraud", "name": "Approved", "at": at + 1, "values": values}
            dimensions = {"Model": f"{self.endpoint}/{arm}"}
            self.server.control("values", {**about, "dimensions": dimensions})

    def foreign(self, to: Traffic) -> None:
        self.server.control("change", {"endpoint": self.endpoint, "weights": dict(to.shares)})

    def splits(self) -> list[Traffic]:
        history = self.server.control("shares", {"endpoint": self.endpoint})
        return [Traffic.from_weights(split) for _, split in history]

    def sicken(self, version: str) -> bool:
        """Somebody scaled it in to no instance at all."""
        self.server.control("change", {"endpoint": self.endpoint, "counts": {version: 0}})
        return True

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(*FAULTS[kind])

    def asleep(self) -> AbstractContextManager[None]:
        return self._in_trouble("UpdateEndpointWeightsAndCapacities", "drop_before")

    @contextmanager
    def _in_trouble(self, operation: str, fault: str) -> Iterator[None]:
        self.server.fault(operation, fault)
        try:
            yield
        finally:
            self.server.control("clear_faults")


class TestSageMaker(
    ProviderKit,
    ApartKit,
    ShadowKit,
    DeployerKit,
    DoctorKit,
    PolicyKit,
    SmokerKit,
    WarmingKit,
    RacesKit,
):
    @pytest.fixture
    def world(self, server: Server) -> SageMakerWorld:
        return SageMakerWorld(server)
