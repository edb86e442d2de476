"""How long windows of skewed values, such as amounts of money, must be to be compared fairly.

The mean of few skewed values lies below its expectation most of the time, that of many does not.
So with a small and a large arm the difference is shifted, in the median, by a sixth of its third
moment over its variance, which shrinks with the requests in a window. Windows are brought
together until the shift is within the margin: a rule that held in simulation, not a proof.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, sqrt

NORMAL_CUBES = 15.0
"""The variance of the cube of a standard normal value: what symmetric values show by chance."""

LEAST_MARGIN = 1e-3
"""A margin of nothing would ask for windows without end."""


def lean_of(cubes: float, grades: float, variance: float) -> float:
    """One request's third moment over its variance, in the value's unit, as it may well be.

    A standard deviation is added to what was seen, for large amounts are rare. That costs
    nothing where values scatter by less than a few margins.

    Args:
        cubes: sum of residual cubed times grade.
        grades: sum of grade squared; a grade is the third moment that a residual would have if
            that of one request's value was 1.
        variance: of one request's value.
    """
    if grades <= 0 or variance <= 0:
        return 0.0
    return abs(cubes) / grades / variance + sqrt(NORMAL_CUBES * variance / grades)


def lean_of_history(rows: Sequence[tuple[float, float]]) -> float:
    """The same from values and requests a window, each against its two neighbours."""
    cubes = grades = squares = 0.0
    windows = list(zip(pairwise(rows), rows[2:], strict=False))
    for ((left, n_left), (value, n)), (right, n_right) in windows:
        scale = 1 / n + (1 / n_left + 1 / n_right) / 4
        residual = (value - (left + right) / 2) / sqrt(scale)
        grade = (n**-2 - (n_left**-2 + n_right**-2) / 8) / scale**1.5
        squares += residual * residual
        cubes += residual**3 * grade
        grades += grade * grade
    return lean_of(cubes, grades, squares / len(windows)) if windows else 0.0


def tilt_of(n_candidate: float | None, n_baseline: float | None) -> float:
    """How far a window's difference leans for each unit of `lean`: equal arms are upright.

    Where requests are not known a window stands for one.
    """
    if not n_candidate or not n_baseline:
        return 1.0
    return abs(1 / n_candidate - 1 / n_baseline)


def windows_needed(lean: float, tilt: float, margin: float) -> float:
    """How many windows that lean so far make one within the margin."""
    return lean * tilt / (6 * max(margin, LEAST_MARGIN))


class Gathering:
    """Windows that are brought together, as sums."""

    __slots__ = ("high", "low", "precision", "upright", "weighted")

    def __init__(self) -> None:
        self.weighted = self.precision = self.low = self.high = self.upright = 0.0

    def add(self, row: Sequence[float]) -> None:
        """Take a window in: difference, precision, how far it may read low and high, tilt."""
        difference, precision, low, high, tilt = (*row, 0.0, 0.0, 0.0)[:5]
        self.weighted += precision * difference
        self.precision += precision
        self.low += precision * low
        self.high += precision * high
        self.upright += 1 / tilt if tilt > 0 else float("inf")

    @property
    def tilt(self) -> float:
        """Of all of it."""
        return 1 / self.upright if isfinite(self.upright) and self.upright > 0 else 0.0

    def whole(self, lean: float, margin: float) -> bool:
        """Whether it is long enough."""
        return windows_needed(lean, self.tilt, margin) <= 1

    def taken(self) -> tuple[float, float, float, float, float]:
        """All of it as one window; then it is empty."""
        whole = self.precision
        row = (self.weighted / whole, whole, self.low / whole, self.high / whole, self.tilt)
        self.load([0.0] * len(self.numbers()))
        return row

    def numbers(self) -> list[float]:
        """The state as numbers, for `load`."""
        return [getattr(self, name) for name in Gathering.__slots__]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back."""
        for name, number in zip(Gathering.__slots__, numbers, strict=True):
            setattr(self, name, number)
