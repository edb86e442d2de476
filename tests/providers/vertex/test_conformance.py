"""The Vertex AI provider keeps canary's contract, deploying included."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from servers.vertex import Server

from canarycli.metrics import Window
from canarycli.testing.kit import LOAD, DeployerKit, DeployWorld, ProviderKit, Trouble
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
            for model in (self.baseline, self.candidate):
                self._requests(model, at, LOAD.requests * (1 - LOAD.errors_5xx), "200")
                self._requests(model, at, LOAD.requests * LOAD.errors_5xx, "503")
        return Window(start, end)

    def _requests(self, model: str, at: str, count: float, code: str) -> None:
        self.server.control(
            "POST",
            "requests",
            endpoint=self.endpoint,
            model=model,
            at=at,
            count=int(count),
            code=code,
            latency_ms=LOAD.latency * 1000,
            sigma=0.3,
        )

    def foreign(self, to: Traffic) -> None:
        split = {name: round(share) for name, share in to.shares.items()}
        self.server.control("PUT", f"endpoints/{self.endpoint}", trafficSplit=split)

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(kind)

    @contextmanager
    def _in_trouble(self, kind: Trouble) -> Iterator[None]:
        call, fault = FAULTS[kind]
        self.server.control("POST", "faults", call=call, kind=fault, times=1000)
        yield
        self.server.control("DELETE", "faults")


class TestVertex(ProviderKit, DeployerKit):
    @pytest.fixture
    def world(self, server: Server, vertex: Vertex) -> VertexWorld:
        return VertexWorld(server, vertex)
