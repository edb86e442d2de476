"""Two points of one period as a row of numbers, None where they can't be judged."""

from collections.abc import Sequence
from math import log

from canarycli.judge.marks import Mark, either_way
from canarycli.judge.means import weight_of
from canarycli.metrics import Counts, Histogram, Point, Series, Value


def rate_row(ours: Point | None, theirs: Point | None, *, turned: bool) -> tuple[float, ...] | None:
    """Requests and bad ones of both arms; `turned` counts the others as bad."""
    if not isinstance(ours, Counts) or (theirs is not None and not isinstance(theirs, Counts)):
        return None
    n_b, x_b = (0.0, 0.0) if theirs is None else (theirs.n, theirs.bad)
    if not (0 <= ours.bad <= ours.n and 0 <= x_b <= n_b):
        return None
    x_c = ours.n - ours.bad if turned else ours.bad
    return ours.n, x_c, x_c, n_b, n_b - x_b if turned else x_b


def spread_row(
    ours: Point | None,
    theirs: Point | None,
    marks: Sequence[Mark],
    bounds: tuple[float, ...],
) -> tuple[float, ...] | None:
    """Shares above each mark, which are among those bounds; a candidate may have others."""
    if not isinstance(ours, Histogram) or not isinstance(theirs, Histogram) or not marks:
        return None
    if theirs.bounds != bounds:
        return None
    both = either_way(ours, bounds)
    return tuple(number for one in marks for number in one.row(both, theirs))


def unlike(ours: Series, theirs: Series) -> str:
    """That the arms' buckets end elsewhere, "" if they do not."""
    newest = [series.points[-1] for series in (ours, theirs) if series.points]
    known = {point.bounds for point in newest if isinstance(point, Histogram)}
    return "" if len(known) < 2 else "the arms count between different bounds, which tells less"


def value_row(
    ours: Point | None, theirs: Point | None, sign: float, level: float, q: float | None
) -> tuple[float, ...] | None:
    """The difference of two values and what it is worth; of their logarithms without a level."""
    if not isinstance(ours, Value) or not isinstance(theirs, Value):
        return None
    if 0 in {ours.n, theirs.n}:
        return None
    precision, low, high, tilt = weight_of(ours.n, theirs.n, q)
    if sign < 0:
        low, high = high, low
    if level:
        return sign * (ours.value - theirs.value) / abs(level), precision, low, high, tilt
    if min(ours.value, theirs.value) <= 0:
        return None
    return sign * log(ours.value / theirs.value), precision, low, high, tilt
