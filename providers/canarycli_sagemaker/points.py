"""Turns columns of CloudWatch values into points. Pure; only missing errors are taken for zero."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from canarycli.metrics import Counts, Point, Series, Value, Window
from canarycli_sagemaker.metrics import Part, Recipe, Shape

Column = Mapping[datetime, float]
"""The values of one statistic by the start of their period."""


def make_series(
    recipe: Recipe, columns: Mapping[Part, Column], window: Window, period: timedelta
) -> Series:
    """One metric's points whose period starts in the window, oldest first."""
    times = sorted({at for column in columns.values() for at in column if at in window})
    found = (_point(recipe, at, {p: c[at] for p, c in columns.items() if at in c}) for at in times)
    return Series(tuple(point for point in found if point is not None), period)


def _point(recipe: Recipe, at: datetime, parts: Mapping[Part, float]) -> Point | None:
    match recipe.shape:
        case Shape.REQUESTS:
            n = parts.get(Part.REQUESTS, parts.get(Part.SAMPLES))
            return None if n is None else Value(at, n, n)
        case Shape.ERRORS | Shape.FAILED:
            n = max((parts[p] for p in (Part.REQUESTS, Part.SAMPLES) if p in parts), default=None)
            return None if n is None else Counts(at, n, min(n, _bad(parts)))
        case Shape.SLOW:
            if not {Part.SAMPLES, Part.WITHIN} <= parts.keys():
                return None
            n = parts[Part.SAMPLES]
            return Counts(at, n, n - round(n * parts[Part.WITHIN] / 100))
        case Shape.VALUE:
            if Part.VALUE not in parts:
                return None
            return Value(at, parts[Part.VALUE] / recipe.scale, parts.get(Part.SAMPLES))


def _bad(parts: Mapping[Part, float]) -> float:
    """Server errors; or whatever kept the model from answering, less the callers' mistakes.

    A time-out or a broken connection is only in the second number.
    """
    unanswered = parts.get(Part.UNANSWERED, 0.0) - parts.get(Part.CALLERS, 0.0)
    return max(parts.get(Part.BAD, 0.0), unanswered)
