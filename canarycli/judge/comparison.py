"""The sequential judge of one rate: both arms' counts, a minute at a time.

State of constant size, one update a minute. `fail` and `passed` are e-processes: under the
hypothesis that the candidate is inside (outside) the margin they reach N with probability at
most 1/N, however often one looks.
"""

from collections.abc import Sequence
from math import log, sqrt

from canarycli.judge.bets import (
    FAIL_ODDS,
    FAIL_WEIGHTS,
    PASS_ODDS,
    PASS_WEIGHTS,
    Minute,
    bets,
    speeds,
)
from canarycli.judge.dispersion import LEAST_ERRORS, MANY, SINGLE, Dispersion
from canarycli.judge.guard import LASTING, LENGTH, MOST, Guard
from canarycli.judge.history import History, worst_rate
from canarycli.judge.interval import Counted
from canarycli.judge.margins import Margins, Promise, staged
from canarycli.judge.wealth import (
    AT_ONCE,
    AT_RISK,
    LANE,
    LARGEST,
    SURE_LANE,
    Wealth,
    by_batch,
    fitted,
    late_start,
    stage_start,
    tempered_part,
)

GUESS_HALF_LIFE = 0.5 ** (1 / 30)
HOUR_HALF_LIFE = 0.5 ** (1 / 60)
MOSTLY = 0.4
"""A candidate that surely fails more than this is broken, whatever there is to compare it with."""

NOTHING_WORKS, ALREADY = 0.9, 6
"""Should it be shared, it harms nobody to go back from what has failed more for so many minutes."""

STARTING = 0.5
"""The same while a copy may still be loading its model."""

OUTAGE, OUTAGE_TIMES = 0.1, 5.0
"""What a minute of outage fails at least, and how many times the usual rate."""

LONG = 1200
"""Minutes of the baseline's past that tell whether it has outages: most of a day."""

RECENT_HALF_LIFE = 0.5 ** (1 / 3)
QUIET, FEW = 4.0, 3
"""phi for the pass side while hardly an error was ever seen: nothing says they come in batches."""

BROKEN_RATE, BROKEN_TIMES = 0.5, 3.0


