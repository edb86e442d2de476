"""How much traffic it takes to tell: information of a comparison, and requests still needed.

Source: Wald's bound, log(1/alpha) / KL, with two constants for what is not known in advance
(effect, two lanes, late starts), fitted to simulated releases.
"""

from collections.abc import Callable
from math import exp, inf, log, sqrt

from canarycli.judge.bets import ALMOST_ONE
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Evidence, Several
from canarycli.judge.margins import staged
from canarycli.judge.means import Means

FAIL_EXTRA, PASS_EXTRA = 1.7, 2.2
NEAR_EXTRA, RELATIVE_LESS, FARTHEST = 1.4, 1.0, 3.0
CLOSE, CLOSE_EXTRA = 0.4, 7.0
USUAL = log(20)
"""Nats of a pass at the usual beta, at which these constants were fitted."""

GOLDEN = (sqrt(5) - 1) / 2
LEFT_EXTRA, LEFT_PART = 0.5, 0.8
FEW = 3
NEVER = 1e9


def divergence(p: float, q: float) -> float:
    """Kullback-Leibler divergence of two rates, in nats a request."""
    if p <= 0:
        return -log(1 - q) if q < 1 else inf
    if p >= 1:
        return -log(q) if q > 0 else inf
    if not 0 < q < 1:
        return inf
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def information(candidate: float, baseline: float, rho: float, delta: float, share: float) -> float:
    """Nats a candidate request against "candidate's rate is rho * baseline's + delta".

    Args:
        candidate: its true rate.
        baseline: its true rate.
        rho: relative margin.
        delta: absolute margin.
        share: the candidate's share of the requests, 0 to 1.
    """
    others = (1 - share) / share

    def at(q: float) -> float:
        return divergence(candidate, rho * q + delta) + others * divergence(baseline, q)

    most = min(1.0, (1 - delta) / rho) if rho > 0 else 1.0
    low = min(baseline, candidate / max(rho, 1e-9), most) * 1e-3
    return _least(at, max(low, 1e-12), min(most, max(4 * max(baseline, candidate), 1e-9)))


def requests_to_fail(nats: float, phi: float, alpha: float) -> float:
    """Candidate requests until a fail, on average, at so many nats a request."""
    return (log(1 / alpha) + FAIL_EXTRA) * phi / nats if nats > 0 else inf


def requests_to_pass(nats: float, phi: float, beta: float) -> float:
    """Candidate requests until a pass, on average, at so many nats a request."""
    return (log(1 / beta) + PASS_EXTRA) * phi / nats if nats > 0 else inf


def sooner(candidate: float, edge: float, *, relative: bool) -> float:
    """How many times sooner a rate passes than other things with as many nats.

    Most of the capital bets on limits of half as much again, and little on one many times as high
    or hardly higher; with an absolute limit one of two lanes bets but little. Fitted to
    simulations.

    Args:
        candidate: its true rate, below the edge.
        edge: what it may be.
        relative: the limit is a part of the baseline's rate.
    """
    edge = min(edge, ALMOST_ONE)
    far = log(edge / (1 - edge)) - log(candidate / (1 - candidate)) if candidate > 0 else FARTHEST
    extra = NEAR_EXTRA + min(max(far, 0.0), FARTHEST) - (RELATIVE_LESS if relative else 0.0)
    extra += CLOSE_EXTRA * max(0.0, CLOSE - far)
    return (USUAL + PASS_EXTRA) / (USUAL + extra)


def more_requests(evidence: Evidence, beta: float) -> float | None:
    """About so many more candidate requests until a pass, None if there is no telling.

    Taken at the rates seen so far, which for a candidate near the margin means never.
    """
    match evidence:
        case Several():
            each = [more_requests(part, beta) for part in evidence.parts]
            known = [number for number in each if number is not None]
            return max(known) if len(known) == len(each) else None
        case Comparison():
            return _more_counts(evidence, beta)
        case Means():
            return _more_values(evidence, beta)
        case _:
            return None


def _more_counts(known: Comparison, beta: float) -> float | None:
    n_c, n_b = known.n_candidate, known.n_baseline
    if min(n_c, n_b) <= 0:
        return None
    baseline = (known.bad_baseline + 0.5) / (n_b + 1)
    # A few bad ones more or less say little: as many as the baseline has are added.
    candidate = (known.bad_candidate + FEW) / (n_c + FEW / baseline)
    rho, delta = known.margins.rho_pass, known.margins.delta_pass
    if known.promise.leeway > 1:
        rho, delta = staged(known.margins, known.promise.leeway)
    if candidate >= rho * baseline + delta:
        return None
    nats = information(candidate, baseline, rho, delta, n_c / (n_c + n_b))
    if nats <= 0:
        return None
    return _left(known.assurance, max(1.0, known.dispersion.phi) / nats, beta)


def _more_values(known: Means, beta: float) -> float | None:
    gap, spread = known.margin_pass - known.mean, known.spread
    if gap <= 0 or known.precision <= known.count + 1 or spread <= 0:
        return None
    return _left(known.assurance, 2 * spread * spread / (gap * gap), beta)


def _left(assurance: float, each: float, beta: float) -> float | None:
    """Requests at `each` a nat; the constants make it the median of what comes, in simulations."""
    missing = log(1 / beta) - log(max(assurance, 1e-300))
    number = max(1.0, LEFT_PART * (missing + LEFT_EXTRA) * each)
    return number if number < NEVER else None


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    """The least value of a convex function between two positive ends, on a log scale."""
    a, b = log(low), log(max(high, low * 1.0001))
    for _ in range(60):
        c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        a, b = (a, d) if function(exp(c)) < function(exp(d)) else (c, b)
    return function(exp((a + b) / 2))
