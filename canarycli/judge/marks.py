"""Where a histogram is cut: thresholds that know the bounds they are counted at.

The baseline is cut at a bound. The candidate would be cut a tolerance above it, which mostly lies
within a bucket. So its bucket counts in part: in the part that a baseline slowed down by just the
tolerance would need there to show the baseline's own share. What lies within a bucket is not
known, so it is read in two ways, one too low for most shapes of latency and one too high, and
each answer takes the one that makes it harder. Where no reading can be trusted the whole bucket
counts for the fail side as in time and for the pass side as slow.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, inf, log

from canarycli.judge.latency import LEAST, cumulative, score
from canarycli.judge.pool import quantile
from canarycli.late_methods import dataclass
from canarycli.metrics import Histogram

WIDEST = 1.5
"""A bucket that ends at more than so many times its beginning is not read within."""

SAFE = 1.01
"""A fail is cut for a candidate slower than the limit by so much more: history is a sample."""

LEAST_SEEN = 50
"""Requests of the baseline above the cut, without which nothing is known of the shape."""

TELLING = 0.9
"""An equal candidate's share at the pass cut is at most this part of the baseline's, or the cut
says nothing."""

Shares = Sequence[tuple[float, float]]
"""The share of requests above each bound, by the bound's logarithm."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Requests above the bound `high`, and `part` of those between `low` and it."""

    low: int
    high: int
    part: float = 0.0

    def above(self, histogram: Histogram) -> float:
        """How many requests of a histogram count as slower."""
        surely = above_bound(histogram, self.high)
        return surely + self.part * (above_bound(histogram, self.low) - surely)


@dataclass(frozen=True, slots=True)
class Mark:
    """One quantile's cuts.

    Attributes:
        base: the bound the baseline is cut at.
        fail: the candidate's cut for a fail.
        passing: the candidate's cut for a pass.
        width: of the bucket above the base, as a fraction of the bound.
        decides: the smallest tolerance that can be passed here where the one asked for can't,
            0 where it can; infinite if there is none.
    """

    base: int
    fail: Cut
    passing: Cut
    width: float = 0.0
    decides: float = 0.0

    def row(self, ours: tuple[Histogram, Histogram], theirs: Histogram) -> tuple[float, ...]:
        """A period of both arms as a comparison takes it; the candidate's as `either_way`."""
        (fast, slow), base = ours, above_bound(theirs, self.base)
        return fast.n, self.fail.above(fast), self.passing.above(slow), theirs.n, base

    def to_json(self) -> list[float]:
        """As JSON values."""
        cuts = (self.fail, self.passing)
        return [self.base, *(n for c in cuts for n in (c.low, c.high, c.part)), self.width]

    @staticmethod
    def from_json(data: Sequence[float]) -> "Mark":
        """From `to_json`."""
        base, f_low, f_high, f_part, p_low, p_high, p_part, width = data
        return Mark(
            int(base),
            Cut(int(f_low), int(f_high), f_part),
            Cut(int(p_low), int(p_high), p_part),
            width,
        )


def mark(whole: Histogram, q: float, fail: float, passing: float) -> Mark:
    """The cuts for a quantile, from the baseline's histogram.

    Args:
        whole: of the baseline, with requests in it.
        q: the quantile.
        fail: how much slower is a failure, as a fraction.
        passing: how much slower is still a pass.
    """
    bounds = whole.bounds
    base = nearest(bounds, quantile(whole, q) or bounds[0])
    ending = bounds[min(base + 1, len(bounds) - 1)]
    cut = _cut(whole, base, 1 + passing, max)
    decides = 0.0 if _tells(whole, base, cut) else _decides(whole, base, passing)
    return Mark(
        base,
        _cut(whole, base, 1 + fail, min),
        cut if not decides else _whole(whole, base, 1 + passing, 1.0),
        ending / bounds[base] - 1,
        decides,
    )


def either_way(histogram: Histogram, bounds: tuple[float, ...]) -> tuple[Histogram, Histogram]:
    """A histogram between other bounds, at its fastest and at its slowest.

    Each bucket lies where it begins, or where it ends: between bounds that both have that is
    exact, and elsewhere each answer takes the one that makes it harder.
    """
    if histogram.bounds == bounds:
        return histogram, histogram
    fast, slow = ([0.0] * (len(bounds) + 1) for _ in range(2))
    edges = (-inf, *histogram.bounds, inf)
    for (begins, ends), count in zip(pairwise(edges), histogram.counts, strict=True):
        fast[bisect_right(bounds, begins)] += count
        slow[bisect_left(bounds, ends)] += count
    at = histogram.at
    return Histogram(at, bounds, tuple(fast)), Histogram(at, bounds, tuple(slow))


