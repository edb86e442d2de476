"""Judges one recorded release, minute by minute, without looking ahead."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log, sqrt

from canarycli.judge.both import worst_level
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Evidence, Several
from canarycli.judge.failing import failing
from canarycli.judge.finding import Finding, Verdict, worst
from canarycli.judge.guard import Guard
from canarycli.judge.latency import LEAST_ABOVE
from canarycli.judge.margins import EQUAL_ARMS, LIKELY, Promise
from canarycli.judge.means import Means
from canarycli.judge.periods import warming
from canarycli.judge.presence import Presence
from canarycli.judge.sentences import sentence
from canarycli.judge.sources import RATE
from canarycli.judge.telling import (
    Shown,
    told_both,
    told_guard,
    told_means,
    told_rate,
    walled,
)
from canarycli.judge.weights import weights
from canarycli.metrics import UNITS, Unit
from canarycli.plan import Better, Margin
from canarycli.series.both import BothCounts
from canarycli.series.counted import CountsForm
from canarycli.series.document import MetricSeries, SeriesDocument, SeriesForm
from canarycli.series.forms import form_of
from canarycli.series.latency import HistogramForm, PercentilesForm, Thresholds
from canarycli.series.verdict import SeriesVerdict
from canarycli.series.words import latency_sentence

STAGE_STEP = log(1.5)
STAGE_MINUTES = 5
STAGE_REQUESTS = 20
STAGE_SURE = 6.0
STAGE_USUAL = 4.0
"""So many times what a minute's split is usually off by is a change of it."""


def judge_document(document: SeriesDocument) -> SeriesVerdict:
    """The verdict on a recorded release; judging stops at the first fail.

    Raises:
        PlanError: a row is malformed.
    """
    tracks = _tracks(document)
    config = document.config
    for minute in range(document.length):
        for track in tracks:
            track.take(minute)
        if _failed(document, tracks) or any(track.lasting for track in tracks):
            return _told(document, tracks, minute)
        if config.stop_on_pass and all(track.verdict is Verdict.PASS for track in tracks):
            return _told(document, tracks, minute)
    return _told(document, tracks, None)


def _failed(document: SeriesDocument, tracks: Sequence["_Track"]) -> bool:
    return sum(track.stake for track in tracks) >= 1 / document.config.alpha


def _tracks(document: SeriesDocument) -> list["_Track"]:
    metrics, config = document.metrics, document.config
    parts = weights([metric.name for metric in metrics])
    whole = Promise(config.alpha, config.beta, crowd=len(metrics), horizon=config.horizon)
    return [_Track(m, replace(whole, weight=w)) for m, w in zip(metrics, parts, strict=True)]


def _told(
    document: SeriesDocument, tracks: Sequence["_Track"], minute: int | None
) -> SeriesVerdict:
    failed, most = _failed(document, tracks), max(track.stake for track in tracks)
    findings = tuple(
        track.finding(Verdict.FAIL, proven=True)
        if failed and track.stake >= most / 2
        else track.finding(track.verdict, proven=not track.lasting)
        for track in tracks
    )
    return SeriesVerdict(document.id, worst(f.verdict for f in findings), minute, findings)


