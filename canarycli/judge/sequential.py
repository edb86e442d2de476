"""The sequential judge on live measurements: one check from what it remembers to what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

from canarycli.judge.case import Case
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.finding import Arms, Finding, Verdict
from canarycli.judge.limits import Facts, needs_more, no_data, shortage
from canarycli.judge.margins import Promise
from canarycli.judge.memory import Entry, Memory
from canarycli.judge.numbers import told
from canarycli.judge.pool import Pooled, quantile_of
from canarycli.judge.power import more_requests
from canarycli.judge.sentences import sentence
from canarycli.judge.sources import RATE, VALUE, Look, evidence_of, kind_of, lesson, ready, rows_of
from canarycli.metrics import Measurements, Series, Window
from canarycli.plan import Check

WARM_UP = 2
"""Periods after a change of the split in which a new copy may still be loading its model."""

EARLY_REQUESTS = 100
"""Requests each arm needs before a period that may still grow counts towards a fail."""

SILENT_PERIODS, SILENT_REQUESTS = 5, 20
LEAST_BEYOND = 2
"""Requests a period beyond a percentile, on average, before percentiles can show a pass."""


def open_case(
    check: Check, promise: Promise, measured: Measurements, arms: Arms, memory: Memory
) -> Case:
    """Bring a check's memory and evidence up to date with what was measured."""
    facts = _facts(check, measured, arms)
    kind = memory.kind or kind_of(check, memory.facts, measured, arms)
    if not kind:
        return Case(check, promise, arms, memory, None, 0.0, (), measured, Look(), facts)
    memory = replace(memory, kind=kind)
    if not ready(check, kind, memory.facts):
        memory = _learnt(check, memory, measured, arms)
    look = rows_of(check, kind, memory.facts, measured, arms)
    if not ready(check, kind, memory.facts):
        return Case(check, promise, arms, memory, None, 0.0, (), measured, look, facts)
    clock = Periods(arms, look.period)
    evidence, memory = _brought_up(check, promise, taken(memory, look, clock))
    young = _young(memory, look, clock)
    early = _early(evidence, young)
    return Case(check, promise, arms, memory, evidence, early, young, measured, look, facts)


def close_case(case: Case, *, blamed: bool, total: float) -> Finding:
    """The finding of a check, once it is known whether the release as a whole fails."""
    check = case.check
    verdict, why = _verdict(case, blamed=blamed)
    if verdict is Verdict.NO_DATA:
        return no_data(check, why, case.facts)
    if verdict is Verdict.FAIL and case.evidence is not None:
        for row in case.young:
            case.evidence.step(row)
    finding = replace(case.facts.finding(check, verdict, ""), proven=True)
    finding = told(case, finding)
    if verdict is Verdict.INCONCLUSIVE and case.evidence is not None and not why:
        finding = replace(finding, more_requests=more_requests(case.evidence, case.promise.beta))
    short = _short_of(case)
    if short:
        finding = replace(finding, more_requests=max(short, finding.more_requests or 0.0))
    text = sentence(finding, total)
    return replace(finding, sentence=f"{text}, {why}" if why else text)


class Periods:
    """Which periods belong to the split in force, are settled, or are warm-up."""

    def __init__(self, arms: Arms, period: timedelta) -> None:
        self.arms, self.period = arms, period
        self.settled = max(arms.since, arms.now - arms.delay)
        self.warm = arms.since + WARM_UP * period

    def counts(self, at: datetime) -> bool:
        """It began after the split was in place and is over."""
        return at >= self.arms.since and at + self.period <= self.arms.now

    def done(self, at: datetime) -> bool:
        """It no longer grows."""
        return self.counts(at) and at + self.period <= self.settled


def _facts(check: Check, measured: Measurements, arms: Arms) -> Facts:
    newest = measured.of(arms.candidate, check.metric).newest
    age = None if newest is None else max(arms.now - newest, timedelta(0))
    return Facts(age, measured.queries.get(check.metric.key, ""))


def _learnt(check: Check, memory: Memory, measured: Measurements, arms: Arms) -> Memory:
    settled = Window(arms.since, max(arms.since, arms.now - arms.delay))
    found = lesson(check, measured.of(arms.baseline, check.metric).within(settled))
    if found is None:
        return memory
    return replace(memory, facts=found.facts, done=found.until)


def _brought_up(check: Check, promise: Promise, memory: Memory) -> tuple[Evidence, Memory]:
    """Evidence with all that is remembered; afresh if another canary wrote it another way."""
    evidence = evidence_of(check, memory.kind, memory.facts, promise)
    try:
        return evidence, memory.settle(evidence)
    except ValueError:
        evidence = evidence_of(check, memory.kind, memory.facts, promise)
        return evidence, replace(memory, packed="").settle(evidence)


def taken(memory: Memory, look: Look, clock: Periods) -> Memory:
    """The memory with revised and new settled periods."""
    entries = list(_entries(memory.kind, look, clock))
    memory = memory.revised(entries)
    first = memory.since is not None and memory.since != clock.arms.since
    for entry in entries:
        if memory.done is not None and entry.at < memory.done:
            continue
        if clock.done(entry.at):
            memory = memory.add(replace(entry, stage=first), entry.at + clock.period)
            memory, first = replace(memory, since=clock.arms.since), False
    return memory


