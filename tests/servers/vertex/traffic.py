"""Requests to deployed models: the raw material of every metric, and a generator for them."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .clock import ServerClock
from .cloud import Cloud

SLOT = 1.0
"""Seconds of generated traffic that are made in one piece."""

SAMPLES = 10
"""Latencies that are drawn for one piece, model and code."""


@dataclass(frozen=True)
class Request:
    """`count` requests that ended at `at`, answered with `code` after `ms` milliseconds."""

    at: float
    endpoint: str
    model: str
    code: str
    ms: float
    overhead_ms: float = 5.0
    count: int = 1


@dataclass
class Load:
    """How much traffic an endpoint gets, and how each deployed model answers it."""

    per_minute: float
    behaviour: dict[str, dict[str, Any]] = field(default_factory=dict)
    until: float = 0.0

    def of(self, model: str) -> dict[str, Any]:
        """How a model behaves: its own entry, else `*`."""
        return {**self.behaviour.get("*", {}), **self.behaviour.get(model, {})}


class Requests:
    """Every request so far; generated ones follow the split in force at their time."""

    def __init__(self, cloud: Cloud, clock: ServerClock) -> None:
        self._cloud, self._clock = cloud, clock
        self._log: list[Request] = []
        self._loads: dict[str, Load] = {}
        self._random = random.Random(7)
        cloud.before_change = self.catch_up

    def add(self, request: Request) -> None:
        """One more request, at any time."""
        self._log.append(request)

    def load(self, endpoint: str, load: Load | None, since: float) -> None:
        """Give an endpoint a steady load from `since` on; None ends it."""
        self.catch_up()
        self._loads.pop(endpoint, None)
        if load:
            load.until = since
            self._loads[endpoint] = load
        self.catch_up()

    def all(self) -> list[Request]:
        """The log up to now."""
        self.catch_up()
        return self._log

    def predict(self, endpoint: str) -> tuple[str, str]:
        """Answer one request: the deployed model that got it, and its code."""
        split = self._cloud.endpoints[endpoint].get("trafficSplit", {})
        model = self._random.choices(list(split), list(split.values()))[0]
        load = self._loads.get(endpoint, Load(0))
        for request in self._answers(endpoint, model, 1, load, self._clock.now()):
            self._log.append(request)
            return model, request.code
        raise AssertionError("one request gives one answer")

    def catch_up(self) -> None:
        """Generate what the loads sent since the last time, by the split as it still is."""
        now = self._clock.now()
        for endpoint, load in self._loads.items():
            split = self._cloud.endpoints.get(endpoint, {}).get("trafficSplit", {})
            while load.until + SLOT <= now:
                for model, share in split.items():
                    expected = load.per_minute * SLOT / 60 * share / 100
                    count = math.floor(expected + self._random.random())
                    middle = load.until + SLOT / 2
                    self._log.extend(self._answers(endpoint, model, count, load, middle))
                load.until += SLOT

    def _answers(
        self, endpoint: str, model: str, count: int, load: Load, at: float
    ) -> Iterator[Request]:
        how = load.of(model)
        rate, median, sigma = how.get("error_rate", 0.0), how.get("latency_ms", 80.0), 0.3
        failed = sum(self._random.random() < rate for _ in range(count))
        for code, many in (("200", count - failed), (str(how.get("code", "503")), failed)):
            for size in _parts(many):
                ms = median * math.exp(self._random.gauss(0, how.get("sigma", sigma)))
                yield Request(at, endpoint, model, code, ms, count=size)


def _parts(count: int) -> list[int]:
    """So many requests in at most `SAMPLES` groups; those of a group have one latency."""
    groups = min(count, SAMPLES)
    return [count // groups + (number < count % groups) for number in range(groups)]
