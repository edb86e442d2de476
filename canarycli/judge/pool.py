"""Brings the points of one series together into one number and its requests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from canarycli.metrics import Counts, Histogram, Metric, Point, Series, Value

REQUESTS = Metric("requests")
QUANTILE = re.compile(r"_p(\d{1,2}(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a whole window says about one arm.

    Attributes:
        value: rate of bad requests, mean, or quantile; None without data.
        n: requests it was made from, None where the cloud does not say.
        points: periods with data.
    """

    value: float | None = None
    n: float | None = None
    points: int = 0

    def __bool__(self) -> bool:
        return self.value is not None


def quantile_of(metric: Metric) -> float | None:
    """The quantile a metric's name asks for: 0.99 for `latency_p99`, None if it asks for none."""
    found = QUANTILE.search(metric.name)
    return float(found.group(1)) / 100 if found else None


def pool(series: Series, metric: Metric) -> Pooled:
    """One number for a window.

    Counts become bad requests over all requests, histograms the metric's quantile (or mean, or
    share above its threshold), values their mean, weighted by requests where those are known.
    A mean of percentiles is not a percentile of everything, but it is what clouds can give.
    """
    if not series.points:
        return Pooled()
    if metric.name == "requests":
        return _traffic(series.points)
    counts = [p for p in series.points if isinstance(p, Counts)]
    if counts:
        return _rate(counts)
    histograms = [p for p in series.points if isinstance(p, Histogram)]
    if histograms:
        return _spread(histograms, metric)
    return _mean([p for p in series.points if isinstance(p, Value)])


def merged(points: Sequence[Histogram]) -> Histogram:
    """One histogram of several with the same bounds as the newest; others are left out."""
    bounds = points[-1].bounds
    same = [p.counts for p in points if p.bounds == bounds]
    return Histogram(points[0].at, bounds, tuple(map(sum, zip(*same, strict=True))))


def above(histogram: Histogram, threshold: float) -> float:
    """Requests above a threshold, spread evenly inside the bucket it falls in.

    The bucket without an upper bound counts as above whole.
    """
    total, lower = 0.0, 0.0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        if lower >= threshold:
            total += count
        elif bound > threshold:
            total += count * (bound - threshold) / (bound - lower)
        lower = bound
    return total + histogram.counts[-1]


def quantile(histogram: Histogram, q: float) -> float:
    """The q-quantile, spread evenly inside its bucket; at most the last bound."""
    goal, seen, lower = q * histogram.n, 0.0, 0.0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        if count > 0 and seen + count >= goal:
            return lower + (bound - lower) * (goal - seen) / count
        seen, lower = seen + count, bound
    return lower


def _traffic(points: Sequence[Point]) -> Pooled:
    each = [p.value if isinstance(p, Value) else p.n for p in points]
    return Pooled(sum(each) / len(each), sum(each), len(each))


def _rate(points: Sequence[Counts]) -> Pooled:
    n = sum(p.n for p in points)
    if n <= 0:
        return Pooled(points=len(points), n=0.0)
    return Pooled(min(1.0, sum(p.bad for p in points) / n), n, len(points))


def _spread(points: Sequence[Histogram], metric: Metric) -> Pooled:
    whole = merged(points)
    n, q = whole.n, quantile_of(metric)
    if n <= 0:
        return Pooled(points=len(points), n=0.0)
    if metric.threshold is not None:
        return Pooled(above(whole, metric.threshold) / n, n, len(points))
    if q is not None:
        return Pooled(quantile(whole, q), n, len(points))
    lows = (0.0, *whole.bounds)
    highs = (*whole.bounds, whole.bounds[-1] if whole.bounds else 0.0)
    middles = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    total = sum(c * m for c, m in zip(whole.counts, middles, strict=True))
    return Pooled(total / n, n, len(points))


def _mean(points: Sequence[Value]) -> Pooled:
    known = [(p.value, p.n) for p in points if p.n is not None]
    if len(known) < len(points):
        return Pooled(sum(p.value for p in points) / len(points), None, len(points))
    n = sum(weight for _, weight in known)
    if n <= 0:
        return Pooled(points=len(points), n=0.0)
    return Pooled(sum(value * weight for value, weight in known) / n, n, len(points))
