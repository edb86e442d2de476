"""The Vertex AI provider keeps canary's contract, deploying included."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from providers.apart import ApartKit
from providers.races import RacesKit
from servers.vertex import Server

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
    Trouble,
)
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex

FAULTS = {
    Trouble.THROTTLED: ("*", "throttle"),
    Trouble.BROKEN: ("*", "error500"),
    Trouble.DROPPED: ("*", "drop_before"),
    Trouble.DENIED: ("*", "forbidden"),
    Trouble.LOST_WRITE: ("updateEndpoint", "drop_after"),
}


class VertexWorld(DeployWorld):
    """The seeded endpoint of the server."""

    endpoint, baseline, candidate = "1000", "11", "22"
    at_once = True
    model = "models/500@3"
    custom = Custom(
        {
            "cloud_monitoring": {
                "type": "custom.googleapis.com/fraud/approved",
                "labels": {"deployed_model": "{arm}"},
                "reducer": "mean",
            }
        },
        0.25,
    )

    def __init__(self, server: Server, provider: Vertex) -> None:
        self.server, self.provider = server, provider
        self.options: dict[str, object] = {}

    def settle(self) -> None:
        """A deployment is ready after so many looks; everything else is at once."""
        for _ in range(5):
            self.provider.describe(self.endpoint)

    def drive(self, minutes: int) -> Window:
        end = datetime.fromtimestamp(self.server.clock.now() // 60 * 60, UTC)
        start = end - timedelta(minutes=minutes)
        for minute in range(minutes):
            at = (start + timedelta(minutes=minute)).isoformat()
            self._load(self.baseline, at, BASELINE_LOAD)
            self._load(self.candidate, at, CANDIDATE_LOAD)
        for name in ("cpu/utilization", "accelerator/duty_cycle", "memory/bytes_used"):
            self._gauge(name, end - timedelta(minutes=2))
        for arm, share in {self.baseline: 0.75, self.candidate: 0.25}.items():
            self._approved(arm, share, start, minutes)
        return Window(start, end)

    def _approved(self, arm: str, share: float, start: datetime, minutes: int) -> None:
        times = [(start + timedelta(minutes=minute)).isoformat() for minute in range(minutes)]
        self.server.control(
            "POST",
            "series",
            type="custom.googleapis.com/fraud/approved",
            labels={"deployed_model": arm},
            points=[{"at": at, "value": share} for at in times],
        )

    def _load(self, model: str, at: str, load: Load) -> None:
        parts = {"503": load.errors_5xx, "404": load.errors_4xx}
        for code, part in {"200": 1 - sum(parts.values()), **parts}.items():
            self._requests(model, at, load.requests * part, code, load.latency)

    def _gauge(self, name: str, at: datetime) -> None:
        self.server.control(
            "POST",
            "series",
            type=f"aiplatform.googleapis.com/prediction/online/{name}",
            labels={"deployed_model_id": self.candidate, "replica_id": "a"},
            resource={"endpoint_id": self.endpoint},
            points=[{"at": at.isoformat(), "value": 0.5}],
        )

    def _requests(self, model: str, at: str, count: float, code: str, latency: float) -> None:
        self.server.control(
            "POST",
            "requests",
            endpoint=self.endpoint,
            model=model,
            at=at,
            count=round(count),
            code=code,
            latency_ms=latency * 1000,
            sigma=0.3,
        )

    def foreign(self, to: Traffic) -> None:
        split = {name: round(share) for name, share in to.shares.items()}
        self.server.control("PUT", f"endpoints/{self.endpoint}", trafficSplit=split)

    def splits(self) -> list[Traffic]:
        bodies = [
            json.loads(call["body"])
            for call in self.server.calls
            if call["call"] == "updateEndpoint" and call["status"] == 200
        ]
        written = [body["trafficSplit"] for body in bodies if "trafficSplit" in body]
        return [Traffic.all_to(self.baseline), *map(Traffic.from_weights, written)]

    def sicken(self, version: str) -> bool:
        """None of its replicas is up, which Vertex says with a message."""
        there = self.server.control("GET", "state")["endpoints"][self.endpoint]["deployedModels"]
        broken = {"status": {"message": "no replica is available"}}
        models = [model | broken if model["id"] == version else model for model in there]
        self.server.control("PUT", f"endpoints/{self.endpoint}", deployedModels=models)
        return True

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(*FAULTS[kind])

    def asleep(self) -> AbstractContextManager[None]:
        return self._in_trouble("updateEndpoint", "drop_before")

    @contextmanager
    def _in_trouble(self, call: str, fault: str) -> Iterator[None]:
        self.server.control("POST", "faults", call=call, kind=fault, times=1000)
        try:
            yield
        finally:
            self.server.control("DELETE", "faults")


class TestVertex(ProviderKit, ApartKit, DeployerKit, DoctorKit, PolicyKit, RacesKit):
    @pytest.fixture
    def world(self, server: Server, vertex: Vertex) -> VertexWorld:
        return VertexWorld(server, vertex)
