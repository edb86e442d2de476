"""phi of the baseline while it serves beside the candidate, where there was no history.

Neighbouring blocks of minutes are compared as in `dispersion.from_history`, in constant space.
"""

from collections.abc import Sequence
from math import sqrt

SIZES = (1, 5, 15)
LEAST_PAIRS = 8
LEAST_ERRORS = 50
CAUTION = 2.0
"""Standard errors by which a mean of few comparisons is raised."""

FIELDS = 7


class Neighbours:
    """Mean chi-square of neighbouring blocks, for each block size."""

    __slots__ = ("errors", "sums")

    def __init__(self) -> None:
        self.errors = 0.0
        self.sums = [[0.0] * FIELDS for _ in SIZES]

    def add(self, n: float, x: float) -> None:
        """Take one minute of the baseline in."""
        self.errors += x
        for size, sums in zip(SIZES, self.sums, strict=True):
            sums[0] += n
            sums[1] += x
            sums[2] += 1
            if sums[2] >= size:
                _compare(sums)

    def phi(self, unknown: float, surcharge: float) -> float:
        """Phi as far as it is known by now; `unknown` with no errors, little by little less."""
        means = [
            sums[6] / sums[5] * (1 + CAUTION * sqrt(2 / sums[5]))
            for sums in self.sums
            if sums[5] >= LEAST_PAIRS
        ]
        if not means:
            return unknown
        missing = max(0.0, 1 - self.errors / LEAST_ERRORS) ** 6
        known = max(1.0, 1 + surcharge * (max(means) - 1))
        return max(known, known + (unknown - known) * missing)

    def numbers(self) -> list[float]:
        """The state as numbers, for `load`."""
        return [self.errors, *(value for sums in self.sums for value in sums)]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back."""
        self.errors = numbers[0]
        self.sums = [list(numbers[1 + FIELDS * i :][:FIELDS]) for i in range(len(SIZES))]


def _compare(sums: list[float]) -> None:
    """Compare a full block with the one before it, then begin the next."""
    n, x, _, n_before, x_before, _, _ = sums
    total = n + n_before
    if n > 0 and n_before > 0 and 0 < x + x_before < total:
        p = (x + x_before) / total
        sums[5] += 1
        sums[6] += (x - p * n) ** 2 / (p * (1 - p) * n * n_before / total)
    sums[:5] = [0.0, 0.0, 0.0, n, x]
