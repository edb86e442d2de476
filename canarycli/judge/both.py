"""What may become neither more nor less: a candidate is bet against in both directions.

A fail needs either bet and pays for there being two; a pass needs both, at no cost.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import log

from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Several
from canarycli.judge.history import History
from canarycli.judge.margins import Promise, margins_of
from canarycli.judge.marks import either_way
from canarycli.judge.means import Means, Scale
from canarycli.judge.pool import merged
from canarycli.metrics import Histogram, Point
from canarycli.plan import Better, Margin

HALVES = (0.5, 0.5)
LEAST_RATIO = 1e-3
"""A value that may lose all of its size is held to a thousandth of it."""

LEVELS = (0.1, 0.5, 0.9)
"""Quantiles of the baseline's scores above which its share and the candidate's are compared."""

RARE = 0.005
"""So few above a threshold, or below it, are none that says anything."""

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


def cuts_of(points: Sequence[Histogram]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The bounds of the baseline's scores, and which of them are nearest to its `LEVELS`."""
    whole = merged(points)
    shares = [sum(whole.counts[i + 1 :]) / whole.n for i in range(len(whole.bounds))]
    nearest = {
        min(range(len(shares)), key=lambda i: abs(shares[i] - (1 - level))) for level in LEVELS
    }
    return whole.bounds, tuple(i for i in sorted(nearest) if RARE <= shares[i] <= 1 - RARE)


def above_cut(point: Histogram, cut: int) -> float:
    """Scores above a bound."""
    return sum(point.counts[cut + 1 :])


def cut_rows(
    ours: Point | None, theirs: Point | None, cuts: Sequence[int], bounds: Sequence[float]
) -> Numbers | None:
    """The shares above each cut, both ways, in one row."""
    if not isinstance(ours, Histogram) or not isinstance(theirs, Histogram) or not cuts:
        return None
    if theirs.bounds != tuple(bounds):
        return None
    low, high = either_way(ours, theirs.bounds)
    row: list[float] = []
    for cut in cuts:
        x_low, x_high, x_b = (above_cut(one, cut) for one in (low, high, theirs))
        row += (ours.n, x_low, x_high, theirs.n, x_b)
        row += (ours.n, ours.n - x_high, ours.n - x_low, theirs.n, theirs.n - x_b)
    return tuple(row)


def both_levels(
    margin: Margin, promise: Promise, past: Sequence[tuple[History, History]]
) -> Several:
    """The shares above several thresholds: each of them may become neither more nor less."""
    part = replace(promise, weight=promise.weight / len(past), crowd=len(past) * promise.crowd)
    return Several(
        [both_rates(margin, part, more, fewer) for more, fewer in past],
        [1 / len(past)] * len(past),
    )


def worst_level(levels: Several) -> Several:
    """Of the shares above several thresholds the one that says most against the candidate."""
    parts = [part for part in levels.parts if isinstance(part, Several)]
    return max(parts, key=lambda part: (part.evidence, -part.assurance))
