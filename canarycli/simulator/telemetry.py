"""The points a pretend endpoint reports: a pure function of its script and history.

Chance comes from a hash of seed, version, period and quantity, so a series read twice is the same
and only the youngest points still grow.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import ceil, cos, pi
from types import MappingProxyType

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import (
    LABELLED,
    Counts,
    Histogram,
    Metric,
    Point,
    Series,
    Value,
    Window,
)
from canarycli.simulator.noise import above, binomial, deviate, lognormal, poisson, quantile
from canarycli.simulator.says import said
from canarycli.simulator.script import Actor, Labels, Quality
from canarycli.simulator.shares import Shares
from canarycli.simulator.world import Scene
from canarycli.traffic import TOLERANCE

SOURCE = "simulator"
"""The word under which a custom metric names its source."""

BOUNDS = tuple(round(0.005 * 1.25**step, 6) for step in range(36))
"""The bounds of the latency histogram in seconds: 5 ms to 12 s, each a quarter above the last."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLY = 0.6
"""The part of its requests a point has before its delay is over."""

_KEPT = timedelta(days=15)
"""Older points are gone, as minutes are on CloudWatch after 15 days."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One period of one version: what it was like, and a source of chance of its own.

    Attributes:
        at: when the period starts.
        n: requests in it, as far as they are reported.
        rate: requests a second that reached the version, live and shadow.
        age: how long ago it ended.
        seed: tells this period from every other.
    """

    at: datetime
    n: int
    rate: float
    quality: Quality
    instances: int
    seed: str
    age: timedelta = timedelta(0)

    def chance(self, what: str) -> float:
        """A number between 0 and 1, the same for the same `what`."""
        return _chance(f"{self.seed}/{what}")


Maker = Callable[[Draw], Point]


def measure(
    scene: Scene,
    endpoint: str,
    version: str,
    *,
    metrics: Collection[Metric],
    window: Window,
    now: datetime,
) -> dict[str, Series]:
    """The points on one version that begin in the window and are reported by now.

    Returns:
        A series by `Metric.key`.

    Raises:
        Unsupported: the simulator has no such metric.
    """
    makers = {metric.key: _maker(metric, version, scene.script.labels) for metric in metrics}
    late = {metric.key for metric in metrics if metric.name in LABELLED and metric.says}
    gauges = {metric.key for metric in metrics if metric.name in _GAUGES and not metric.source}
    seed = f"{scene.script.seed}/{endpoint}/{version}"
    draws = tuple(_draws(scene, version, seed, window, now))
    return {
        key: Series(
            tuple(make(draw) for draw in draws if draw.n or key in gauges),
            scene.script.period,
            scene.script.labels.delay if key in late else None,
            scene.script.labels.coverage if key in late else None,
        )
        for key, make in makers.items()
    }


def _draws(scene: Scene, version: str, seed: str, window: Window, now: datetime) -> Iterator[Draw]:
    script, actor = scene.script, scene.actor(version)
    shares = Shares.of(scene, version)
    kept = Window(max(window.start, now - _KEPT), window.end)
    for at in _periods(kept, script.period, now - script.delay / 2):
        share = shares.mean(at, at + script.period)
        quality = _quality(actor, at, share, shares.first)
        if quality.silent:
            continue
        rate = script.rate * _day(at, script.day) * share / 100
        key = f"{seed}/{at.timestamp():.3f}"
        n = poisson(_chance(f"{key}/n"), rate * script.period.total_seconds())
        if now < at + script.period + script.delay:
            n = int(n * _EARLY)
        yield Draw(at, n, rate, quality, actor.instances, key, now - at - script.period)


def _periods(window: Window, period: timedelta, reported: datetime) -> Iterator[datetime]:
    at = _EPOCH + ceil((window.start - _EPOCH) / period) * period
    while at < window.end and at + period <= reported:
        yield at
        at += period


def _quality(actor: Actor, at: datetime, share: float, first: datetime | None) -> Quality:
    quality = actor.quality
    for turn in actor.turns:
        begun = not turn.after or (first is not None and at >= first + turn.after)
        if begun and (not turn.above or share > turn.above + TOLERANCE):
            quality = turn.applied(quality)
    return quality


def _day(at: datetime, swing: float) -> float:
    hours = (at - at.replace(hour=14, minute=0, second=0, microsecond=0)).total_seconds() / 3600
    return 1 + swing * cos(2 * pi * hours / 24)


