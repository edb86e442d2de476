"""The sequential judge of one rate: both arms' counts, a minute at a time.

State of constant size, one update a minute. `fail` and `passed` are e-processes: under the
hypothesis that the candidate is inside (outside) the margin they reach N with probability at
most 1/N, however often one looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from canarycli.judge.bets import (
    FAIL_ODDS,
    FAIL_WEIGHTS,
    PASS_ODDS,
    PASS_WEIGHTS,
    Minute,
    bets,
)
from canarycli.judge.dispersion import LEAST_ERRORS, UNKNOWN, Dispersion, from_history
from canarycli.judge.interval import POINTS, Ratio
from canarycli.judge.margins import Margins, Promise
from canarycli.judge.wealth import (
    AT_ONCE,
    AT_RISK,
    LARGEST,
    Wealth,
    by_batch,
    late_start,
    stage_start,
    tempered_part,
)

GUESS_HALF_LIFE = 0.5 ** (1 / 30)
HOUR_HALF_LIFE = 0.5 ** (1 / 60)
RATE_UNKNOWN = 0.01
GUARD_UNKNOWN = 0.5
GUARD_FACTOR = 3.0
RECENT_HALF_LIFE = 0.5 ** (1 / 3)
QUIET, FEW = 4.0, 3
"""phi for the pass side while hardly an error was ever seen: nothing says they come in batches."""

BROKEN_RATE, BROKEN_TIMES = 0.5, 3.0


@dataclass(frozen=True, slots=True)
class History:
    """What the baseline was like before the release.

    Attributes:
        rate: share of bad requests.
        requests: requests a minute, 0 if nothing is known.
        phi: dispersion, see `dispersion`.
        errors: bad requests it was made from.
    """

    rate: float = RATE_UNKNOWN
    requests: float = 0.0
    phi: float = UNKNOWN
    errors: float = 0.0

    @staticmethod
    def of(rows: Sequence[tuple[float, float]], rate: float = RATE_UNKNOWN) -> "History":
        """From requests and bad ones a minute; `rate` is taken where there are none."""
        n = sum(n for n, _ in rows)
        if n <= 0:
            return History(rate)
        bad = sum(x for _, x in rows)
        return History((bad + 0.5) / (n + 1), n / len(rows), from_history(rows), bad)


class Comparison:
    """One rate of the candidate against the baseline's, sequentially."""

    __slots__ = (
        "bad_baseline",
        "bad_candidate",
        "dispersion",
        "errors",
        "fail",
        "guarded",
        "guess_bad",
        "guess_n",
        "hour_bad",
        "hour_n",
        "margins",
        "minutes",
        "n_baseline",
        "n_candidate",
        "only_fail",
        "passed",
        "promise",
        "ratio",
        "recent_bad",
        "recent_n",
        "stage",
        "stages",
    )

    def __init__(
        self, margins: Margins, promise: Promise, history: History, *, only_fail: bool = False
    ) -> None:
        self.only_fail = only_fail
        self.margins = margins
        self.promise = promise
        self.fail = Wealth(by_batch(FAIL_WEIGHTS), tempered_part(FAIL_WEIGHTS), AT_ONCE)
        self.passed = Wealth(by_batch(PASS_WEIGHTS), tempered_part(PASS_WEIGHTS), 1.0)
        self.stage = Wealth((), PASS_WEIGHTS, 1.0)
        self.ratio = Ratio()
        self.dispersion = Dispersion(history.phi, sure=history.errors >= LEAST_ERRORS)
        weight = max(1.0, history.requests * 30)
        self.guess_n, self.guess_bad = weight, weight * history.rate
        self.hour_n, self.hour_bad = history.requests * 60, history.requests * 60 * history.rate
        self.errors = history.errors
        self.recent_n = self.recent_bad = 0.0
        self.minutes = self.stages = 0
        self.guarded = 0
        self.n_candidate = self.bad_candidate = 0.0
        self.n_baseline = self.bad_baseline = 0.0

    @property
    def evidence(self) -> float:
        """The e-value against a candidate inside the fail margin, 0 with too few bad ones."""
        return self.fail.total if self.bad_candidate >= self.promise.min_bad else 0.0

    @property
    def assurance(self) -> float:
        """The e-value for being inside the pass margin; the stage under way must show its own."""
        return self.passed.total if not self.stages else min(self.passed.total, self.stage.total)

    def begin_stage(self) -> None:
        """A new split is in force: capital for harm that comes with load, fresh stage evidence."""
        self.stages += 1
        self.fail.start(stage_start(self.stages))
        self.stage = Wealth((), PASS_WEIGHTS, 1.0)

    def step(self, row: Sequence[float]) -> None:
        """Take one minute in, each only once and in order.

        Args:
            row: candidate's requests, bad ones, bad ones for the pass side (another threshold
                for latency, else the same); baseline's requests and bad ones. A minute without
                candidate requests adds nothing. One without a baseline is held to a fixed limit:
                three times what the baseline had, or half of all where its requests are given
                as negative.
        """
        n_c, x_c, x_pass, n_b, x_b = row
        if n_c <= 0:
            return
        self.fail.start(late_start(self.minutes, self.promise.horizon))
        self.minutes += 1
        before = self.fail.total
        minute = Minute(n_c, x_c, n_b, x_b)
        if n_b > 0:
            self._compare(minute, x_pass)
        else:
            self._guard(minute, GUARD_UNKNOWN if n_b < 0 else self.guard_limit)
        self.fail.hold_to(min(max(before, 1.0) * self.promise.one_minute, LARGEST))
        self.passed.hold_to(LARGEST)
        self.stage.hold_to(LARGEST)
        self.n_candidate += n_c
        self.bad_candidate += x_c

    def _compare(self, minute: Minute, x_pass: float) -> None:
        n_c, x_c, n_b, x_b = minute
        phi, serial, share, variance = self.dispersion.look(n_c, n_b, x_c + x_b)
        guess = self.guess_bad / self.guess_n
        self._bet_fail(minute, guess, phi, serial)
        if not self.only_fail:
            calm = min(phi, QUIET) if self.errors < FEW else phi
            self._bet_pass(minute._replace(x_candidate=x_pass), guess, calm, serial)
            self.ratio.add(minute, phi * serial)
        self.dispersion.learn(minute, (share, variance))
        self.guess_n = self.guess_n * GUESS_HALF_LIFE + n_b
        self.guess_bad = self.guess_bad * GUESS_HALF_LIFE + x_b
        self.recent_n = self.recent_n * RECENT_HALF_LIFE + n_b
        self.recent_bad = self.recent_bad * RECENT_HALF_LIFE + x_b
        self.hour_n = self.hour_n * HOUR_HALF_LIFE + n_b
        self.hour_bad = self.hour_bad * HOUR_HALF_LIFE + x_b
        self.errors += x_c + x_b
        self.n_baseline += n_b
        self.bad_baseline += x_b

    def _bet_fail(self, minute: Minute, guess: float, phi: float, serial: float) -> None:
        rho, delta = self.margins.rho_fail, self.margins.delta_fail
        strengths, logs = bets(FAIL_ODDS, rho, delta, guess, minute)
        share = rho * minute.n_candidate / minute.n_baseline
        allowed = minute.n_candidate * delta
        worst = share * (minute.x_candidate + minute.x_baseline) + allowed
        if worst > 0:
            excess = minute.x_candidate - share * minute.x_baseline - allowed
            self.fail.bounded(strengths, excess, AT_RISK / worst, serial)
        self.fail.tempered(logs, phi * serial)

    def _bet_pass(self, minute: Minute, guess: float, phi: float, serial: float) -> None:
        rho, delta = self.margins.rho_pass, self.margins.delta_pass
        strengths, logs = bets(PASS_ODDS, rho, delta, guess, minute)
        allowed = minute.n_candidate * delta
        worst = minute.x_candidate + minute.x_baseline
        if delta > 0:
            expected = guess * (minute.n_baseline + rho * minute.n_candidate) + allowed
            worst = max(worst, expected + 8 * sqrt(expected * phi) + 3 * phi + 5)
        if worst > 0:
            share = rho * minute.n_candidate / minute.n_baseline
            spared = share * minute.x_baseline + allowed - minute.x_candidate
            self.passed.bounded([-s for s in strengths], spared, AT_RISK / worst, serial)
        self.passed.tempered(logs, phi * serial)
        if self.stages:
            _, logs = bets(PASS_ODDS, max(rho, self.margins.rho_stage), delta, guess, minute)
            self.stage.tempered(logs, phi * serial)

    def _guard(self, minute: Minute, limit: float) -> None:
        """Without a baseline: bet against a fixed limit on the candidate's rate."""
        self.guarded += 1
        logs = []
        for w in FAIL_ODDS:
            rate = w * limit / (1 - limit + w * limit)
            good = minute.n_candidate - minute.x_candidate
            logs.append(
                minute.x_candidate * log(rate / limit) + good * log((1 - rate) / (1 - limit))
            )
        phi = max(self.dispersion.phi, 1.0)
        self.fail.tempered(logs, phi)

    @property
    def baseline_broken(self) -> bool:
        """The baseline fails most of its requests just now and did not before."""
        if self.recent_n <= 0 or self.hour_n <= 0:
            return False
        now = self.recent_bad / self.recent_n
        return now >= BROKEN_RATE and now >= BROKEN_TIMES * self.hour_bad / self.hour_n

    @property
    def guard_limit(self) -> float:
        """The candidate's rate that is surely too high when there is no baseline to compare."""
        if self.hour_n <= 0:
            return GUARD_UNKNOWN
        upper = self.hour_bad + 2 * sqrt(self.hour_bad * self.dispersion.phi) + 3
        return min(GUARD_UNKNOWN, GUARD_FACTOR * upper / self.hour_n)

    def numbers(self) -> list[float]:
        """The whole state as numbers, for `load`."""
        lanes = (self.fail, self.passed, self.stage)
        vectors = [v for wealth in lanes for v in (*wealth.lane_a, *wealth.lane_b)]
        sums = [float(getattr(self, name)) for name in SUMS]
        return [*sums, *self.dispersion.numbers(), *vectors, *self.ratio.values]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back.

        Raises:
            ValueError: there are too few or too many of them.
        """
        rest = iter(numbers)
        for name in SUMS:
            setattr(self, name, next(rest, 0.0))
        self.dispersion.load([next(rest, 0.0) for _ in self.dispersion.numbers()])
        for wealth in (self.fail, self.passed, self.stage):
            wealth.lane_a = [next(rest, 0.0) for _ in wealth.lane_a]
            wealth.lane_b = [next(rest, 0.0) for _ in wealth.lane_b]
        self.ratio.values = list(rest)
        if len(self.ratio.values) != POINTS:
            raise ValueError("not a state of a comparison")
        self.minutes, self.stages = int(self.minutes), int(self.stages)


SUMS = (
    "minutes",
    "stages",
    "guarded",
    "n_candidate",
    "bad_candidate",
    "n_baseline",
    "bad_baseline",
    "guess_n",
    "guess_bad",
    "hour_n",
    "hour_bad",
    "recent_n",
    "recent_bad",
    "errors",
)
