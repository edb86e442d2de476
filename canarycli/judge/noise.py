"""How far two equal arms differ on an endpoint, from minutes in which both served one model."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

BLOCK = 5
"""Minutes that are taken together."""

KEPT = 0.6
"""What noise that lasts some ten minutes keeps from a block to the next."""

LEAST_BLOCKS = 12
LEAST_ERRORS = 100

Minute = Sequence[float]
"""`n_candidate, x_candidate, n_baseline, x_baseline`."""


def arm_noise(minutes: Sequence[Minute]) -> float | None:
    """The standard deviation of the ratio of two equal arms' rates, None if too little is known.

    Only what lasts is counted: how far a block's ratio is off goes together with how far the next
    one's is. Single errors and batches of them differ from block to block by chance alone.
    """
    blocks = [
        tuple(map(sum, zip(*minutes[i : i + BLOCK], strict=True)))
        for i in range(0, len(minutes) - BLOCK + 1, BLOCK)
    ]
    n_c, x_c, n_b, x_b = (sum(block[i] for block in blocks) for i in range(4))
    if len(blocks) < LEAST_BLOCKS or min(x_c, x_b) <= 0 or x_c + x_b < LEAST_ERRORS:
        return None
    ratio = x_c * n_b / (n_c * x_b)
    off = [_off(block, ratio) for block in blocks]
    together = sum(a * b * min(v, w) for (a, v), (b, w) in pairwise(off))
    weight = sum(min(v, w) for (_, v), (_, w) in pairwise(off))
    return sqrt(max(0.0, together / weight) / KEPT) if weight > 0 else None


def _off(block: Sequence[float], ratio: float) -> tuple[float, float]:
    """By how much a block's ratio is off, as a fraction, and its weight."""
    n_c, x_c, n_b, x_b = block
    bad = x_c + x_b
    if bad <= 0 or min(n_c, n_b) <= 0:
        return 0.0, 0.0
    share = ratio * n_c / (ratio * n_c + n_b)
    weight = bad * share * (1 - share)
    return (x_c - bad * share) / weight, weight
