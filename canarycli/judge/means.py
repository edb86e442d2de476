"""The sequential judge of values that are not counts: means, percentiles, gauges.

One number an arm and window, with the requests behind it where they are known. The difference of
the arms, turned so that larger is worse, is bet against the margin in two lanes. Lane A is valid
whenever the difference is symmetric about something inside the margin, with any tails. Lane B is
the fast one: a normal likelihood ratio with a scale from history and from the release itself.
Windows of skewed values are brought together first, see `skew`.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, inf, log, sqrt, tanh

from canarycli.judge.dispersion import MEMORY, SURCHARGE, low_chi_square
from canarycli.judge.margins import Promise
from canarycli.judge.skew import Gathering, lean_of, lean_of_history, tilt_of
from canarycli.judge.wealth import AT_ONCE, LANE, LARGEST, Wealth, late_start, stage_start
from canarycli.late_methods import dataclass

STAKES = (0.15, 0.35, 0.6, 0.9)
WIDTHS = (0.7, 2.0)
EFFECTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
WEIGHTS_A = tuple(LANE / (len(STAKES) * len(WIDTHS)) for _ in STAKES for _ in WIDTHS)
WEIGHTS_B = tuple(LANE / len(EFFECTS) for _ in EFFECTS)
FURTHEST = 5.0
"""A window counts as at most so many standard deviations: one wild value is not much evidence."""

TRUSTED = 6
STILL, LEAST = 5, 1e-3
"""After so many windows a window's scatter is taken to be at least a thousandth of the level."""

STAGE_WINDOWS = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """What the baseline's history says about values.

    Attributes:
        level: mean value, 0 if nothing is known.
        spread: standard deviation of one request's value, 0 if unknown (or without requests).
        lean: its third moment over its variance, see `skew`; 0 if nothing is known.
    """

    level: float = 0.0
    spread: float = 0.0
    lean: float = 0.0

    @staticmethod
    def of(rows: Sequence[tuple[float, float | None]], *, as_log: bool) -> "Scale":
        """From values and requests a window, oldest first.

        Neighbouring windows are compared, so a day curve does not count as spread.
        """
        if not rows:
            return Scale()
        level = sum(v for v, _ in rows) / len(rows)
        known = [(v, n) for v, n in rows if n and (v > 0 or not as_log)]
        squares = [
            (log(v / w) if as_log else v - w) ** 2 / (1 / n + 1 / k)
            for (v, n), (w, k) in pairwise(known)
        ]
        if len(squares) < TRUSTED:
            return Scale(level)
        lean = 0.0 if as_log else lean_of_history(known)
        return Scale(level, sqrt(sum(squares) / len(squares)), lean)

    def relative(self, cap: float | None = None) -> "Scale":
        """As parts of the level. What no value exceeds bounds how far they lean."""
        size = abs(self.level)
        if not size:
            return self
        return Scale(self.level, self.spread / size, (self.lean if cap is None else cap) / size)


def weight_of(
    n_candidate: float | None, n_baseline: float | None, q: float | None
) -> tuple[float, float, float, float]:
    """What a window's difference is worth: precision, how far it may read low and high, tilt.

    A percentile of few requests is biased: the k-th of n lies at k/(n + 1), not at the quantile,
    between q/(n + 1) below it and (1 - q)/(n + 1) above, whichever way it is made. Both ways are
    given in standard deviations of one request; of a window where requests are not known, which
    holds from one request beyond the percentile on. Either way each arm also reads high by its
    bend: a percentile scatters farther up than down, with an exponential tail by so much, and
    with a lighter one by less. Means have none, but a tilt, see `skew`.
    """
    if q is None and (not n_candidate or not n_baseline):
        return 1.0, 0.0, 0.0, 1.0
    if not n_candidate or not n_baseline:
        return 1.0, 1.0, 0.5 * sqrt(q or 0.0), 0.0
    precision = 1 / (1 / n_candidate + 1 / n_baseline)
    if q is None:
        return precision, 0.0, 0.0, tilt_of(n_candidate, n_baseline)
    ours, theirs, unit = n_candidate + 1, n_baseline + 1, sqrt(q * (1 - q))
    bend = 0.5 * q / unit
    low = (q / ours + (1 - q) / theirs) / unit + bend / theirs
    high = ((1 - q) / ours + q / theirs) / unit + bend / ours
    return precision, low, high, 0.0