class _Track:
    """One metric on its way through the minutes."""

    def __init__(self, metric: MetricSeries, promise: Promise) -> None:
        self.metric, self.promise = metric, promise
        self.form = form_of(metric)
        self.evidence: Evidence = self.form.evidence(promise)
        self.split = _Split()
        self.presence = Presence()
        self.alone = False
        self.odd: list[int] = []
        self.warm = metric.config.warm_up

    @property
    def stake(self) -> float:
        """This metric's part of the release's e-value."""
        return self.promise.weight * self.evidence.evidence

    @property
    def guards(self) -> Sequence[Guard]:
        """The guards on the candidate's rates, for when it has no baseline."""
        if self.metric.config.differs_by is not None:
            return ()
        parts = self.evidence.parts if isinstance(self.evidence, Several) else (self.evidence,)
        return [part.guard for part in parts if isinstance(part, Comparison)]

    @property
    def lasting(self) -> bool:
        """A guard's alarm has lasted for too long to be put down to anything else."""
        return self.alone and any(guard.lasting for guard in self.guards)

    @property
    def absence(self) -> str:
        """Why there is nothing to judge by now, "" if there is something."""
        return self.presence.absence(self.metric.name, alone=self.alone)

    @property
    def verdict(self) -> Verdict:
        """What can be said by now, short of fail."""
        if self.absence:
            return Verdict.NO_DATA
        if self.lasting:
            return Verdict.FAIL
        if self.alone and any(guard.alarmed(self.promise.alpha) for guard in self.guards):
            return Verdict.INCONCLUSIVE
        sure = self.evidence.assurance >= 1 / self.promise.beta
        fresh = not self.presence.stale(alone=self.alone) and not self.presence.lopsided
        good = sure and fresh and not failing(self.evidence, self.metric.name)
        return Verdict.PASS if good else Verdict.INCONCLUSIVE

    def take(self, index: int) -> None:
        """Take the minute of that index in."""
        minute = self.metric.minutes[index] if index < len(self.metric.minutes) else None
        n_c, n_b = self.form.heard(minute)
        odd = isinstance(self.form, CountsForm | BothCounts) and self.form.odd(minute)
        if odd:
            self.odd.append(index)
        self.presence.hear((n_c, n_b), odd=odd)
        if n_b is not None and n_c:
            # No requests, as opposed to no answer: the candidate has everything.
            self.alone = n_b == 0
        moved = self.split.moved(n_c or 0.0, n_b or 0.0)
        if moved and self.metric.form is not SeriesForm.VALUES:
            self.evidence.begin_stage()
            self.warm = self.metric.config.warm_up
        row = self.form.row(minute)
        if self.warm > 0:
            self.warm -= 1
            rate = isinstance(self.form, CountsForm) and row is not None
            row = warming(tuple(row or ()), RATE) if rate else None
        if row is not None:
            self.evidence.step(row)

    def finding(self, verdict: Verdict, *, proven: bool) -> Finding:
        """The finding for people and machines."""
        name = self.metric.name
        # Everything but values is told as a share of requests, latency's above its threshold too.
        values = self.metric.form is SeriesForm.VALUES
        unit = UNITS.get(name, Unit.RATIO) if values else Unit.RATIO
        blank = Finding(name, verdict, "", unit, proven=proven)
        if verdict is Verdict.NO_DATA:
            return replace(blank, sentence=self.absence)
        told = self._numbers(blank, self.evidence)
        text = self._sentence(told)
        form, unclear = self.form, verdict is Verdict.INCONCLUSIVE
        coarse = form.coarse if unclear and isinstance(form, HistogramForm) else ""
        config, failed = self.metric.config, verdict is Verdict.FAIL
        one_sided = values and config.differs_by is None
        tight = failed and one_sided and config.margin_fail < EQUAL_ARMS
        broken = failing(self.evidence, name) if unclear else ""
        added = (self._left_out, self._impossible, coarse, broken, LIKELY if tight else "")
        return replace(told, sentence=", ".join(filter(None, (text, *added))))

    def _sentence(self, finding: Finding) -> str:
        form, evidence = self.form, self.evidence
        if finding.guard or not isinstance(form, Thresholds) or not isinstance(evidence, Several):
            return sentence(finding)
        part = evidence.parts.index(_loudest(evidence))
        return latency_sentence(finding, self.metric, part, form.usual[part])

    @property
    def _impossible(self) -> str:
        """The rows that were left out because they can't be true."""
        if not self.odd:
            return ""
        first = f"the first at {self.metric.where}minutes[{self.odd[0]}]"
        return f"{len(self.odd)} left out with more bad ones than requests, {first}"

    @property
    def _left_out(self) -> str:
        """The percentiles of which there were too few requests in every minute."""
        known = isinstance(self.form, PercentilesForm) and self.form.marks
        if not known or not isinstance(self.evidence, Several):
            return ""
        pairs = zip(self.metric.quantiles, self.evidence.parts, strict=True)
        return ", ".join(
            f"p{100 * q:g} needs {ceil(LEAST_ABOVE / (1 - q) - 1e-6):,} requests a minute"
            for q, part in pairs
            if not part.minutes
        )

    def _numbers(self, finding: Finding, evidence: Evidence) -> Finding:
        passed = finding.verdict is Verdict.PASS
        if isinstance(evidence, Several) and self.metric.config.differs_by is not None:
            return _told_both(finding, evidence, self.metric.config.differs_by)
        if isinstance(evidence, Several):
            return self._numbers(finding, _loudest(evidence))
        if isinstance(evidence, Means):
            shown = Shown(True, self.metric.better, 0, 0)
            limit = evidence.margin_pass if passed else evidence.margin_fail
            as_log = self.metric.form is SeriesForm.PERCENTILES
            return told_means(finding, evidence, shown, as_log=as_log, limit=limit)
        if not isinstance(evidence, Comparison):
            return finding
        margins = evidence.margins
        rho, delta = margins.rho_fail, margins.delta_fail
        if passed:
            rho, delta = margins.rho_pass, margins.delta_pass
        relative = delta == 0 and self.metric.form is SeriesForm.COUNTS
        shown = Shown(relative, self.metric.better, rho, delta)
        if self.alone and finding.verdict is not Verdict.PASS:
            return told_guard(finding, evidence.guard, shown)
        return told_rate(finding, evidence, shown)


