"""What the baseline was like before the release: rate, scatter, and how far it moved by itself."""

from collections.abc import Sequence
from itertools import pairwise

from canarycli.judge.dispersion import UNKNOWN, from_history
from canarycli.late_methods import dataclass

RATE_UNKNOWN = 0.01
HOUR, PEAK_REQUESTS = 60, 20


@dataclass(frozen=True, slots=True)
class History:
    """What the baseline was like before the release.

    Attributes:
        rate: share of bad requests.
        requests: requests a minute, 0 if nothing is known.
        phi: dispersion, see `dispersion`.
        errors: bad requests it was made from.
        swing: the most the rate grew from one hour to the next, as a factor.
        peak: the rate of the worst minute.
        minutes: how many it was made from.
    """

    rate: float = RATE_UNKNOWN
    requests: float = 0.0
    phi: float = UNKNOWN
    errors: float = 0.0
    swing: float = 1.0
    peak: float = 0.0
    minutes: float = 0.0

    @staticmethod
    def of(rows: Sequence[tuple[float, float]], rate: float = RATE_UNKNOWN) -> "History":
        """From requests and bad ones a minute; `rate` is taken where there are none."""
        n = sum(n for n, _ in rows)
        if n <= 0:
            return History(rate)
        bad = sum(x for _, x in rows)
        return History(
            (bad + 0.5) / (n + 1),
            n / len(rows),
            from_history(rows),
            bad,
            _swing(rows),
            worst_rate(rows),
            len(rows),
        )


def _swing(rows: Sequence[tuple[float, float]]) -> float:
    """The most the rate grew from one hour to the next."""
    hours = [
        (sum(n for n, _ in rows[i : i + HOUR]), sum(x for _, x in rows[i : i + HOUR]))
        for i in range(0, len(rows) - HOUR + 1, HOUR)
    ]
    grown = [
        (x_next + 1) / (x + 1) * n / n_next
        for (n, x), (n_next, x_next) in pairwise(hours)
        if n > 0 and n_next > 0
    ]
    return max([1.0, *grown])


def worst_rate(rows: Sequence[tuple[float, float]]) -> float:
    """The rate of the worst minute that had more than a few requests."""
    return max((x / n for n, x in rows if n >= PEAK_REQUESTS), default=0.0)
