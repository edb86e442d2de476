"""The requests callers make: raw, one by one, a pure function of a script and the splits."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    """Requests a minute from `since` to `until`, and who answers how."""

    per_minute: float = 0.0
    since: float = 0.0
    until: float = math.inf
    seed: int = 1
    qualities: dict[str, Quality] = field(default_factory=dict)
    extra: dict[tuple[str, int], list[Call]] = field(default_factory=dict)
    extra_values: dict[tuple[str, str], list[tuple[float, float, dict[str, str]]]] = field(
        default_factory=dict
    )

    kept: dict[tuple[str, int, bool], list[Call]] = field(default_factory=dict)

    def calls(self, history: History, name: str, minute: int, *, shadow: bool) -> list[Call]:
        """What one deployment answered in the minute that starts at `minute` * 60, and is over."""
        key = (name, minute, shadow)
        if key not in self.kept:
            self.kept[key] = self._made(history, name, minute, shadow=shadow)
        return self.kept[key]

    def _made(self, history: History, name: str, minute: int, *, shadow: bool) -> list[Call]:
        share = _mean_share(history, name, minute * 60, shadow=shadow)
        start, end = max(minute * 60.0, self.since), min(minute * 60.0 + 60, self.until)
        part = max(0.0, end - start) / 60
        chance = random.Random(f"{self.seed}/{name}/{minute}")
        expected = self.per_minute * part * share / 100
        count = max(0, round(chance.gauss(expected, math.sqrt(expected) / 3))) if expected else 0
        quality = self.qualities.get(name, Quality())
        made = [_call(quality, chance) for _ in range(count)]
        return made + self.extra.get((name, minute), [])

    def quality(self, name: str) -> Quality:
        return self.qualities.get(name, Quality())


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


def _call(quality: Quality, chance: random.Random) -> Call:
    seconds = chance.lognormvariate(math.log(quality.latency), quality.spread)
    draw = chance.random()
    for status, share in quality.statuses.items():
        draw -= share
        if draw < 0:
            return Call(status, "500" if status == "424" else "", seconds)
    return Call("200", "200", seconds)