def _told_both(finding: Finding, sides: Several, margin: Margin) -> Finding:
    if isinstance(sides.parts[0], Several):  # above several thresholds
        sides = worst_level(sides)
    more, fewer = sides.parts
    if isinstance(more, Comparison) and isinstance(fewer, Comparison):
        return told_both(finding, more, fewer, relative=not margin.absolute)
    side, better = (more, Better.LOWER)
    if fewer.evidence > more.evidence:
        side, better = (fewer, Better.HIGHER)
    if not isinstance(side, Means):
        return finding
    shown = Shown(True, better, 0, 0)
    return walled(told_means(finding, side, shown, as_log=False, limit=side.margin_fail))


def _loudest(several: Several) -> Evidence:
    return max(several.parts, key=lambda part: part.evidence)


class _Split:
    """Notices that the share of the traffic has changed: a new stage.

    Requests alone tell it. Where the arms' load swings by itself a minute, or some together, have
    to be off by far more than they usually are.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.n_c = self.n_b = self.squares = 0.0
        self.minutes = 0
        self.recent: list[float] = []

    def moved(self, n_c: float, n_b: float) -> bool:
        """Take a minute's requests in; whether a stage begins with it."""
        if n_c <= 0 or n_b <= 0:
            return False
        off = log(n_c / n_b * self.n_b / self.n_c) if self.minutes else 0.0
        self.recent = [*self.recent, off][-STAGE_MINUTES:]
        new = self.minutes >= STAGE_MINUTES and self._differs(n_c, n_b)
        if new:
            self._begin()
            off = 0.0
        self.n_c, self.n_b, self.minutes = self.n_c + n_c, self.n_b + n_b, self.minutes + 1
        self.squares += off * off
        return new

    def _differs(self, n_c: float, n_b: float) -> bool:
        if min(n_c + n_b, self.n_c + self.n_b) < STAGE_REQUESTS:
            return False
        usual = STAGE_USUAL * sqrt(self.squares / self.minutes)
        share, n = self.n_c / (self.n_c + self.n_b), n_c + n_b
        sure = abs(n_c - share * n) > STAGE_SURE * sqrt(n * share * (1 - share))
        if sure and abs(self.recent[-1]) > max(STAGE_STEP, usual):
            return True
        together = abs(sum(self.recent)) / STAGE_MINUTES
        whole = len(self.recent) == STAGE_MINUTES
        return whole and together > max(STAGE_STEP, usual / sqrt(STAGE_MINUTES))
