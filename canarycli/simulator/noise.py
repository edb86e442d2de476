"""Turns one uniform number into a count or a quantile, so that equal seeds give equal traffic.

Every draw takes exactly one uniform number. A draw grows with its mean for the same number, so a
minute that is only partly reported is a part of the whole minute.
"""

from math import exp, log, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_FEW = 30
"""Below so many expected events counts are drawn exactly, above by what comes near to it."""


def poisson(uniform: float, mean: float) -> int:
    """A count of events with this mean."""
    if mean <= 0:
        return 0
    if mean > _FEW:
        return max(0, round(_near(uniform, mean, sqrt(mean), 1.0, 1.0)))
    count, term = 0, exp(-mean)
    total = term
    while uniform > total and term > 1e-18:
        count += 1
        term *= mean / count
        total += term
    return count


def binomial(uniform: float, n: int, share: float) -> int:
    """How many of `n` have something that a `share` of all has."""
    if n <= 0 or share <= 0:
        return 0
    if share >= 1:
        return n
    if share > 0.5:
        return n - binomial(1 - uniform, n, 1 - share)
    mean = n * share
    if mean > _FEW:
        rest = 1 - share
        drawn = _near(uniform, mean, sqrt(mean * rest), rest - share, 1 - 6 * share * rest)
        return min(n, max(0, round(drawn)))
    return _few_of(uniform, n, share)


def _near(uniform: float, mean: float, sd: float, third: float, fourth: float) -> float:
    """The quantile of a count by its cumulants: the third and fourth are those times the variance.

    Without them a rare draw jumps where exact counts end (Cornish and Fisher 1938,
    doi:10.2307/1400905).
    """
    z, skew, excess = deviate(uniform), third / sd, fourth / sd**2
    tail = (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    return mean + sd * (z + (z * z - 1) * skew / 6 + tail)


def deviate(uniform: float) -> float:
    """A standard normal deviate."""
    return _NORMAL.inv_cdf(min(max(uniform, 1e-9), 1 - 1e-9))


def quantile(uniform: float, at: float, n: int) -> float:
    """Which quantile of the true distribution the `at` quantile of `n` samples turned out to be.

    Wilson's score bound at a random deviate: always inside 0 to 1, right in the middle, about
    right in its spread, and it never puts one quantile of a sample above a higher one
    (Wilson 1927, doi:10.1080/01621459.1927.10502953).
    """
    z = deviate(uniform)
    rank = min(max(at, 0.5 / n), 1 - 0.5 / n)
    spread = z * sqrt(rank * (1 - rank) / n + z * z / (4 * n * n))
    return (rank + z * z / (2 * n) + spread) / (1 + z * z / n)


def lognormal(at: float, median: float, spread: float) -> float:
    """The `at` quantile of a lognormal with this median; `spread` is the deviation of its log."""
    return median * exp(spread * deviate(at))


def above(limit: float, *, median: float, spread: float) -> float:
    """The share of a lognormal above a limit."""
    if limit <= 0:
        return 1.0
    if spread <= 0 or median <= 0:
        return float(median > limit)
    return 1 - _NORMAL.cdf(log(limit / median) / spread)


def _few_of(uniform: float, n: int, share: float) -> int:
    odds = share / (1 - share)
    count, term = 0, exp(n * log1p(-share))
    total = term
    while uniform > total and count < n and term > 1e-18:
        term *= odds * (n - count) / (count + 1)
        count += 1
        total += term
    return count
