"""Latency as counts: how many requests took longer than a threshold that history has set.

The tolerance moves the candidate's threshold, not the rate: the candidate's share above
tau * (1 + tolerance) is compared with the baseline's share above tau. That says "the candidate's
quantile is more than so much slower", and survives a slow minute that hits both arms.
"""

from collections.abc import Sequence
from math import erfc, exp, log, pi, sqrt

from canarycli.judge.margins import Margins

QUANTILES = (0.5, 0.9, 0.99)
QUANTILE_WEIGHTS = (0.25, 0.5, 0.25)
LEAST = 1e-9
LEAST_ABOVE = 5
"""A percentile of n requests is taken only if at least so many lie above it."""

SHARE_MARGINS = Margins(1.0, 0.0, 1.0, 0.0, 1.5)
"""Equal shares above the two thresholds; the tolerance is in the thresholds."""


def share_above(
    threshold: float, quantiles: Sequence[float], values: Sequence[float], near: int | None = None
) -> float:
    """The share of requests above a threshold, from a few percentiles.

    Between and beyond them log latency is taken as linear in the normal score, exact for a
    lognormal. `near` is the percentile the threshold was set by: then the line goes through it,
    as steep as between its neighbours. A bend there would turn the scatter of a small arm into
    more requests above, or fewer.
    """
    points = sorted((log(max(v, LEAST)), score(q)) for q, v in zip(quantiles, values, strict=True))
    x, last = log(max(threshold, LEAST)), len(points) - 1
    if not last:
        raise ValueError("one percentile alone does not say how latency spreads")
    if near is not None:
        (x0, z0), (x1, z1) = points[max(0, near - 1)], points[min(last, near + 1)]
        if x1 > x0:
            x_near, z_near = points[near]
            return 1 - cumulative(z_near + (x - x_near) * (z1 - z0) / (x1 - x0))
    i = next((k for k in range(1, last) if x < points[k][0]), last)
    (x0, z0), (x1, z1) = points[i - 1], points[i]
    if x < x0 and x1 <= x0:
        # A plateau above it, as of time-outs: the slope of all there is, and none is a wall.
        x1, z1 = points[-1]
        if x1 <= x0:
            return 1.0
    if x1 <= x0:
        return 1 - cumulative(z1 if x >= x1 else z0)
    return 1 - cumulative(z0 + (x - x0) * (z1 - z0) / (x1 - x0))


def cumulative(z: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * erfc(-z / sqrt(2))


def score(q: float) -> float:
    """The standard normal quantile, by Newton's method."""
    z = 0.0
    for _ in range(60):
        step = (cumulative(z) - q) * sqrt(2 * pi) * exp(min(z * z / 2, 50))
        z -= max(-1.0, min(1.0, step))
        if abs(step) < 1e-12:
            break
    return z
