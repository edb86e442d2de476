"""Reads Monitoring's distributions into histograms, and questions out of histograms.

Bucket bounds are exact, what lies within a bucket is not known: a percentile is interpolated
evenly within its bucket, a threshold is moved to a bound.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import accumulate, pairwise
from math import inf
from typing import Any

from canarycli.metrics import Counts, Histogram

MOST_BUCKETS = 10_000


def read_histogram(at: datetime, found: Mapping[str, Any], scale: float) -> Histogram | None:
    """A histogram with its bounds times `scale`; None where the cloud sent no buckets.

    Exponential, linear and explicit buckets are understood. Counts that are left out at the end
    are zero.

    Raises:
        ValueError: the buckets contradict themselves.
    """
    bounds = _bounds(found.get("bucketOptions", {}))
    if not bounds:
        return None
    counts = [float(int(count)) for count in found.get("bucketCounts", ())]
    if len(counts) > len(bounds) + 1:
        raise ValueError(f"{len(counts)} counts for {len(bounds)} bounds")
    if any(count < 0 for count in counts):
        raise ValueError("a negative count")
    counts += [0.0] * (len(bounds) + 1 - len(counts))
    return Histogram(at, tuple(bound * scale for bound in bounds), tuple(counts))


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """One histogram of several of the same minute; only bounds that all of them have are kept."""
    first, *others = histograms
    for other in others:
        shared = sorted(set(first.bounds) & set(other.bounds))
        counts = zip(_coarser(first, shared), _coarser(other, shared), strict=True)
        first = Histogram(first.at, tuple(shared), tuple(a + b for a, b in counts))
    return first


def percentile(histogram: Histogram, rank: float) -> float | None:
    """The value below which `rank` (0 to 1) of the requests lie; None without requests.

    Above the last bound nothing is known, so that bound is the answer there.
    """
    wanted = rank * histogram.n
    if not histogram.n:
        return None
    below = list(accumulate(histogram.counts))
    index = min(bisect_left(below, wanted), len(below) - 1)
    if index >= len(histogram.bounds):
        return histogram.bounds[-1]
    upper = histogram.bounds[index]
    lower = histogram.bounds[index - 1] if index else min(0.0, upper)
    inside = histogram.counts[index]
    before = below[index] - inside
    return lower + (upper - lower) * ((wanted - before) / inside if inside else 1.0)


def slower_than(histogram: Histogram, threshold: float) -> Counts:
    """How many requests were surely slower: those above the first bound at or above it.

    Rounding is towards not failing: a request that may have been in time is not counted. Where
    it was counted is said, if that is another place than asked.
    """
    index = bisect_left(histogram.bounds, threshold * (1 - 1e-9))
    slow = sum(histogram.counts[index + 1 :])
    bound = histogram.bounds[index] if index < len(histogram.bounds) else inf
    over = bound if bound > threshold * (1 + 1e-9) else None
    return Counts(histogram.at, histogram.n, slow, over)


def _bounds(options: Mapping[str, Any]) -> list[float]:
    if form := options.get("exponentialBuckets"):
        growth, scale = float(form["growthFactor"]), float(form["scale"])
        bounds = [scale * growth**i for i in range(_finite(form) + 1)]
    elif form := options.get("linearBuckets"):
        width, offset = float(form["width"]), float(form.get("offset", 0))
        bounds = [offset + width * i for i in range(_finite(form) + 1)]
    else:
        bounds = [float(b) for b in options.get("explicitBuckets", {}).get("bounds", ())]
    if any(low >= high for low, high in pairwise(bounds)):
        raise ValueError("bucket bounds that do not rise")
    return bounds


def _finite(form: Mapping[str, Any]) -> int:
    count = int(form.get("numFiniteBuckets", 0))
    if not 0 <= count <= MOST_BUCKETS:
        raise ValueError(f"{count} buckets")
    return count


def _coarser(histogram: Histogram, bounds: list[float]) -> list[float]:
    counts = [0.0] * (len(bounds) + 1)
    uppers = (*histogram.bounds, float("inf"))
    for upper, count in zip(uppers, histogram.counts, strict=True):
        counts[bisect_left(bounds, upper)] += count
    return counts