def _entries(kind: str, look: Look, clock: Periods) -> Iterator[Entry]:
    have_c = {point.at for point in look.ours.points}
    have_b = {point.at for point in look.theirs.points}
    alone = clock.arms.share >= 100
    for at, row in look.rows.items():
        if not clock.counts(at):
            continue
        lost = "candidate" if at not in have_c else "baseline" if at not in have_b else ""
        if lost == "baseline" and not alone:
            # It may only be late; without traffic it would have a point that says so.
            yield Entry(at, None, lost=lost)
        else:
            yield Entry(at, _warming(row, kind) if at < clock.warm else row, lost=lost)


def _warming(row: tuple[float, ...] | None, kind: str) -> tuple[float, ...] | None:
    """While it warms up a candidate is only held to failing less than half of its requests."""
    if kind != RATE or row is None:
        return None
    n_c, x_c, x_pass, _, _ = row
    return n_c, x_c, x_pass, -1.0, 0.0


def _young(memory: Memory, look: Look, clock: Periods) -> list[Row]:
    """Whole periods with enough requests that may still grow."""
    if memory.kind != RATE:
        return []
    return [
        row
        for at, row in look.rows.items()
        if row is not None
        and min(row[0], row[3]) >= EARLY_REQUESTS
        and clock.counts(at)
        and at >= clock.warm
        and (memory.done is None or at >= memory.done)
    ]


def _early(evidence: Evidence, young: Sequence[Row]) -> float:
    """Evidence against with the young periods, which can only add to a fail."""
    now = evidence.evidence
    if not young:
        return now
    settled = evidence.numbers()
    for row in young:
        evidence.step(row)
    early = evidence.evidence
    evidence.load(settled)
    return max(now, early)


def _verdict(case: Case, *, blamed: bool) -> tuple[Verdict, str]:
    """The verdict, and what to add to its sentence (for no data: the arm that is silent)."""
    alone = case.arms.share >= 100
    silent = _silent(case, alone=alone)
    if blamed and not _short_of(case):
        return Verdict.FAIL, ""
    if silent:
        return Verdict.NO_DATA, silent
    if alone:
        return Verdict.INCONCLUSIVE, "nothing is left to compare it with"
    short = _short_of(case)
    if short:
        return Verdict.INCONCLUSIVE, needs_more(case.check, _pooled(case.look.ours, case), short)
    if case.memory.since != case.arms.since:
        return Verdict.INCONCLUSIVE, "nothing is known at this share yet"
    evidence = case.evidence
    if evidence is None or evidence.assurance < 1 / case.promise.beta:
        return Verdict.INCONCLUSIVE, ""
    doubt = _doubt(case)
    return (Verdict.INCONCLUSIVE, doubt) if doubt else (Verdict.PASS, "")


def _doubt(case: Case) -> str:
    """Why good evidence is not taken as a pass."""
    if case.memory.lopsided:
        return "too many periods are missing in one arm only"
    if isinstance(case.evidence, Comparison) and case.evidence.baseline_broken:
        return "the baseline itself is failing"
    q = quantile_of(case.check.metric)
    if case.memory.kind == VALUE and q is not None:
        counts = [
            p.n for p in (*case.look.ours.points, *case.look.theirs.points) if p.n is not None
        ]
        if counts and min(counts) * (1 - q) < LEAST_BEYOND:
            return "too few requests a period for such a percentile"
    return ""


def _silent(case: Case, *, alone: bool) -> str:
    """The arm that sends nothing, "" if both do."""
    window, memory = Window(case.arms.since, case.arms.now), case.memory
    ours, theirs = case.look.ours.within(window), case.look.theirs.within(window)
    if not _heard(ours) and memory.taken <= memory.lost_candidate:
        return "candidate"
    if not alone and not _heard(theirs) and memory.taken <= memory.lost_baseline:
        return "baseline"
    share = case.arms.share / max(1e-9, 100 - case.arms.share)
    if _stopped(ours, theirs, share, case.arms.since):
        return "candidate"
    if not alone and _stopped(theirs, ours, 1 / share, case.arms.since):
        return "baseline"
    return ""


def _stopped(arm: Series, other: Series, share: float, since: datetime) -> bool:
    """Nothing of an arm while the other one's requests let so many of its own be expected."""
    newest = max((p.at for p in arm.points if p.n is None or p.n > 0), default=since)
    after = [point for point in other.points if point.at > newest]
    expected = sum(inf if point.n is None else point.n for point in after) * share
    return len(after) >= SILENT_PERIODS and expected >= SILENT_REQUESTS


def _heard(series: Series) -> bool:
    return any(point.n is None or point.n > 0 for point in series.points)


def _pooled(series: Series, case: Case) -> Pooled:
    evidence = case.evidence
    if isinstance(evidence, Comparison):
        ours = series is case.look.ours
        return Pooled(0.0, evidence.n_candidate if ours else evidence.n_baseline)
    return case.in_force(series)


def _short_of(case: Case) -> float:
    return max(shortage(case.check, _pooled(s, case)) for s in (case.look.ours, case.look.theirs))
