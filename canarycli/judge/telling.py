"""Puts the numbers a verdict was decided on into its finding."""

from dataclasses import replace
from math import exp, inf, isfinite, lgamma, log

from canarycli.judge.comparison import Comparison
from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.guard import Guard
from canarycli.judge.interval import Counted
from canarycli.judge.means import Means
from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.plan import Better

LEVEL = 0.05
"""The interval shown is a 95 % confidence sequence: true at all looks together."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the difference is shown in.

    Attributes:
        relative: fractions of the baseline's value instead of the metric's unit.
        better: which direction is good.
        rho: the margin's relative part, on bad ones.
        delta: the margin's absolute part, on bad ones.
    """

    relative: bool
    better: Better
    rho: float
    delta: float


def told_rate(finding: Finding, comparison: Comparison, shown: Shown) -> Finding:
    """The finding with both rates, their difference, its interval and the limit.

    All of them of one stretch of time: the split in force, and for a fail the time since the
    candidate got worse.
    """
    worse = finding.verdict is Verdict.FAIL and comparison.stretch.n_c > 0
    counted = comparison.stretch if worse else comparison.split
    if finding.unit is Unit.NONE:
        finding = replace(finding, unit=Unit.RATIO)
    if counted.n_c <= 0:
        return finding
    passed = finding.verdict is Verdict.PASS
    bad = comparison.x_pass if passed else counted.x_c
    rate_c, rate_b = bad / counted.n_c, counted.x_b / counted.n_b
    known = replace(
        finding,
        candidate=_good(rate_c, shown),
        n_candidate=counted.n_c,
        n_baseline=counted.n_b,
    )
    limit = (shown.rho - 1) * rate_b + shown.delta
    diff, (low, high) = rate_c - rate_b, _difference(counted)
    numbers = [diff, *proven(finding.verdict, low, diff, high, limit), limit]
    unit = _good(rate_b, shown) if shown.relative else 1.0
    relative = shown.relative and unit > 0
    return _turned(
        replace(known, baseline=_good(rate_b, shown), relative=relative),
        [number / unit for number in numbers] if relative else numbers,
        shown.better,
    )


def told_both(finding: Finding, more: Comparison, fewer: Comparison, *, relative: bool) -> Finding:
    """The finding on a rate that may become neither more nor less, with a limit on both sides."""
    down = finding.verdict is Verdict.FAIL and fewer.evidence > more.evidence
    side, better = (fewer, Better.HIGHER) if down else (more, Better.LOWER)
    shown = Shown(relative, better, side.margins.rho_fail, side.margins.delta_fail)
    return walled(told_rate(finding, side, shown))


def walled(finding: Finding) -> Finding:
    """The finding with its limit on both sides; what passed lies between them."""
    if finding.limit is None:
        return finding
    limit, low, high = abs(finding.limit), finding.low, finding.high
    if finding.verdict is Verdict.PASS:
        low = None if low is None else max(low, -limit)
        high = None if high is None else min(high, limit)
    return replace(finding, limit=limit, limit_low=-limit, low=low, high=high)


def told_guard(finding: Finding, guard: Guard, shown: Shown) -> Finding:
    """The finding with what the candidate has alone and the guard's limit on it."""
    if finding.unit is Unit.NONE:
        finding = replace(finding, unit=Unit.RATIO)
    worse = finding.verdict is Verdict.FAIL and guard.since_n > 0
    n, bad = (guard.since_n, guard.since_bad) if worse else (guard.n, guard.bad)
    return replace(
        finding,
        guard=True,
        candidate=_good(bad / n, shown) if n > 0 else None,
        n_candidate=n or None,
        limit=_good(guard.limit, shown) if guard.limit else None,
    )


def told_means(
    finding: Finding, means: Means, shown: Shown, *, as_log: bool, limit: float
) -> Finding:
    """The finding with the mean difference, its interval and the limit.

    `shown.relative` says that the differences are fractions of the baseline; `as_log` that they
    are logarithms of a ratio.
    """
    if means.precision <= 0:
        return finding
    low, high = means.bounds(LEVEL)
    low, high = proven(finding.verdict, low, means.mean, high, limit)
    numbers = [means.mean, low, high, limit]
    if as_log:
        numbers = [exp(v) - 1 if v < 700 else inf for v in numbers]
    return _turned(replace(finding, relative=shown.relative), numbers, shown.better)


def rate_above(bad: float, n: float) -> float:
    """A rate that is not exceeded, at all looks together, at the level shown.

    Source: gamma mixture of Poisson likelihoods, Howard et al. 2021, section 3.
    """
    a, b = 0.5, 1.0
    mix = a * log(b) + lgamma(bad + a) - lgamma(a) - (bad + a) * log(n + b)
    low, high = bad / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        inside = mix - (bad * log(middle) - n * middle) < -log(LEVEL)
        low, high = (middle, high) if inside else (low, middle)
    return high


def _difference(counted: Counted) -> tuple[float, float]:
    """The interval of candidate's minus baseline's rate."""
    phi, rate_b = max(1.0, counted.phi), counted.x_b / counted.n_b
    low, high = counted.ratio(LEVEL)
    least, most = (low - 1) * rate_b, (high - 1) * rate_b
    if rate_b <= 0 or not isfinite(most):
        most = rate_above(counted.x_c / phi, counted.n_c / phi)
    if rate_b <= 0 or low <= 0:
        least = -rate_above(counted.x_b / phi, counted.n_b / phi)
    return max(least, -rate_b), min(most, 1.0)


def proven(
    verdict: Verdict, low: float, diff: float, high: float, limit: float
) -> tuple[float, float]:
    """The interval that goes with a verdict: a pass ends at the limit, a fail begins there.

    While neither is shown it reaches the limit, and what was seen is always in it.
    """
    match verdict:
        case Verdict.PASS:
            low, high = min(low, limit), min(high, limit)
        case Verdict.FAIL:
            low, high = max(low, limit), max(high, limit)
        case _:
            low, high = min(low, limit), max(high, limit)
    return min(low, diff), max(high, diff)


def _good(rate: float, shown: Shown) -> float:
    return rate if shown.better is Better.LOWER else 1 - rate


def _turned(finding: Finding, numbers: list[float], better: Better) -> Finding:
    """Fill in difference, low, high and limit; for "higher is better" turned round."""
    diff, low, high, limit = numbers
    if better is Better.HIGHER:
        diff, low, high, limit = -diff, -high, -low, -limit
    return replace(
        finding,
        diff=diff,
        low=low if isfinite(low) else None,
        high=high if isfinite(high) else None,
        limit=limit,
    )
