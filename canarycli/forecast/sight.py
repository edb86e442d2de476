"""What one check can see at a stage: when it passes, when it fails, and the least it notices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil, exp, inf, isfinite, log
from typing import Any

from canarycli.judge.comparison import QUIET
from canarycli.judge.dispersion import LEAST_ERRORS
from canarycli.judge.latency import SHARE_MARGINS
from canarycli.judge.margins import Promise, margins_of, staged, tolerance
from canarycli.judge.means import weight_of
from canarycli.judge.pool import quantile_of
from canarycli.judge.power import information, requests_to_fail, requests_to_pass, sooner
from canarycli.judge.skew import tilt_of, windows_needed
from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.plan import Better, Check, Margin, Stage

SLOWEST_FAIL = 2.0
"""Periods a fail takes at least: one bad minute is never enough."""

TAIL = 4.0
"""How fast shares above a latency threshold fall with it (a power law)."""

PART = 0.5
"""Of a minute: a verdict comes with a whole one."""

WIDE = 1.35
"""How much longer values take than normal ones of a known spread, for theirs is not known."""

LEAN = 0.75
"""Of the bias a percentile may have is lost: the rest it has, in the candidate's favour."""

BOTH = 2.0
"""How much longer it takes to show that something changed neither up nor down."""

MOST = 20.0
"""Times the allowed difference beyond which an effect is not looked for."""

PART_OF_ALL, LATE = "part", "late"
"""The part of all requests that a metric counts, and seconds until its first period is judged."""

LONGEST = 366 * 24 * 60.0
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """One check at one stage.

    Attributes:
        check: its name.
        stage: counted from 1.
        passes_in: time at this stage until it passes, if the candidate is like the baseline and
            came through the earlier stages; None if it never does.
        fails_in: the same until it fails, if the candidate is `assumed`; None if never.
        assumed: the candidate's value for `fails_in`: twice the baseline's, or twice the allowed
            difference where that is more.
        smallest: the smallest candidate's value that fails within the stage's bake; None if
            none does.
        unit: of `assumed` and `smallest`.
        window: how much time of skewed values is brought together before it is compared; None
            for each period as it comes.
        late: how long its metric takes to come, which no patience counts.
    """

    check: str
    stage: int
    passes_in: timedelta | None
    fails_in: timedelta | None
    assumed: float | None = None
    smallest: float | None = None
    unit: Unit = Unit.NONE
    window: timedelta | None = None
    late: timedelta = timedelta(0)


