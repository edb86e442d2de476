"""The requests callers make: a pure function of a script and the splits, whoever looks when."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAMPLE = 150
FEW = 200

History = Sequence[tuple[float, Mapping[str, float], Mapping[str, float]]]


@dataclass(frozen=True)
class Quality:
    """How one deployment answers.

    Attributes:
        statuses: share of the requests by status code; the rest is 200.
        latency: median in seconds.
        spread: sigma of the log of the latency.
        cpu, memory, gpu: percent; None where the metric has no data.
    """

    statuses: Mapping[str, float] = field(default_factory=dict)
    latency: float = 0.08
    spread: float = 0.3
    cpu: float | None = 35.0
    memory: float | None = 48.0
    gpu: float | None = None


@dataclass(frozen=True)
class Call:
    """One request: the endpoint's status, the model's own ("" if it was not asked), seconds."""

    status: str
    model_status: str
    seconds: float


@dataclass
class Load:
    """Requests a minute from `since` to `until`, and who answers how.

    Attributes:
        extra: single requests besides, by deployment and minute.
        extra_values: samples of somebody's own metrics: time, value, dimensions.
    """

    per_minute: float = 0.0
    since: float = 0.0
    until: float = math.inf
    seed: int = 1
    qualities: dict[str, Quality] = field(default_factory=dict)
    extra: dict[tuple[str, int], list[Call]] = field(default_factory=dict)
    extra_values: dict[tuple[str, str], list[tuple[float, float, dict[str, str]]]] = field(
        default_factory=dict
    )
    kept: dict[tuple[str, int, bool], Counter[tuple[str, str]]] = field(default_factory=dict)

    def counts(
        self, history: History, name: str, minute: int, *, shadow: bool
    ) -> Counter[tuple[str, str]]:
        """Requests by status and model status in the minute that starts at `minute` * 60."""
        key = (name, minute, shadow)
        if key not in self.kept:
            made = self._made(history, name, minute, shadow=shadow)
            made.update((c.status, c.model_status) for c in self.extra.get((name, minute), ()))
            self.kept[key] = made
        return self.kept[key]

    def seconds(self, history: History, name: str, minute: int, *, shadow: bool) -> list[float]:
        """How long each of them took; of very many, a sample."""
        extra = [call.seconds for call in self.extra.get((name, minute), ())]
        count = self.counts(history, name, minute, shadow=shadow).total() - len(extra)
        quality, chance = self.quality(name), random.Random(f"{self.seed}/{name}/{minute}/s")
        middle = math.log(quality.latency)
        made = [chance.lognormvariate(middle, quality.spread) for _ in range(min(count, SAMPLE))]
        return made + extra

    def quality(self, name: str) -> Quality:
        return self.qualities.get(name, Quality())

    def _made(
        self, history: History, name: str, minute: int, *, shadow: bool
    ) -> Counter[tuple[str, str]]:
        share = _mean_share(history, name, minute * 60, shadow=shadow)
        start, end = max(minute * 60.0, self.since), min(minute * 60.0 + 60, self.until)
        expected = self.per_minute * max(0.0, end - start) / 60 * share / 100
        chance = random.Random(f"{self.seed}/{name}/{minute}")
        left = max(0, round(chance.gauss(expected, math.sqrt(expected) / 3)))
        made: Counter[tuple[str, str]] = Counter()
        for status, part in self.quality(name).statuses.items():
            count = min(left, _binomial(chance, left, part))
            made[status, "500" if status == "424" else ""] += count
            left -= count
        made["200", "200"] += left
        return +made


def parse_quality(raw: Mapping[str, Any]) -> Quality:
    """Quality from JSON; unknown keys are a mistake."""
    return Quality(**raw)


def _mean_share(history: History, name: str, start: float, *, shadow: bool) -> float:
    changes = [entry for entry in history if entry[0] < start + 60]
    total, end = 0.0, start + 60
    for at, split, mirror in reversed(changes):
        begin = max(at, start)
        total += (end - begin) * (_of(split, name) + (_of(mirror, name) if shadow else 0.0))
        end = begin
        if at <= start:
            break
    return total / 60


def _of(split: Mapping[str, float], name: str) -> float:
    return next((float(v) for key, v in split.items() if key.lower() == name.lower()), 0.0)


def _binomial(chance: random.Random, count: int, share: float) -> int:
    if count <= FEW:
        return sum(chance.random() < share for _ in range(count))
    spread = math.sqrt(count * share * (1 - share))
    return max(0, round(chance.gauss(count * share, spread)))