def undecided(asked: float, width: float, decides: float | None) -> str:
    """Why buckets can't decide a limit, and the nearest they can."""
    wide = f"{width * 100:.0f}% wide" if width > 0 else "at their end"
    other = "" if decides is None else f", {decides * 100:.0f}% can"
    return f"the buckets are {wide} here: {asked * 100:.3g}% can't be decided{other}"


def nearest(bounds: Sequence[float], threshold: float) -> int:
    """The index of the bound nearest to a threshold, by ratio; never a bound of 0."""
    goal = log(max(threshold, LEAST))
    above = [i for i, bound in enumerate(bounds) if bound > 0]
    return min(above, key=lambda i: abs(log(max(bounds[i], LEAST)) - goal))


def above_bound(histogram: Histogram, index: int) -> float:
    """Requests above a bound; none above the end of all bounds."""
    return sum(histogram.counts[index + 1 :])


def equal_share(whole: Histogram, cut: Cut) -> float:
    """The share a candidate like the baseline shows at a cut."""
    return cut.above(whole) / whole.n if whole.n else 0.0


def shown_alike(whole: Histogram, known: Mark, fail: float) -> dict[str, float]:
    """What an equal candidate shows at the cuts of a pass and of a fail, for a forecast.

    With how many times the base a request must take to count for a fail, 0 if none can.
    """
    cut, bounds = known.fail, whole.bounds
    slower = 1 + fail
    if not cut.part and cut.low < cut.high:
        slower = bounds[cut.high] / bounds[known.base] if cut.high < len(bounds) else 0.0
    equal, beyond = (equal_share(whole, one) for one in (known.passing, cut))
    return {"equal": equal, "beyond": beyond, "cut": slower}


def _cut(whole: Histogram, base: int, slower: float, choose: Callable[..., float]) -> Cut:
    """The cut `slower` times the base; `choose` takes the reading of two that is harder."""
    cut = _whole(whole, base, slower, 1.0 if choose is max else 0.0)
    bounds = whole.bounds
    if cut.low == cut.high or cut.high >= len(bounds):
        return cut
    if bounds[cut.high] > WIDEST * bounds[cut.low] or above_bound(whole, base) < LEAST_SEEN:
        return cut
    shares = [
        (log(bound), (above_bound(whole, i) + 0.5) / (whole.n + 1))
        for i, bound in enumerate(bounds)
        if bound > 0
    ]
    slower *= SAFE if choose is min else 1.0
    ends = (log(bounds[base]), log(bounds[cut.low] / slower), log(bounds[cut.high] / slower))
    return Cut(cut.low, cut.high, choose(_part(read, shares, ends) for read in (_power, _normal)))


def _whole(whole: Histogram, base: int, slower: float, part: float) -> Cut:
    """The cut at whole bounds: the bucket that holds the threshold counts as slow or in time."""
    bounds, threshold = whole.bounds, whole.bounds[base] * slower
    high = next((i for i, b in enumerate(bounds) if b >= threshold * (1 - 1e-9)), len(bounds))
    if high < len(bounds) and bounds[high] <= threshold * (1 + 1e-9):
        return Cut(high, high)
    return Cut(high - 1, high, part)


Read = Callable[[float, Shares], float]


def _part(read: Read, shares: Shares, ends: tuple[float, float, float]) -> float:
    """The part of a bucket with which a slowed baseline shows its own share.

    `ends` are logarithms: of the base, and of the bucket's ends before it was slowed down.
    """
    goal, low, high = (read(x, shares) for x in ends)
    return min(1.0, max(0.0, (goal - high) / (low - high))) if low > high else 0.0


def _power(x: float, shares: Shares) -> float:
    """The share above, taken as a power of the time between two bounds."""
    (x0, s0), (x1, s1) = _around(x, shares)
    return exp(log(s0) + (x - x0) / (x1 - x0) * (log(s1) - log(s0)))


def _normal(x: float, shares: Shares) -> float:
    """The share above, exact for a lognormal."""
    (x0, s0), (x1, s1) = _around(x, shares)
    z0, z1 = score(1 - s0), score(1 - s1)
    return 1 - cumulative(z0 + (x - x0) / (x1 - x0) * (z1 - z0))


def _around(x: float, shares: Shares) -> tuple[tuple[float, float], tuple[float, float]]:
    i = next((k for k in range(1, len(shares)) if x <= shares[k][0]), len(shares) - 1)
    return shares[i - 1], shares[i]


def _tells(whole: Histogram, base: int, cut: Cut) -> bool:
    return cut.above(whole) <= TELLING * above_bound(whole, base)


def _decides(whole: Histogram, base: int, asked: float) -> float:
    """The smallest tolerance at a bound that an equal candidate can be shown to keep."""
    bounds = whole.bounds
    wider = (bounds[i] / bounds[base] - 1 for i in range(base + 1, len(bounds)))
    found = (t for t in wider if t > asked and _tells(whole, base, _cut(whole, base, 1 + t, max)))
    return next(found, float("inf"))
