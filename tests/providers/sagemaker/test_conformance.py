"""SageMaker keeps the contract of every provider, on the real SDK and a server that is strict."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from servers.sagemaker import Server

from canarycli.metrics import Window
from canarycli.testing.kit import LOAD, DeployerKit, DeployWorld, ProviderKit, ShadowKit, Trouble
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

FAULTS = {
    Trouble.THROTTLED: ("*", "throttle"),
    Trouble.BROKEN: ("*", "error"),
    Trouble.DROPPED: ("*", "drop_before"),
    Trouble.DENIED: ("*", "denied"),
    Trouble.LOST_WRITE: ("UpdateEndpointWeightsAndCapacities", "drop_after"),
}
QUALITY = {"errors_5xx": LOAD.errors_5xx, "latency_ms": 1000 * LOAD.latency, "spread": 0.3}
AN_HOUR = 3600


class SageMakerWorld(DeployWorld):
    """A fresh endpoint whose changes stay under way until told to be over."""

    baseline, candidate = "blue", "teal"
    model = "fraud-v43"

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
                "rate": 2 * LOAD.requests / 60,
                "split": {"blue": 50, "teal": 50},
                "variants": {"blue": QUALITY, "teal": QUALITY},
            },
        )
        return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))

    def foreign(self, to: Traffic) -> None:
        self.server.control("change", {"endpoint": self.endpoint, "weights": dict(to.shares)})

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(*FAULTS[kind])

    @contextmanager
    def _in_trouble(self, operation: str, fault: str) -> Iterator[None]:
        self.server.fault(operation, fault)
        yield
        self.server.control("clear_faults")


class TestSageMaker(ProviderKit, ShadowKit, DeployerKit):
    @pytest.fixture
    def world(self, server: Server) -> SageMakerWorld:
        return SageMakerWorld(server)
