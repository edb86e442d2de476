"""How much more the counts scatter than single independent errors would (phi).

phi is 1 for independent errors, about the batch size for errors in batches. It is known from
the baseline's history before the release, and learnt from how the split of each minute's errors
between the arms scatters around the split so far, so a shock that hits both arms is no scatter.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf, sqrt
from operator import add

from canarycli.judge.bets import Minute
from canarycli.judge.neighbours import Neighbours

UNKNOWN = 30.0
"""phi when there is no history: safe, and soon replaced by what the release shows itself."""

LEAST_ERRORS = 50
BLOCKS = ((1, 0.02, 1.0), (5, 0.06, 0.728), (15, 0.15, 0.52))
"""Minutes a block; the part of the highest comparisons that is left out, for a dozen shocks a day
have an edge in so many blocks; and the mean of a chi-square without that part."""

LEAST_PAIRS = 8
NEIGHBOURS = 3.0
"""The variance of a chi-square of one degree, and half as much for sharing blocks."""

SURCHARGE = 1.25
HALF_LIFE = 0.5 ** (1 / 90)
MEMORY = 0.95
CHANCE, CHANCE_SINGLE = 1.0, 2.0
"""Standard deviations of chance by which blocks have to scatter, or residuals to follow one
another, to count; more where history shows single errors: noise that lasts shows there."""

MANY, SINGLE = 500, 1.3
"""Errors of history, and their phi, from which on they surely come one by one."""

NOTHING = (0.0, 0.0, 0.0)
FARTHEST = 50.0
"""So many times phi is as far as the square of a residual counts."""

FAR, ANOTHER = 16.0, 2.0
"""What is farther off than so many times phi tells of no ratio by itself. If the next minute is as
far, both do; and if together they are so many times the ratio until then it is a new level."""

ENOUGH = 5.0
"""Errors expected of the candidate: with fewer its ratio is not known well enough for that."""

LOW_NORMAL = -2.0537
"""The normal 2 % quantile."""


def from_history(rows: Sequence[tuple[float, float]]) -> float:
    """Phi from the baseline's requests and bad ones a minute, oldest first.

    Neighbouring blocks are compared, so a day curve does not count as scatter, and of three
    sizes the one that scatters most counts, less what that may be by chance. With fewer than 50
    errors in it, history is believed only in part.
    """
    errors = sum(x for _, x in rows)
    known = min(1.0, errors / LEAST_ERRORS)
    seen = [_scatter(rows, *block) for block in BLOCKS]
    if not any(pairs for _, pairs in seen):
        return UNKNOWN
    phi = _above_chance(seen, CHANCE)
    if errors >= MANY and phi < SINGLE:
        return _above_chance(seen, CHANCE_SINGLE)
    phi += (UNKNOWN - 1) * (1 - known) ** 6
    return phi if known == 1 else min(phi, UNKNOWN)


def _above_chance(seen: Sequence[tuple[float, int]], chance: float) -> float:
    """Phi by the largest scatter, less so many standard deviations of what chance does to it."""
    less = (
        max(min(1.0, scatter), scatter * (1 - chance * sqrt(NEIGHBOURS / pairs)))
        for scatter, pairs in seen
        if pairs
    )
    return max(1.0, 1 + SURCHARGE * (max(less) - 1))


def _scatter(
    rows: Sequence[tuple[float, float]], size: int, cut: float, rest: float
) -> tuple[float, int]:
    """Mean chi-square of neighbouring blocks without the highest, and of how many pairs.

    No pairs where there are too few.
    """
    blocks = [
        (sum(n for n, _ in rows[i : i + size]), sum(x for _, x in rows[i : i + size]))
        for i in range(0, len(rows) - size + 1, size)
    ]
    found = []
    for (n, x), (n_next, x_next) in pairwise(blocks):
        total = n + n_next
        if not (n > 0 and n_next > 0 and 0 < x + x_next < total):
            continue
        p = (x + x_next) / total
        found.append((x - p * n) ** 2 / (p * (1 - p) * n * n_next / total))
    if len(found) < LEAST_PAIRS:
        return 0.0, 0
    kept = sorted(found)[: len(found) - round(cut * len(found))]
    return sum(kept) / len(kept) / rest, len(found)


def low_chi_square(df: float) -> float:
    """The 2 % quantile of chi-square, at most 0 where it has none to speak of.

    Source: Wilson and Hilferty, PNAS 17 (1931).
    """
    spread = 2 / (9 * df)
    return float(df * max(0.0, 1 - spread + LOW_NORMAL * sqrt(spread)) ** 3)


class Dispersion:
    """What the release itself has shown of phi, in a dozen sums."""

    __slots__ = (
        "base",
        "chance",
        "count",
        "dof",
        "held_over",
        "held_under",
        "held_variance",
        "lagged",
        "neighbours",
        "over",
        "phi",
        "products",
        "squares",
        "under",
        "variance",
        "weighted_squares",
        "weighted_variance",
    )

    def __init__(self, base: float = UNKNOWN, *, sure: bool = False, single: bool = False) -> None:
        self.base = base
        self.chance = CHANCE_SINGLE if single else CHANCE
        self.phi = base
        self.neighbours = None if sure else Neighbours()
        self.over = self.under = self.variance = 0.0
        self.held_over = self.held_under = self.held_variance = 0.0
        self.dof = self.weighted_squares = self.weighted_variance = 0.0
        self.lagged = self.products = self.squares = self.count = 0.0

    def look(self, n_c: float, n_b: float, bad: float) -> tuple[float, float, float, float]:
        """Phi and its serial part for a minute of which only the total of bad ones is known.

        Returns phi without the serial part, the serial part, and for `learn` the candidate's
        expected share of the bad ones and the variance of its number.
        """
        n = n_c + n_b
        half = 0.5 * n_c * n_b / (n * n)
        ratio = (self.over + half) / (self.under + half)
        share = ratio * n_c / (ratio * n_c + n_b)
        variance = bad * share * (1 - share) * max(0.0, 1 - bad / n)
        growth = 1.0
        if self.dof > 0 and self.weighted_variance > 0:
            growth = max(1.0, variance * self.dof / self.weighted_variance)
        upper, lower = self._bounds(growth)
        base = self.base
        if self.neighbours is not None:
            seen = self.neighbours.phi(UNKNOWN, SURCHARGE)
            base = seen if base >= UNKNOWN else min(base, seen)
        self.phi = max(min(base, upper), lower, 1.0)
        return self.phi, self._serial(), share, variance

    def learn(self, minute: Minute, seen: tuple[float, float]) -> None:
        """Take the minute in; `seen` is the share and variance that `look` gave for it."""
        n_c, x_c, n_b, x_b = minute
        share, variance = seen
        bad, n = x_c + x_b, n_c + n_b
        far = False
        if variance > 0 and self.variance > 0:
            spread = sqrt(variance * (1 + variance / self.variance))
            most = sqrt(FARTHEST * self.phi)
            z = (x_c - bad * share) / spread
            far = z * z > FAR * self.phi and self.under >= ENOUGH
            self._residual(min(max(z, -most), most), variance)
        if self.neighbours is not None:
            self.neighbours.add(n_b, x_b)
        self._ratio((x_c * n_b / n, x_b * n_c / n, variance), far=far)

    def _ratio(self, new: tuple[float, float, float], *, far: bool) -> None:
        """Take a minute into the running ratio; one that is far off waits for the next.

        A new level takes the place of all before: harm that came late would look like an arm
        that wanders until the ratio has followed it.
        """
        held = (self.held_over, self.held_under, self.held_variance)
        alone = far and held == NOTHING
        taken = NOTHING if alone else new
        if far:
            taken = tuple(map(add, taken, held))
        kept = 0.0 if far and not alone and self._is_another(taken) else HALF_LIFE
        old = (self.over, self.under, self.variance)
        self.over, self.under, self.variance = (
            was * kept + now for was, now in zip(old, taken, strict=True)
        )
        self.held_over, self.held_under, self.held_variance = new if alone else NOTHING

    def _is_another(self, taken: tuple[float, float, float]) -> bool:
        """Whether minutes show a ratio that is quite another than until now."""
        ours, theirs = taken[0] * self.under, taken[1] * self.over
        return ours >= ANOTHER * theirs or theirs >= ANOTHER * ours

    def _residual(self, z: float, variance: float) -> None:
        weight = 2 * variance / (2 * variance + self.phi)
        self.dof += weight
        self.weighted_squares += weight * z * z
        self.weighted_variance += weight * variance
        self.products += z * self.lagged
        self.squares += z * z
        self.count += 1
        self.lagged = z + MEMORY * self.lagged

    def _bounds(self, growth: float) -> tuple[float, float]:
        upper, lower = inf, 1.0
        if self.dof >= 2:
            least = low_chi_square(self.dof)
            if least > 0:
                upper = 1 + SURCHARGE * (self.weighted_squares / least - 1) * growth
        if self.dof >= 4:
            seen = self.weighted_squares / self.dof * (1 - sqrt(2 / self.dof))
            lower = 1 + SURCHARGE * (seen - 1) * growth
        return upper, lower

    def _serial(self) -> float:
        """More than 1 when residuals follow one another, as with an arm that wanders.

        Each has a variance of 1. Where nearly all are smaller, for the candidate has next to no
        errors, that they are all on one side says nothing.
        """
        if self.count < 2:
            return 1.0
        expected = max(self.squares, self.count)
        excess = self.products / expected - self.chance * sqrt(10.3 / self.count)
        return 1 + 2.6 * max(0.0, excess)

    def numbers(self) -> list[float]:
        """The state as numbers, for `load`."""
        own = [] if self.neighbours is None else self.neighbours.numbers()
        return [*(float(getattr(self, name)) for name in SUMS), *own]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back."""
        for name, value in zip(SUMS, numbers, strict=False):
            setattr(self, name, value)
        if self.neighbours is not None:
            self.neighbours.load(numbers[len(SUMS) :])


SUMS = tuple(name for name in Dispersion.__slots__ if name not in {"chance", "neighbours"})
