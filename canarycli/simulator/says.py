"""What a pretend model says, and what is known later of what would have been right."""

from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Protocol

from canarycli.errors import Unsupported
from canarycli.metrics import Counts, Histogram, Metric, Point, Value
from canarycli.simulator.noise import binomial, deviate
from canarycli.simulator.script import Labels, Quality

BOUNDS = tuple(step / 100 for step in range(1, 100))
"""Where scores are counted."""

POSITIVE = 0.05
"""The share of requests to which the positive class is the right answer."""

KNOWN = frozenset({"accuracy", "precision", "missed", "false_alarms"})
"""What is known of labelled answers here."""

A_TOKEN = 4.0
"""Characters of one."""

VARIES = 0.6
"""The deviation of an answer's length, as a part of the mean."""

HASTY = 0.3
"""By how much worse those look whose labels come first."""


class Period(Protocol):
    """One period of one version, see `telemetry.Draw`."""

    @property
    def at(self) -> datetime:
        """When it starts."""
        ...

    @property
    def n(self) -> int:
        """Its requests."""
        ...

    @property
    def quality(self) -> Quality:
        """What the version is like in it."""
        ...

    @property
    def age(self) -> timedelta:
        """How long ago it ended."""
        ...

    def chance(self, what: str) -> float:
        """A number between 0 and 1, the same for the same `what`."""
        ...


def said(metric: Metric, period: Period, labels: Labels) -> Point:
    """A metric of answers or of labelled answers."""
    quality, chance = period.quality, period.chance(metric.key)
    match metric.name:
        case "class_share":
            share = quality.classes.get(metric.about, 0.0)
        case "score_over":
            share = 1 - _scores(quality).cdf(_number(metric))
        case "scores":
            return _histogram(period)
        case "answer_length":
            return _length(period, quality.length)
        case "answer_tokens":
            return _length(period, quality.length / A_TOKEN)
        case "answer_invalid":
            share = quality.invalid
        case "answer_empty":
            share = quality.empty
        case _:
            return _labelled(metric, period, labels)
    return Counts(period.at, period.n, binomial(chance, period.n, share))


def _length(period: Period, mean: float) -> Value:
    """The mean length of a period's answers."""
    noise = deviate(period.chance("length")) * VARIES / period.n**0.5
    return Value(period.at, max(0.0, mean * (1 + noise)), period.n)


def _labelled(metric: Metric, period: Period, labels: Labels) -> Point:
    """Of those that are labelled by now; the first of them are not like the rest."""
    quality = period.quality
    part = min(1.0, period.age / labels.delay) if labels.delay else 1.0
    if metric.name not in KNOWN:
        raise Unsupported(
            f"the simulator has no {metric.key}", hint=f"it has {', '.join(sorted(KNOWN))}"
        )
    known = {
        "accuracy": (1.0, quality.accuracy),
        "precision": (POSITIVE, quality.precision),
        "missed": (POSITIVE, quality.missed),
        "false_alarms": (1 - POSITIVE, quality.false_alarms),
    }
    among, share = known[metric.name]
    n = binomial(period.chance("labelled"), period.n, labels.coverage * part * among)
    share = max(0.0, share - HASTY * (1 - part))
    return Counts(period.at, n, binomial(period.chance(metric.key), n, share))


def _number(metric: Metric) -> float:
    try:
        return float(metric.about)
    except ValueError as error:
        raise Unsupported(f"{metric.key}: a score is a number, such as score_over(0.8)") from error


def _scores(quality: Quality) -> NormalDist:
    return NormalDist(quality.score, max(1e-6, quality.scatter))


def _histogram(period: Period) -> Histogram:
    scores, counts, left, below = _scores(period.quality), [], period.n, 0.0
    for step, bound in enumerate(BOUNDS):
        upto = scores.cdf(bound)
        share = 0.0 if below >= 1 else (upto - below) / (1 - below)
        counts.append(binomial(period.chance(f"score{step}"), left, min(1.0, share)))
        left, below = left - counts[-1], upto
    return Histogram(period.at, BOUNDS, (*map(float, counts), float(left)))
