"""Turns ratios of two sums, such as revenue per order, into means that can be compared."""

from collections.abc import Sequence
from dataclasses import replace

from canarycli.metrics import Point, Value


def linear(point: Point | None, ratio: float, level: float) -> Point | None:
    """A ratio of two sums as a mean: what its requests have above the usual ratio, and the level.

    To first order the means of two arms differ by as much of the level as their ratios do of
    the usual one (the delta method), and a mean has requests, which a ratio has not.
    """
    if not isinstance(point, Value) or point.per is None:
        return point
    return replace(point, value=point.value - ratio * point.per + level, per=None)


def ratio_of(points: Sequence[Value]) -> tuple[float, float] | None:
    """The baseline's usual ratio of two sums, and its mean of the first; None for other values."""
    known = [(p.value, p.per, p.n) for p in points if p.per is not None and p.n]
    n, above = sum(n for *_, n in known), sum(value * n for value, _, n in known)
    below = sum(per * n for _, per, n in known)
    return (above / below, above / n) if n and below else None
