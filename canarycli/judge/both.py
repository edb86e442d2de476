"""What may become neither more nor less: a candidate is bet against in both directions.

A fail needs either bet and pays for there being two; a pass needs both, at no cost.
"""

from dataclasses import replace
from math import log

from canarycli.judge.comparison import Comparison, History
from canarycli.judge.evidence import Several
from canarycli.judge.margins import Promise, margins_of
from canarycli.judge.means import Means, Scale
from canarycli.plan import Better, Margin

HALVES = (0.5, 0.5)
LEAST_RATIO = 1e-3
"""A value that may lose all of its size is held to a thousandth of it."""

Numbers = tuple[float, ...]


def both_rates(margin: Margin, promise: Promise, more: History, fewer: History) -> Several:
    """A rate: one bet on more of what is counted, one on more of the rest."""
    half = replace(promise, weight=promise.weight / 2)
    sides = ((Better.LOWER, more), (Better.HIGHER, fewer))
    return Several(
        [
            Comparison(margins_of(margin, side).beyond(promise.noise), half, known)
            for side, known in sides
        ],
        HALVES,
    )


def both_values(worse: float, promise: Promise, known: Scale, *, as_log: bool) -> Several:
    """A value: one bet on larger ones, one on smaller ones; `worse` is a fraction."""
    half = replace(promise, weight=promise.weight / 2)
    sides = (worse, worse)
    if as_log:
        sides = (log(1 + worse), -log(max(LEAST_RATIO, 1 - worse)))
    return Several([Means(side, side, half, known) for side in sides], HALVES)


def doubled(more: Numbers | None, fewer: Numbers | None) -> Numbers | None:
    """One row for both bets."""
    return None if more is None or fewer is None else (*more, *fewer)
