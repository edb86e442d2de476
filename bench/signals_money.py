"""Means of skewed amounts of money: healthy candidates that are rolled back, and losses found."""

from collections.abc import Iterator
from math import inf, log, sqrt

import numpy as np
from signals_judged import at, judged, markdown, said

from canarycli.judge.margins import Promise
from canarycli.metrics import Metric, Value
from canarycli.plan import Better, Check, Margin

SEED = 23
RUNS = 300
A_MINUTE, LENGTH, PAST = 3000, 480, 240
BUY, TYPICAL = 0.03, 20.0
SIGMA = sqrt(log(4))
"""Of the logarithm of an amount: with those who pay nothing, a skewness of about 45."""


def money(runs: int | None) -> str:
    """Eight hours at 3,000 requests a minute, 3 % of which buy; the mean may fall by 5 %."""
    rows = []
    for share, cap, loss, weight in (
        (0.05, inf, 0.0, 1.0),
        (0.05, 200.0, 0.0, 1.0),
        (0.05, 60.0, 0.0, 1.0),
        (0.05, 200.0, 0.0, 0.22),
        (0.5, inf, 0.0, 1.0),
        (0.5, 200.0, 0.0, 1.0),
        (0.05, 200.0, 0.2, 1.0),
        (0.5, 200.0, 0.2, 1.0),
    ):
        several = runs or (RUNS if not loss else RUNS // 4)
        called = [_run(number, share, cap, loss, weight) for number in range(several)]
        passed, failed = zip(*called, strict=True)
        capped = "none" if cap == inf else f"{cap:g}"
        earns = f"{loss:.0%} less" if loss else "as much"
        rows.append((f"{share:.0%}", capped, f"{weight:g}", earns, said(passed), said(failed)))
    return markdown(("share", "cap", "weight", "candidate earns", "passes", "fails"), rows)


def _run(
    number: int, share: float, cap: float, loss: float, weight: float
) -> tuple[int | None, int | None]:
    rng = np.random.default_rng([SEED, number])
    check = Check(
        "revenue",
        Metric("revenue"),
        no_worse_by=Margin(relative=0.05),
        better=Better.HIGHER,
        cap=None if cap == inf else cap,
    )
    past = list(_means(rng, A_MINUTE * (1 - share), BUY, cap, PAST))
    ours = _means(rng, A_MINUTE * share, BUY * (1 - loss), cap, LENGTH)
    theirs = _means(rng, A_MINUTE * (1 - share), BUY, cap, LENGTH)
    called = judged(check, past, zip(ours, theirs, strict=True), Promise(weight=weight))
    return called.passed, called.failed


def _means(
    rng: np.random.Generator, mean: float, buy: float, cap: float, length: int
) -> Iterator[Value]:
    for minute in range(length):
        n = max(1, int(rng.poisson(mean)))
        amounts = TYPICAL * np.exp(rng.normal(0, SIGMA, rng.binomial(n, buy)))
        yield Value(at(minute), float(np.minimum(amounts, cap).sum()) / n, float(n))