class Comparison:
    """One rate of the candidate against the baseline's, sequentially."""

    __slots__ = (
        "bad_baseline",
        "bad_candidate",
        "dispersion",
        "errors",
        "fail",
        "guard",
        "guess_bad",
        "guess_n",
        "hour_bad",
        "hour_n",
        "lane",
        "margins",
        "minutes",
        "n_baseline",
        "n_candidate",
        "only_fail",
        "passed",
        "past",
        "peak",
        "promise",
        "recent_bad",
        "recent_n",
        "split",
        "stage",
        "stage_minutes",
        "stages",
        "stretch",
        "swing",
        "usual",
        "x_pass",
    )

    def __init__(
        self, margins: Margins, promise: Promise, history: History, *, only_fail: bool = False
    ) -> None:
        self.only_fail = only_fail
        self.margins = margins
        self.promise = promise
        single = history.errors >= MANY and history.phi < SINGLE
        self.lane = SURE_LANE if single else LANE
        self.fail = Wealth(*self._lanes(FAIL_WEIGHTS), AT_ONCE)
        self.passed = Wealth(by_batch(PASS_WEIGHTS), tempered_part(PASS_WEIGHTS), AT_ONCE)
        self.stage = Wealth((), PASS_WEIGHTS, AT_ONCE)
        self.split, self.stretch, self.x_pass = Counted(), Counted(), 0.0
        self.swing, self.peak, self.past = history.swing, history.peak, history.minutes
        self.usual = history.rate if history.requests > 0 else 1.0
        self.guard = Guard()
        sure = history.errors >= LEAST_ERRORS
        self.dispersion = Dispersion(history.phi, sure=sure, single=single)
        weight = max(1.0, history.requests * 30)
        self.guess_n, self.guess_bad = weight, weight * history.rate
        self.hour_n, self.hour_bad = history.requests * 60, history.requests * 60 * history.rate
        self.errors = history.errors
        self.recent_n = self.recent_bad = 0.0
        self.minutes = self.stages = self.stage_minutes = 0
        self.n_candidate = self.bad_candidate = 0.0
        self.n_baseline = self.bad_baseline = 0.0

    @property
    def evidence(self) -> float:
        """The e-value against a candidate inside the fail margin, 0 with too few bad ones."""
        return self.fail.total if self.bad_candidate >= self.promise.min_bad else 0.0

    @property
    def assurance(self) -> float:
        """The e-value for being inside the pass margin; the stage under way must show its own.

        With leeway the stage's own is enough. No pass is left of it while the split in force
        itself shows a rate beyond the margin.
        """
        shown = self.passed.total if not self.stages else min(self.passed.total, self.stage.total)
        if self.promise.leeway > 1:
            shown = self.stage.total
        return shown if self._inside else min(shown, 1.0)

    @property
    def _inside(self) -> bool:
        """The candidate's rate in the split in force keeps the pass margin."""
        split, margins = self.split, self.margins
        if split.n_b <= 0:
            return True
        rate_b = split.x_b / split.n_b
        rho, delta = margins.rho_pass, margins.delta_pass
        if self.promise.leeway > 1:
            rho, delta = staged(margins, self.promise.leeway)
        return self.x_pass <= (rho * rate_b + delta) * split.n_c

    def begin_stage(self) -> None:
        """A new split is in force: capital for what comes with load, fresh stage evidence."""
        self.stages += 1
        self.stage_minutes = 0
        self.fail.start(stage_start(self.stages))
        self.passed.start(stage_start(self.stages))
        self.stage = Wealth((), PASS_WEIGHTS, AT_ONCE)
        self.split, self.stretch, self.x_pass = Counted(), Counted(), 0.0
        self.guard = Guard()

    def step(self, row: Sequence[float]) -> None:
        """Take one minute in, each only once and in order.

        Args:
            row: candidate's requests, bad ones, bad ones for the pass side (another threshold
                for latency, else the same); baseline's requests and bad ones. A minute without
                candidate requests adds nothing. One without a baseline only fails a candidate
                that fails most of its requests, and is guarded, see `guard`; if the baseline's
                requests are given as negative it is not guarded either, and held to what the
                baseline has where that is more.
        """
        n_c, x_c, x_pass, n_b, x_b = row
        if n_c <= 0:
            return
        if self.minutes == 0 and self.errors >= LEAST_ERRORS and n_b:
            self._fit(Minute(n_c, x_c, abs(n_b), x_b))
        start = late_start(self.minutes, self.promise.horizon)
        self.fail.start(start)
        self.passed.start(start)
        self.stage.start(late_start(self.stage_minutes, self.promise.horizon))
        self.minutes += 1
        self.stage_minutes += 1
        before = self.fail.total
        minute = Minute(n_c, x_c, n_b, x_b)
        if n_b > 0:
            self._compare(minute, x_pass)
        else:
            self._alone(minute, guarded=n_b == 0)
        self.fail.hold_to(min(max(before, 1.0) * self.promise.one_minute, LARGEST))
        self.passed.hold_to(LARGEST)
        self.stage.hold_to(LARGEST)
        self.n_candidate += n_c
        self.bad_candidate += x_c

    def _lanes(self, weights: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return by_batch(weights, self.lane), tempered_part(weights, self.lane)

    def _fit(self, first: Minute) -> None:
        """Put the capital on what this traffic can tell; only its requests are known by then."""
        rho, delta, guess = (
            self.margins.rho_fail,
            self.margins.delta_fail,
            self.guess_bad / self.guess_n,
        )
        gains = [
            nats / self.dispersion.base for nats in speeds(FAIL_ODDS, rho, delta, guess, first)
        ]
        weights = fitted(FAIL_WEIGHTS, gains, log(1 / self.promise.alpha))
        self.fail.spread(*self._lanes(weights), AT_ONCE)

    def _compare(self, minute: Minute, x_pass: float) -> None:
        n_c, x_c, n_b, x_b = minute
        phi, serial, share, variance = self.dispersion.look(n_c, n_b, x_c + x_b)
        guess = self.guess_bad / self.guess_n
        self._bet_fail(minute, guess, phi, serial)
        if not self.only_fail:
            calm = min(phi, QUIET) if self.errors < FEW else phi
            self._bet_pass(minute._replace(x_candidate=x_pass), guess, calm, serial)
            self._count(minute, phi * serial)
            self.x_pass += x_pass
        self.dispersion.learn(minute, (share, variance))
        self.guess_n = self.guess_n * GUESS_HALF_LIFE + n_b
        self.guess_bad = self.guess_bad * GUESS_HALF_LIFE + x_b
        self.recent_n = self.recent_n * RECENT_HALF_LIFE + n_b
        self.recent_bad = self.recent_bad * RECENT_HALF_LIFE + x_b
        self.hour_n = self.hour_n * HOUR_HALF_LIFE + n_b
        self.hour_bad = self.hour_bad * HOUR_HALF_LIFE + x_b
        self.errors += x_c + x_b
        self.peak = max(self.peak, worst_rate([(n_b, x_b)]))
        self.past += 1
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
        if self.stages or self.promise.leeway > 1:
            rho, delta = staged(self.margins, self.promise.leeway)
            _, logs = bets(PASS_ODDS, rho, delta, guess, minute)
            self.stage.tempered(logs, phi * serial)

    def _count(self, minute: Minute, phi: float) -> None:
        """Keep the counts of the split in force, and of the time since it got worse."""
        self.split.add(minute, phi)
        rho, delta = self.margins.rho_fail, self.margins.delta_fail
        self.stretch.add(minute, phi)
        long = self.stretch
        if long.x_c <= rho * long.x_b * long.n_c / long.n_b + delta * long.n_c:
            self.stretch = Counted()

    def _alone(self, minute: Minute, *, guarded: bool) -> None:
        """Without a baseline: bet on most requests failing, and raise the guard's alarm."""
        phi = max(self.dispersion.phi, 1.0)
        allowed = self.margins.rho_fail * self.hour_rate + self.margins.delta_fail
        limit = self._broken(allowed) if guarded else self._starting(minute)
        if limit < MOST:
            good, logs = minute.n_candidate - minute.x_candidate, []
            for w in FAIL_ODDS:
                rate = w * limit / (1 - limit + w * limit)
                logs.append(
                    minute.x_candidate * log(rate / limit) + good * log((1 - rate) / (1 - limit))
                )
            self.fail.tempered(logs, phi)
        if not guarded:
            self.guard.count(minute.n_candidate, minute.x_candidate)
        else:
            if self.guard.first == 0:
                self.guard.begin(self.hour_n, self.hour_bad, phi)
            self.guard.step(
                minute.n_candidate,
                minute.x_candidate,
                phi,
                swing=self.swing,
                plan=allowed,
                alpha=self.promise.alpha,
            )

    def _starting(self, minute: Minute) -> float:
        """The limit while it warms up: half of the requests, or what the baseline usually has."""
        theirs = max(minute.x_baseline / -minute.n_baseline, self.guess_bad / self.guess_n)
        return max(STARTING, self.margins.rho_fail * theirs + self.margins.delta_fail)

    def _broken(self, allowed: float) -> float:
        """The limit at 100 %: beyond it, it is no outage that would have hit the baseline alike.

        What comes soon after the change of the split comes from it. Later it may come from
        elsewhere, unless a long past shows no outages, or it lasts for longer than they do; less
        long where next to nothing works any more. `MOST` means that no rate tells.
        """
        if self.had_outages:
            return MOST
        soon = self.guard.minutes < LASTING
        if soon or self.past >= LONG or self.guard.lasting:
            return max(MOSTLY, min(MOST, allowed))
        return NOTHING_WORKS if self.guard.loud >= ALREADY else MOST

    @property
    def had_outages(self) -> bool:
        """The baseline had minutes of outage: it has them again, and larger ones."""
        usual = self.hour_bad / self.hour_n if self.hour_n > 0 else 0.0
        return self.peak >= min(MOSTLY, max(OUTAGE, OUTAGE_TIMES * usual))

    @property
    def hour_rate(self) -> float:
        """A rate the baseline's last hour did not exceed."""
        if self.hour_n <= 0:
            return MOSTLY
        upper = self.hour_bad + 2 * sqrt(self.hour_bad * self.dispersion.phi) + 3
        return min(MOSTLY, upper / self.hour_n)

    @property
    def baseline_broken(self) -> bool:
        """The baseline fails most just now, and did not in the last hour or in its history."""
        if self.recent_n <= 0 or self.hour_n <= 0:
            return False
        now, before = self.recent_bad / self.recent_n, self.hour_bad / self.hour_n
        return now >= BROKEN_RATE and now >= BROKEN_TIMES * min(before, self.usual)

    def numbers(self) -> list[float]:
        """The whole state as numbers, for `load`."""
        lanes = (self.fail, self.passed, self.stage)
        vectors = [v for wealth in lanes for v in (*wealth.lane_a, *wealth.lane_b)]
        sums = [float(getattr(self, name)) for name in SUMS]
        counted = (*self.split.numbers(), *self.stretch.numbers(), *self.guard.numbers())
        return [*sums, *self.dispersion.numbers(), *vectors, *counted]

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
        left = list(rest)
        if len(left) != 2 * COUNTED + LENGTH:
            raise ValueError("not a state of a comparison")
        self.split, self.stretch = Counted(left[:COUNTED]), Counted(left[COUNTED : 2 * COUNTED])
        self.guard.load(left[2 * COUNTED :])
        self.minutes, self.stages = int(self.minutes), int(self.stages)
        self.stage_minutes = int(self.stage_minutes)


COUNTED = 5
SUMS = (
    "minutes",
    "stages",
    "stage_minutes",
    "x_pass",
    "past",
    "peak",
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
