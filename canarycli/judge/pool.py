"""Brings the points of one series together into one number and its requests."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import add
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Histogram, Metric, Point, Series, Value

REQUESTS = Metric("requests")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
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
    """One number for a window, see `Tally`."""
    return Tally().plus(series.points).pooled(metric)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the points of one metric and arm: enough for the one number of a window.

    Counts become bad requests over all requests, histograms the metric's quantile (or mean, or
    share above its threshold), values their mean, weighted by requests where those are known.
    A mean of percentiles is not a percentile of everything, but it is what clouds can give.

    Attributes:
        points: periods with a point.
        n: their requests, where known.
        total: bad requests, or values times requests.
        plain: the sum of the values, or the requests of counts.
        blind: a point did not say how many requests.
        bounds: of the newest histogram; older ones with others are left out.
        counts: its counts and those before it.
        per: of ratios, what the values are divided by, times requests.
    """

    points: int = 0
    n: float = 0.0
    total: float = 0.0
    plain: float = 0.0
    blind: bool = False
    bounds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()
    per: float = 0.0

    def plus(self, points: Sequence[Point]) -> "Tally":
        """With more points, oldest first."""
        known, n, total, plain, blind = self.points, self.n, self.total, self.plain, self.blind
        bounds, counts, per = self.bounds, self.counts, self.per
        for point in points:
            known += 1
            match point:
                case Value():
                    plain += point.value
                    n += point.n or 0.0
                    total += point.value * (point.n or 0.0)
                    blind = blind or point.n is None
                    per += (point.per or 0.0) * (point.n or 0.0)
                case Counts():
                    plain += point.n
                    n, total = n + point.n, total + min(point.bad, point.n)
                case Histogram():
                    plain += point.n
                    fresh = point.bounds != bounds
                    n = point.n if fresh else n + point.n
                    counts = point.counts if fresh else tuple(map(add, counts, point.counts))
                    bounds = point.bounds
        return Tally(known, n, total, plain, blind, bounds, counts, per)

    @property
    def histogram(self) -> Histogram | None:
        """All of it as one histogram, if it is of histograms."""
        return Histogram(NEVER, self.bounds, self.counts) if self.counts else None

    def pooled(self, metric: Metric) -> Pooled:
        """The one number."""
        if not self.points:
            return Pooled()
        if metric.name == "requests":
            return Pooled(self.plain / self.points, self.plain, self.points)
        if self.blind:
            return Pooled(self.plain / self.points, None, self.points)
        if self.n <= 0:
            return Pooled(points=self.points, n=0.0)
        if self.counts:
            whole = Histogram(NEVER, self.bounds, self.counts)
            return Pooled(_read(whole, metric), self.n, self.points)
        return Pooled(self.total / (self.per or self.n), self.n, self.points)

    def to_json(self) -> list[Any]:
        """As JSON values."""
        sums = [self.points, self.n, self.total, self.plain, self.blind]
        return [*sums, list(self.bounds), list(self.counts), *([self.per] if self.per else [])]

    @staticmethod
    def from_json(data: Sequence[Any]) -> "Tally":
        """From `to_json`."""
        points, n, total, plain, blind, bounds, counts, *per = data
        return Tally(points, n, total, plain, blind, tuple(bounds), tuple(counts), *per)


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


def _read(whole: Histogram, metric: Metric) -> float:
    q = quantile_of(metric)
    if metric.threshold is not None:
        return above(whole, metric.threshold) / whole.n
    if q is not None:
        return quantile(whole, q)
    lows = (0.0, *whole.bounds)
    highs = (*whole.bounds, whole.bounds[-1] if whole.bounds else 0.0)
    middles = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    return sum(c * m for c, m in zip(whole.counts, middles, strict=True)) / whole.n
