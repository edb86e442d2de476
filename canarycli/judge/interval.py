"""The counts of a stretch of time, and the interval of the ratio of the two rates in it.

The interval is a confidence sequence: true at all times of the stretch together.
"""

from collections.abc import Callable, Sequence
from math import exp, inf, log, log1p, pi, sqrt

from canarycli.judge.bets import Minute

LOWEST, HIGHEST = log(0.02), log(2000)
PRIOR_SD = 1.2
POINTS, WIDTHS = 160, 10.0
DEEP = 60.0
HALVINGS = 60


class Counted:
    """Requests and bad ones of both arms, and by how much they scatter (phi).

    Given the bad ones, each falls to the candidate with probability theta =
    rho * n_c / (rho * n_c + n_b); that likelihood of the ratio rho is tempered by phi. It peaks at
    the ratio of the two rates, so these never lie outside of their own interval.
    """

    __slots__ = ("n_b", "n_c", "tempered", "x_b", "x_c")

    def __init__(self, numbers: Sequence[float] = (0.0,) * 5) -> None:
        self.n_c, self.x_c, self.n_b, self.x_b, self.tempered = numbers

    def add(self, minute: Minute, phi: float) -> None:
        """Take a minute in."""
        self.n_c += minute.n_candidate
        self.x_c += minute.x_candidate
        self.n_b += minute.n_baseline
        self.x_b += minute.x_baseline
        self.tempered += (minute.x_candidate + minute.x_baseline) / phi

    def numbers(self) -> list[float]:
        """As numbers, to be made from again."""
        return [self.n_c, self.x_c, self.n_b, self.x_b, self.tempered]

    @property
    def phi(self) -> float:
        """How much more the counts scatter than single errors, on average over the bad ones."""
        return (self.x_c + self.x_b) / self.tempered if self.tempered > 0 else 1.0

    def ratio(self, beta: float) -> tuple[float, float]:
        """The 1 - beta interval of the ratio: `{rho: log mix - l(rho) < log 1/beta}`.

        The mixture is over a normal prior of the log ratio; 0 or infinity where nothing bounds it.
        """
        if self.tempered <= 0 or min(self.n_c, self.n_b) <= 0:
            return 0.0, inf
        share, phi, bad = self.n_c / self.n_b, self.phi, self.x_c + self.x_b

        def likelihood(u: float) -> float:
            return (self.x_c * u - bad * log1p(exp(u) * share)) / phi

        rates = (self.x_c / self.n_c, self.x_b / self.n_b)
        top = _inside(log(rates[0] / rates[1])) if min(rates) > 0 else _end(rates)
        peak = likelihood(top)
        theta = exp(top) * share / (1 + exp(top) * share)
        width = 1 / sqrt(max(bad * theta * (1 - theta) / phi, 1e-12))
        least = log(_mixture(lambda u: likelihood(u) - peak, top, width)) + log(beta) + peak
        return (
            _edge(likelihood, top, LOWEST, least) if rates[0] > 0 else 0.0,
            _edge(likelihood, top, HIGHEST, least) if rates[1] > 0 else inf,
        )


def _mixture(height: Callable[[float], float], top: float, width: float) -> float:
    """The mean of the likelihood over the prior, relative to its peak."""
    low, high = max(LOWEST, top - WIDTHS * width), min(HIGHEST, top + WIDTHS * width)
    step = (high - low) / POINTS
    points = (low + (i + 0.5) * step for i in range(POINTS))
    total = sum(
        exp(level - 0.5 * (u / PRIOR_SD) ** 2) for u in points if (level := height(u)) > -DEEP
    )
    return max(total * step / (PRIOR_SD * sqrt(2 * pi)), 1e-300)


def _edge(function: Callable[[float], float], top: float, end: float, least: float) -> float:
    """Where the likelihood falls below `least` on the way from its peak to an end of the grid."""
    if function(end) >= least:
        return 0.0 if end < top else inf
    inside, outside = top, end
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if function(middle) >= least else (inside, middle)
    return exp(inside)


def _inside(u: float) -> float:
    return min(max(u, LOWEST), HIGHEST)


def _end(rates: Sequence[float]) -> float:
    return LOWEST if rates[0] <= 0 else HIGHEST
