"""One bet on the counts of one minute, against "candidate's rate <= rho * baseline's + delta".

The factor of a bet has a mean of at most 1 while that hypothesis holds, whatever the baseline's
rate is, so the product over minutes is an e-process: it reaches N with probability at most 1/N.
Source: log(1 + y) <= y, request by request; the split of rare events is that of Lindon and
Malek, "Anytime-valid inference for multinomial count data" (NeurIPS 2022).
"""

from collections.abc import Sequence
from math import log1p
from typing import NamedTuple

LEAST_FACTOR = 0.02
MOST = 1 - LEAST_FACTOR
ALMOST_ONE = 1 - 1e-9
TINY = 1e-12

FAIL_ODDS = (1.1, 1.25, 1.4, 1.6, 1.85, 2.3, 3.0, 4.2, 6.5, 13.0, 40.0, 150.0)
FAIL_WEIGHTS = (0.02, 0.08, 0.15, 0.16, 0.14, 0.12, 0.11, 0.10, 0.06, 0.03, 0.02, 0.01)
PASS_ODDS = (0.90, 0.80, 0.72, 0.667, 0.60, 0.50, 0.35, 0.15, 0.02)
PASS_WEIGHTS = (0.05, 0.11, 0.16, 0.25, 0.15, 0.12, 0.07, 0.04, 0.05)


class Minute(NamedTuple):
    """Requests and bad ones of both arms in one period."""

    n_candidate: float
    x_candidate: float
    n_baseline: float
    x_baseline: float


def bets(
    odds: Sequence[float], rho: float, delta: float, guess: float, minute: Minute
) -> tuple[list[float], list[float]]:
    """Strength and log of the factor for each alternative.

    An alternative has `odds` times the odds of the margin: above 1 it bets on a worse candidate
    (fail), below 1 on one inside the margin (pass). A bet that comes out with the wrong sign is
    no bet.

    Args:
        odds: the alternatives.
        rho: relative margin.
        delta: absolute margin.
        guess: the baseline's rate, from earlier minutes only.
        minute: the counts.
    """
    n_c, x_c, n_b, x_b = minute
    good_c, good_b, ratio, weight = n_c - x_c, n_b - x_b, rho * n_c / n_b, rho * n_c + n_b
    p = min(max(guess, TINY), ALMOST_ONE, ALMOST_ONE * (1 - delta) / max(rho, TINY))
    edge = rho * p + delta
    rest, base = 1 - edge, n_b * p - n_c * delta
    strengths, logs = [], []
    for w in odds:
        rate = w * edge / (rest + w * edge)
        q = (n_c * rate + base) / weight
        q = TINY if q < TINY else ALMOST_ONE if q > ALMOST_ONE else q  # noqa: FURB136 - hot
        c = rho * q + delta
        if not TINY <= c < ALMOST_ONE:
            strengths.append(0.0)
            logs.append(0.0)
            continue
        s = _safe((rate - c) / (c * (1 - c)), c, q, ratio, up=w > 1)
        t = s * ratio
        strengths.append(s)
        logs.append(
            x_c * log1p(s * (1 - c))
            + good_c * log1p(-s * c)
            + x_b * log1p(-t * (1 - q))
            + good_b * log1p(t * q)
        )
    return strengths, logs


def speeds(
    odds: Sequence[float], rho: float, delta: float, guess: float, minute: Minute
) -> list[float]:
    """The nats a minute that each alternative's bet gains where that alternative is true.

    Of the minute only the requests count.
    """
    n_c, n_b = minute.n_candidate, minute.n_baseline
    edge = min(rho * guess + delta, ALMOST_ONE)
    found = []
    for w in odds:
        rate = w * edge / (1 - edge + w * edge)
        expected = Minute(n_c, n_c * rate, n_b, n_b * guess)
        found += bets((w,), rho, delta, guess, expected)[1]
    return found


def _safe(s: float, c: float, q: float, ratio: float, *, up: bool) -> float:
    """A strength of the right sign with which no factor of a request is below 0.02."""
    if up:
        if s <= 0:
            return 0.0
        most = MOST / max(c, ratio * (1 - q))
        return s if s < most else most  # noqa: FURB136 - hot
    if s >= 0:
        return 0.0
    most = -MOST / max(1 - c, ratio * q)
    return s if s > most else most  # noqa: FURB136 - hot