class Means:
    """One value of the candidate against the baseline's, sequentially."""

    __slots__ = (
        "count",
        "cubes",
        "fail",
        "gathering",
        "grades",
        "lagged",
        "lean",
        "margin_fail",
        "margin_pass",
        "mean",
        "minutes",
        "passed",
        "precision",
        "products",
        "promise",
        "scale",
        "squares",
        "stage",
        "stage_windows",
        "stages",
    )

    def __init__(
        self,
        margin_fail: float,
        margin_pass: float,
        promise: Promise,
        known: Scale = Scale(),  # noqa: B008 - frozen
    ) -> None:
        self.margin_fail, self.margin_pass = margin_fail, margin_pass
        self.promise = promise
        self.scale, self.lean, self.gathering = known.spread, known.lean, Gathering()
        self.fail = Wealth(WEIGHTS_A, WEIGHTS_B, AT_ONCE)
        self.passed = Wealth(WEIGHTS_A, WEIGHTS_B, 1.0)
        self.stage = Wealth(WEIGHTS_A, WEIGHTS_B, 1.0)
        self.minutes = self.stages = 0
        self.mean = self.precision = self.stage_windows = 0.0
        self.count = self.squares = self.products = self.lagged = 0.0
        self.cubes = self.grades = 0.0

    @property
    def evidence(self) -> float:
        """The e-value against a candidate inside the fail margin."""
        return self.fail.total

    @property
    def assurance(self) -> float:
        """The e-value for being inside the pass margin; a stage must show a few windows itself.

        With leeway what the stage shows at the wider margin is enough.
        """
        if self.promise.leeway > 1:
            return self.stage.total
        return 0.0 if self.stages and self.stage_windows < STAGE_WINDOWS else self.passed.total

    @property
    def spread(self) -> float:
        """A safe standard deviation of one request's value, 0 if nothing is known of it."""
        wide = self._scales()[1]
        return wide if wide < inf else 0.0

    def begin_stage(self) -> None:
        """A new split is in force: capital for harm that comes with load."""
        self.stages += 1
        self.stage_windows = 0.0
        self.gathering = Gathering()
        self.stage = Wealth(WEIGHTS_A, WEIGHTS_B, 1.0)
        self.fail.start(stage_start(self.stages))

    def step(self, row: Sequence[float]) -> None:
        """Take one window in, each only once and in order.

        Args:
            row: difference, larger is worse; precision, one over the variance it would have if
                one request's value had a variance of 1 (1 where requests are not known); and how
                far it may read low and high, and its tilt, see `weight_of`.
        """
        self.gathering.add(row)
        if self.gathering.whole(self.leaning, min(self.margin_fail, self.margin_pass)):
            self._bet(*self.gathering.taken())

    @property
    def leaning(self) -> float:
        """How far values lean, by what is known of them and by what the release has shown."""
        known = self.squares / self.count if self.count >= TRUSTED else 0.0
        return max(self.lean, lean_of(self.cubes, self.grades, known))

    def _bet(
        self, difference: float, precision: float, low: float, high: float, tilt: float
    ) -> None:
        self.fail.start(late_start(self.minutes, self.promise.horizon))
        self.minutes += 1
        self.stage_windows += 1
        before = self.fail.total
        middle, wide = self._scales()
        root = sqrt(precision)
        if self.count >= STILL:
            # Values that never scatter, as of a quantized source, decide too.
            middle, wide = max(middle, LEAST * root), max(wide, LEAST * root)
        if 0 < middle < inf and wide > 0:
            serial = self._serial()
            over = difference - high * middle - self.margin_fail
            self.fail.times(*_factors(over * root, middle, wide, serial))
            if wide < inf:
                under = self.margin_pass - difference - low * wide
                self.passed.times(*_factors(under * root, middle, wide, serial))
                under += (self.promise.leeway - 1) * self.margin_pass
                self.stage.times(*_factors(under * root, middle, wide, serial))
        self.fail.hold_to(min(max(before, 1.0) * self.promise.one_minute, LARGEST))
        self.passed.hold_to(LARGEST)
        self.stage.hold_to(LARGEST)
        self._learn(difference, precision, tilt)

    def bounds(self, beta: float) -> tuple[float, float]:
        """The 1 - beta confidence sequence of the difference (normal mixture).

        Source: Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 49 (2021).
        """
        _, wide = self._scales()
        if self.precision <= 0 or not 0 < wide < inf:
            return -inf, inf
        weight = self.precision * self._serial()
        prior = weight / 10
        total = weight + prior
        half = wide * sqrt(total / (weight * weight) * log(total / (prior * beta * beta)))
        half *= self._serial()
        return self.mean - half, self.mean + half

    def _scales(self) -> tuple[float, float]:
        """The likeliest standard deviation of one request's value, and a safe upper one."""
        upper = SURCHARGE * self.scale if self.scale > 0 else inf
        own = sqrt(self.squares / self.count) if self.count >= 2 else 0.0
        if self.count >= 2:
            least = low_chi_square(self.count)
            upper = min(upper, sqrt(self.squares / least) if least > 0 else inf)
        if self.count >= TRUSTED:
            upper = max(upper, own)
        return (own or self.scale), upper

    def _serial(self) -> float:
        if self.count < 2 or self.squares <= 0:
            return 1.0
        excess = self.products / self.squares - sqrt(10.3 / self.count)
        return 1 + 2.6 * max(0.0, excess)

    def _learn(self, difference: float, precision: float, tilt: float) -> None:
        if self.precision > 0:
            spread = sqrt(1 / precision + 1 / self.precision)
            residual = (difference - self.mean) / spread
            self.products += residual * self.lagged
            self.lagged = residual + MEMORY * self.lagged
            usual = sqrt(self.squares / self.count) if self.count >= TRUSTED else 0.0
            if usual > 0:
                grade = tilt * sqrt(precision)
                self.cubes += min(max(residual, -FURTHEST * usual), FURTHEST * usual) ** 3 * grade
                self.grades += grade * grade
            self.squares += residual * residual
            self.count += 1
        self.precision += precision
        self.mean += (difference - self.mean) * precision / self.precision

    def numbers(self) -> list[float]:
        """The whole state as numbers, for `load`."""
        lanes = (self.fail, self.passed, self.stage)
        vectors = [v for wealth in lanes for v in (*wealth.lane_a, *wealth.lane_b)]
        own = (float(getattr(self, name)) for name in SUMS)
        return [*own, *self.gathering.numbers(), *vectors]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back.

        Raises:
            ValueError: there are too few or too many of them.
        """
        waiting = len(self.gathering.numbers())
        if len(numbers) != len(SUMS) + waiting + 3 * len(WEIGHTS_A + WEIGHTS_B):
            raise ValueError("not a state of a series of values")
        rest = iter(numbers)
        for name in SUMS:
            setattr(self, name, next(rest))
        self.gathering.load([next(rest) for _ in range(waiting)])
        for wealth in (self.fail, self.passed, self.stage):
            wealth.lane_a = [next(rest) for _ in wealth.lane_a]
            wealth.lane_b = [next(rest) for _ in wealth.lane_b]
        self.minutes, self.stages = int(self.minutes), int(self.stages)


def _factors(
    distance: float, middle: float, wide: float, serial: float
) -> tuple[list[float], list[float]]:
    u, v = distance / middle, min(distance / wide, FURTHEST)
    lane_a = [1 + lam / serial * tanh(u / c) for lam in STAKES for c in WIDTHS]
    lane_b = [exp((mu * v - mu * mu / 2) / serial) for mu in EFFECTS]
    return lane_a, lane_b


SUMS = (
    "minutes",
    "stages",
    "mean",
    "precision",
    "count",
    "squares",
    "products",
    "lagged",
    "scale",
    "stage_windows",
    "cubes",
    "grades",
    "lean",
)