class Sight:
    """What one check can see."""

    def __init__(self, check: Check, facts: Mapping[str, Any], weight: float) -> None:
        self.part = float(facts.get(PART_OF_ALL, 1.0))
        self.late = timedelta(seconds=float(facts.get(LATE, 0.0)))
        if facts.get("cuts"):  # of several shares the middle one stands for all
            facts = facts["past"][len(facts["past"]) // 2]
        self.check, self.facts, self.weight = check, facts, weight
        self.promise = Promise()
        self.margin = check.margin or Margin()

    @property
    def sees(self) -> bool:
        """Whether anything is known; a limit on the candidate alone needs nothing."""
        return self.check.margin is None or self.level is not None

    @property
    def level(self) -> float | None:
        """The baseline's value of what is compared."""
        facts = self.facts
        if "rate" in facts:
            rate = float(facts["rate"])
            return rate if self.check.better is Better.LOWER else 1 - rate
        if facts.get("past") or facts.get("tau"):
            return float(facts.get("tau", facts.get("level", 1.0)))
        return float(facts["level"]) if facts.get("spread") else None

    def at(
        self, number: int, stage: Stage, flow: float, before: float, settle: timedelta
    ) -> Outlook:
        """The outlook at a stage with so many candidate requests a minute."""
        name, unit = self.check.name, self.check.metric.unit
        flow, settle = flow * self.part, self.settled(settle)
        least = self.check.min_requests / flow if flow > 0 else inf
        if self.check.margin is None:
            wait = _later(settle, least)
            return Outlook(name, number, wait, wait, unit=unit)
        level = self.level
        if level is None or flow <= 0:
            return Outlook(name, number, None, None, unit=unit)
        share = stage.percent / 100
        whole = requests_to_pass(1.0, 1.0, self.promise.beta)
        gain = self.gain(level, stage, flow)
        # With leeway a stage is passed on what it shows itself.
        before = 0.0 if stage.leeway > 1 else before
        window = self.window(level, share, flow)
        minutes = max(least, (whole - before) / gain + PART, window) if gain > 0 else inf
        assumed = self.assumed(level)
        bake = stage.bake / timedelta(minutes=1) - settle / timedelta(minutes=1)
        return Outlook(
            name,
            number,
            _later(settle, minutes),
            _later(settle, max(least, self.fails(assumed, share, flow), SLOWEST_FAIL * window)),
            assumed,
            self.smallest(level, share, flow, max(bake, least)),
            unit,
            window * MINUTE if window > 1 else None,
            self.late,
        )

    def settled(self, settle: timedelta) -> timedelta:
        """From a change of traffic to the first point of this metric that can be judged."""
        return max(settle, self.late)

    def gained(self, stage: Stage, flow: float) -> float:
        """Nats a minute towards a pass, for a candidate like the baseline."""
        level = self.level
        if self.check.margin is None or level is None:
            return 0.0
        return self.gain(level, replace(stage, leeway=1.0), flow * self.part)

    def gain(self, level: float, stage: Stage, flow: float) -> float:
        """Nats a minute for a candidate like the baseline, with so many requests in each."""
        share = stage.percent / 100
        if not self._by_value:
            return self.nats(level, share, passing=True, leeway=stage.leeway) * flow
        q = quantile_of(self.check.metric)
        _, low, _, _ = weight_of(flow, flow * (1 - share) / share, q)
        read_low = LEAN * low * float(self.facts["spread"])
        nats = self.nats(level, share, passing=True, leeway=stage.leeway, read_low=read_low)
        return nats * flow / WIDE

    def window(self, level: float, share: float, flow: float) -> float:
        """Minutes of values that the judge brings together, at so many requests in each."""
        lean = float(self.facts.get("lean", 0.0)) if self._by_value else 0.0
        tilt = tilt_of(flow, flow * (1 - share) / share)
        return max(1.0, ceil(windows_needed(lean, tilt, tolerance(self.margin, level))))

    @property
    def _by_value(self) -> bool:
        return "rate" not in self.facts and not self.facts.get("past")

    def assumed(self, level: float) -> float:
        """A candidate that is twice as bad."""
        allowed = tolerance(self.margin, level) * abs(level)
        sign = 1 if self.check.better is Better.LOWER else -1
        return level + sign * max(abs(level) if sign > 0 else 0.0, 2 * allowed)

    def fails(self, value: float, share: float, flow: float) -> float:
        """Minutes until a candidate with that value fails."""
        nats = self.nats(value, share, passing=False)
        alpha = self.promise.alpha * self.weight / (2 if self.check.two_sided else 1)
        return max(SLOWEST_FAIL, requests_to_fail(nats, 1.0, alpha) / flow)

    def smallest(self, level: float, share: float, flow: float, minutes: float) -> float | None:
        """The least bad value that fails within so many minutes."""
        sign = 1 if self.check.better is Better.LOWER else -1
        limit = level + sign * tolerance(self.margin, level) * abs(level)
        far = limit + sign * MOST * max(abs(limit - level), abs(level) * 0.05)
        if "rate" in self.facts:
            far = min(max(far, 0.0), 1.0)
        if self.fails(far, share, flow) > minutes:
            return None
        near = limit
        for _ in range(40):
            middle = (near + far) / 2
            if self.fails(middle, share, flow) > minutes:
                near = middle
            else:
                far = middle
        return far

    def nats(
        self,
        value: float,
        share: float,
        *,
        passing: bool,
        leeway: float = 1.0,
        read_low: float = 0.0,
    ) -> float:
        """Nats a candidate request, phi taken off, for or against a candidate of that value.

        `read_low` is by how much the judge takes a value to read low.
        """
        level = self.level
        if level is None:
            return 0.0
        if "rate" in self.facts:
            return self._counted(value, level, share, passing=passing, leeway=leeway)
        worse = tolerance(self.margin, level)
        if self.facts.get("past"):
            ratio = value / level if level else 1.0
            return self._above(ratio, worse, share, passing=passing, leeway=leeway)
        spread = float(self.facts.get("spread", 0.0))
        if spread <= 0:
            return 0.0
        relative = (value - level) / abs(level) if level else 0.0
        if self.check.better is Better.HIGHER:
            relative = -relative
        if self.check.metric.unit is Unit.SECONDS:
            relative, worse = log(max(1e-9, 1 + relative)), log(1 + worse)
        worse = worse * leeway - read_low
        gap = worse - relative if passing else relative - worse
        return (1 - share) * gap * gap / (2 * spread * spread) if gap > 0 else 0.0

    def _counted(
        self, value: float, level: float, share: float, *, passing: bool, leeway: float
    ) -> float:
        if self.check.two_sided:
            sides = [
                self._towards(side, value, level, share, passing=passing, leeway=leeway)
                for side in (Better.LOWER, Better.HIGHER)
            ]
            # The later of two sides counts for a pass, which takes about twice as long.
            return min(sides) / BOTH if passing else max(sides)
        side = self.check.better
        return self._towards(side, value, level, share, passing=passing, leeway=leeway)

    def _towards(
        self,
        side: Better,
        value: float,
        level: float,
        share: float,
        *,
        passing: bool,
        leeway: float,
    ) -> float:
        margins = margins_of(self.margin, side)
        candidate, baseline = value, level
        if side is Better.HIGHER:
            candidate, baseline = 1 - value, 1 - level
        candidate = min(max(candidate, 0.0), 1.0)
        rho, delta = margins.rho_fail, margins.delta_fail
        if leeway > 1:
            rho, delta = staged(margins, leeway)
        edge = rho * baseline + delta
        if (candidate >= edge) if passing else (candidate <= edge):
            return 0.0
        nats = information(candidate, baseline, rho, delta, share)
        phi = float(self.facts.get("phi", 1.0))
        if passing and float(self.facts.get("errors", LEAST_ERRORS)) < LEAST_ERRORS:
            # Few errors say nothing of batches: the judge learns that from the release itself.
            phi = min(phi, QUIET)
        if passing and not self.check.two_sided:
            # A stage with leeway has no second lane, so that all of its capital is in one.
            nats *= sooner(candidate, edge, relative=delta == 0 or leeway > 1)
        return nats / phi

    def _above(
        self, ratio: float, worse: float, share: float, *, passing: bool, leeway: float
    ) -> float:
        """Shares above the judge's own thresholds; of several the least pass, the mean fail."""
        if passing and self.facts.get("coarse"):
            return 0.0
        past: Sequence[Mapping[str, float]] = self.facts["past"]
        slower = ratio > 1 + worse
        if slower if passing else not slower:
            return 0.0
        if not passing:
            return max(_against(one, ratio, worse, share) for one in past)
        rho = staged(SHARE_MARGINS, leeway)[0] if leeway > 1 else 1.0
        shown = [_above_at(one, one.get("equal", 0.0), ratio, 1 + worse) for one in past]
        return min(
            information(rate, one["rate"], rho, 0.0, share) / one["phi"]
            for rate, one in zip(shown, past, strict=True)
        )


def _against(known: Mapping[str, float], ratio: float, worse: float, share: float) -> float:
    """Nats a candidate request for a fail, above one threshold.

    Between bounds far apart the candidate may be cut well above the limit, or nowhere.
    """
    cut, baseline = known.get("cut", 1 + worse), known["rate"]
    if not cut:
        return 0.0
    rate = _above_at(known, known.get("beyond", known.get("equal", 0.0)), ratio, cut)
    return information(rate, baseline, 1.0, 0.0, share) / known["phi"] if rate > baseline else 0.0


def _above_at(known: Mapping[str, float], equal: float, ratio: float, cut: float) -> float:
    """The share that a candidate `ratio` times as slow shows at a cut.

    How steeply shares fall is known from the share that an equal candidate shows there.
    """
    baseline, tail = known["rate"], TAIL
    if 0 < equal < baseline < 1 and cut > 1:
        tail = (_logit(baseline) - _logit(equal)) / log(cut)
    usual = min(max(baseline, 1e-9), 1 - 1e-9)
    odds = exp(_logit(usual) + tail * log(max(ratio, 1e-9) / cut))
    return odds / (1 + odds)


def _logit(rate: float) -> float:
    return log(rate / (1 - rate))


def _later(settle: timedelta, minutes: float) -> timedelta | None:
    if not isfinite(minutes) or minutes > LONGEST:
        return None
    return settle + max(1.0, minutes) * MINUTE
