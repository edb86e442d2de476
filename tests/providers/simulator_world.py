"""The simulator as the conformance kit needs it, faults in front of it included."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from canarycli.metrics import Window
from canarycli.simulator import Simulator
from canarycli.testing import Call, FakeClock, Fault, Faulty
from canarycli.testing.kit import (
    BASELINE_LOAD,
    CANDIDATE_LOAD,
    Custom,
    DeployWorld,
    Load,
    SmokeWorld,
    Trouble,
)
from canarycli.traffic import Traffic

FAULTS = {
    Trouble.THROTTLED: Fault.UNAVAILABLE,
    Trouble.BROKEN: Fault.UNAVAILABLE,
    Trouble.DROPPED: Fault.UNAVAILABLE,
    Trouble.DENIED: Fault.DENIED,
    Trouble.LOST_WRITE: Fault.LOST,
}
ALL = BASELINE_LOAD.requests + CANDIDATE_LOAD.requests


def quality(load: Load) -> dict[str, float]:
    return {
        "errors_5xx": load.errors_5xx,
        "errors_4xx": load.errors_4xx,
        "latency": load.latency,
        "spread": 0.3,
    }


class SimulatorWorld(DeployWorld, SmokeWorld):
    """The demo endpoint with a clock that only moves when told."""

    endpoint, baseline, candidate = "demo", "v41", "v42"
    model = "v43"
    body = b"{}"
    custom = Custom({"simulator": {"ratio": 0.04}}, 0.04)

    def __init__(self, state: str) -> None:
        self.clock = FakeClock()
        self.options = {"instances": 1}
        self.kind: Trouble | None = None
        settings = {
            "state": state,
            "rate": ALL / 60,
            "day": 0,
            "versions": {
                "v41": {"percent": 100, **quality(BASELINE_LOAD)},
                "v42": quality(CANDIDATE_LOAD),
            },
        }
        self.simulator = Simulator(settings, clock=self.clock)
        self.provider = Faulty(self.simulator, self._fault)

    def settle(self) -> None:
        self.clock.advance(300)

    def drive(self, minutes: int) -> Window:
        self.foreign(
            Traffic.split(self.baseline, self.candidate, 100 * CANDIDATE_LOAD.requests / ALL)
        )
        self.clock.advance(60 - self.clock.now().second)
        start = self.clock.now()
        self.clock.advance(60 * minutes)
        window = Window(start, self.clock.now())
        self.clock.advance(self.simulator.limits.metric_delay / timedelta(seconds=1))
        return window

    def foreign(self, to: Traffic) -> None:
        self.simulator.shift(self.simulator.describe(self.endpoint), to, {})
        self.settle()

    def sicken(self, version: str) -> bool:
        self.simulator.put_out(self.endpoint, version)
        return True

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(kind)

    @contextmanager
    def _in_trouble(self, kind: Trouble) -> Iterator[None]:
        self.kind = kind
        yield
        self.kind = None

    def _fault(self, call: Call) -> Fault | None:
        if self.kind is Trouble.LOST_WRITE and call.verb != "shift":
            return None
        return FAULTS[self.kind] if self.kind else None
