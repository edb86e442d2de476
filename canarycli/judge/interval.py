"""The confidence sequence of the ratio of two rates: an interval true at all times together."""

from math import exp, inf, log, pi, sqrt

from canarycli.judge.bets import Minute

LOWEST, STEP, POINTS = log(0.05), 0.15, 61
PRIOR_SD = 1.2
GRID = tuple(LOWEST + i * STEP for i in range(POINTS))
RATIOS = tuple(exp(u) for u in GRID)
FINE = 4
WIDE = 10


class Ratio:
    """Log-likelihood of the ratio candidate rate : baseline rate, on a grid of its logarithm.

    Given the errors of a minute, each falls to the candidate with probability
    theta = rho * n_c / (rho * n_c + n_b). Between grid points it is read by a cubic, exact to
    about 1e-7 nats an error.
    """

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values = [0.0] * POINTS

    def add(self, minute: Minute, phi: float) -> None:
        """Take a minute in, tempered by phi."""
        n_c, x_c, n_b, x_b = minute
        bad = x_c + x_b
        if bad <= 0:
            return
        share, up, down = n_c / n_b, x_c / phi, bad / phi
        self.values = [
            v + up * u - down * log(1 + r * share)
            for v, u, r in zip(self.values, GRID, RATIOS, strict=True)
        ]

    def bounds(self, beta: float) -> tuple[float, float]:
        """The 1 - beta confidence sequence of the ratio: `{rho: log mix - l(rho) < log 1/beta}`.

        The mixture is over a normal prior of the log ratio; 0 or infinity where the interval
        reaches the end of the grid.
        """
        points = self._points()
        levels = [self._at(x) for x in points]
        peak = max(levels)
        levels = [level - peak for level in levels]
        mix = sum(
            exp(level - 0.5 * ((LOWEST + x) / PRIOR_SD) ** 2)
            for x, level in zip(points, levels, strict=True)
            if level > -60
        ) * ((points[1] - points[0]) / (PRIOR_SD * sqrt(2 * pi)))
        least = log(max(mix, 1e-300)) + log(beta)
        inside = [i for i, level in enumerate(levels) if level > least]
        if not inside:
            return 0.0, inf
        return (
            self._edge(points, levels, inside[0], least, -1),
            self._edge(points, levels, inside[-1], least, 1),
        )

    def _points(self) -> list[float]:
        """Where to read it: the whole grid, or close around its peak when that is narrow."""
        cell = STEP / FINE
        whole = [i * cell for i in range((POINTS - 1) * FINE + 1)]
        top = max(whole[1:-1], key=self._at)
        before, here, after = (self._at(x) for x in (top - cell, top, top + cell))
        bend = (2 * here - before - after) / (cell * cell)
        if bend * cell * cell < 1:
            return whole
        middle = top + min(max((after - before) / (2 * cell * bend), -cell), cell)
        width = 1 / sqrt(bend)
        near = (middle + width * i / FINE for i in range(-WIDE * FINE, WIDE * FINE + 1))
        inside = [x for x in near if 0 <= x <= whole[-1]]
        return inside if len(inside) > WIDE else whole

    def _edge(
        self, points: list[float], levels: list[float], i: int, least: float, way: int
    ) -> float:
        j = i + way
        if not 0 <= j < len(points):
            return 0.0 if way < 0 else inf
        part = (levels[i] - least) / (levels[i] - levels[j])
        return exp(LOWEST + points[i] + part * (points[j] - points[i]))

    def _at(self, x: float) -> float:
        """Cubic through the four grid points around x (a distance from the grid's start)."""
        v = self.values
        i = min(max(int(x / STEP), 1), POINTS - 3)
        t = x / STEP - i
        a, b, c, d = v[i - 1], v[i], v[i + 1], v[i + 2]
        return (
            -a * t * (t - 1) * (t - 2) / 6
            + b * (t + 1) * (t - 1) * (t - 2) / 2
            - c * (t + 1) * t * (t - 2) / 2
            + d * (t + 1) * t * (t - 1) / 6
        )