def _chance(what: str) -> float:
    number = int.from_bytes(blake2b(what.encode(), digest_size=8).digest(), "big")
    return (number + 0.5) / 2**64


def _maker(metric: Metric, version: str, labels: Labels) -> Maker:
    if metric.source:
        return _custom(metric, version)
    if metric.says:
        return lambda draw: said(metric, draw, labels)
    if metric.name == "latency_over":
        if not metric.threshold:
            raise Unsupported("metric 'latency_over' needs a threshold")
        return _slow(metric.key, metric.threshold)
    if metric.name in _MAKERS:
        return _MAKERS[metric.name]
    raise Unsupported(
        f"the simulator has no metric {metric.key!r}", hint=f"it has {', '.join(sorted(METRICS))}"
    )


def _errors(name: str) -> Maker:
    def make(draw: Draw) -> Counts:
        return _counted(draw, name, getattr(draw.quality, name))

    return make


def _slow(key: str, threshold: float) -> Maker:
    def make(draw: Draw) -> Counts:
        return _counted(draw, key, _slower_than(threshold, draw.quality))

    return make


def _percentile(wanted: float) -> Maker:
    def make(draw: Draw) -> Value:
        at = quantile(draw.chance("latency"), wanted, draw.n)
        return Value(draw.at, lognormal(at, draw.quality.latency, draw.quality.spread), draw.n)

    return make


def _custom(metric: Metric, version: str) -> Maker:
    """`{"simulator": {"ratio": 0.6}}` or `{"simulator": {"mean": 12, "sd": 3}}`.

    Each number may be a mapping by version name instead, to make the arms differ.
    """
    spec = metric.source.get(SOURCE)
    if not isinstance(spec, Mapping) or ("ratio" in spec) == ("mean" in spec):
        raise Unsupported(
            f"the simulator can't make metric {metric.name!r}",
            hint="its source is simulator: {ratio: 0.6} or simulator: {mean: 12, sd: 3}",
        )
    numbers = {
        key: float(value.get(version, 0) if isinstance(value, Mapping) else value)
        for key, value in spec.items()
    }

    def ratio(draw: Draw) -> Counts:
        return _counted(draw, metric.name, numbers["ratio"])

    def mean(draw: Draw) -> Value:
        noise = deviate(draw.chance(metric.name)) * numbers.get("sd", 0.0) / draw.n**0.5
        return Value(draw.at, numbers["mean"] + noise, draw.n)

    return ratio if "ratio" in numbers else mean


def _counted(draw: Draw, what: str, share: float) -> Counts:
    return Counts(draw.at, draw.n, binomial(draw.chance(what), draw.n, share))


def _histogram(draw: Draw) -> Histogram:
    counts, left, rest = [], draw.n, 1.0
    for step, bound in enumerate(BOUNDS):
        slower = _slower_than(bound, draw.quality)
        share = 0.0 if rest <= 0 else (rest - slower) / rest
        counts.append(binomial(draw.chance(f"bin{step}"), left, share))
        left, rest = left - counts[-1], slower
    return Histogram(draw.at, BOUNDS, (*map(float, counts), float(left)))


def _slower_than(limit: float, quality: Quality) -> float:
    return above(limit, median=quality.latency, spread=quality.spread)


def _requests(draw: Draw) -> Value:
    return Value(draw.at, draw.n, draw.n)


def _cpu(draw: Draw) -> Value:
    busy = 4 + draw.quality.cpu * draw.rate / max(1, draw.instances)
    return Value(draw.at, min(100.0, max(0.0, busy + deviate(draw.chance("cpu")))))


def _memory(draw: Draw) -> Value:
    used = draw.quality.memory + deviate(draw.chance("memory")) / 2
    return Value(draw.at, min(100.0, max(0.0, used)))


_GAUGES = frozenset({"cpu", "memory"})
_MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "requests": _requests,
        # Nothing but a 5xx keeps a caller from an answer here.
        "errors": _errors("errors_5xx"),
        "errors_5xx": _errors("errors_5xx"),
        "errors_4xx": _errors("errors_4xx"),
        "model_errors": _errors("model_errors"),
        "latency": _histogram,
        "latency_p50": _percentile(0.50),
        "latency_p90": _percentile(0.90),
        "latency_p95": _percentile(0.95),
        "latency_p99": _percentile(0.99),
        "cpu": _cpu,
        "memory": _memory,
    }
)
METRICS = frozenset({*_MAKERS, "latency_over"})
"""The built-in metrics the simulator has."""
