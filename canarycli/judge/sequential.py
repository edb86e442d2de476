"""The sequential judge on live measurements: one check from what it remembers to what it says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from canarycli.durations import write_duration
from canarycli.judge.case import Case
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.failing import failing
from canarycli.judge.finding import Arms, Finding, Verdict
from canarycli.judge.limits import Facts, needs_more, not_judged, shortage
from canarycli.judge.margins import LIKELY, Promise, too_tight
from canarycli.judge.memory import RING, Memory
from canarycli.judge.numbers import told
from canarycli.judge.periods import Periods, brought_up, in_time, presence_now, taken, young
from canarycli.judge.points import unlike
from canarycli.judge.pool import REQUESTS, Pooled, quantile_of
from canarycli.judge.power import more_requests
from canarycli.judge.presence import SILENT_PERIODS, Presence
from canarycli.judge.sentences import sentence
from canarycli.judge.sources import (
    VALUE,
    Look,
    coarse,
    evidence_of,
    kind_of,
    lesson,
    needs,
    ready,
    rows_of,
)
from canarycli.judge.sums import Sums
from canarycli.metrics import LABELLED, Measurements, Metric
from canarycli.plan import Check

LEAST_BEYOND = 2
"""Requests a period beyond a percentile, on average, before percentiles can show a pass."""


def open_case(
    check: Check, promise: Promise, measured: Measurements, arms: Arms, memory: Memory
) -> Case:
    """Bring a check's memory and evidence up to date with what was measured."""
    facts = facts_of(check, measured, arms)
    memory, arms = in_time(memory, check.metric, measured, arms)
    kind = memory.kind or kind_of(check, memory.facts, measured, arms)
    memory = replace(memory, kind=kind)
    sums = Sums.of_split(memory.sums, arms)
    if kind and not ready(check, kind, memory.facts):
        memory = _learnt(check, memory, measured, arms)
    look = rows_of(check, kind, memory.facts, measured, arms) if kind else Look()
    clock = Periods(arms, period_of(look, memory), memory.lag)
    if not kind or not ready(check, kind, memory.facts):
        presence = presence_now(memory, Presence(), look, clock)
        return Case(check, promise, arms, memory, measured, facts, presence, sums, look=look)
    evidence, presence, memory = brought_up(
        taken(memory, look, clock), lambda: evidence_of(check, kind, memory.facts, promise)
    )
    clock = Periods(arms, clock.period, memory.lag)
    rows = young(memory, look, clock)
    case = Case(
        check,
        promise,
        arms,
        memory,
        measured,
        facts,
        presence_now(memory, presence, look, clock),
        sums,
        evidence,
        *_early(evidence, rows),
        rows,
        look,
    )
    metrics = {check.metric, REQUESTS, *needs(check, memory.facts)}
    until = max(arms.since, clock.settled - RING * clock.period)
    case.memory = replace(memory, sums=sums.remembering(metrics, arms, measured, until))
    return case


def close_case(case: Case, *, blamed: bool) -> Finding:
    """The finding of a check, once it is known whether the release as a whole fails."""
    check = case.check
    verdict, why = _verdict(case, blamed=blamed)
    if verdict is Verdict.NO_DATA:
        return not_judged(check, why, case.facts)
    if verdict is Verdict.FAIL and case.evidence is not None:
        for row in case.young:
            case.evidence.step(row)
    finding = replace(case.facts.finding(check, verdict, ""), proven=blamed or not case.alarm)
    finding = told(case, finding)
    if verdict is Verdict.INCONCLUSIVE and case.evidence is not None and not why:
        finding = replace(finding, more_requests=more_requests(case.evidence, case.promise.beta))
    short = _short_of(case)
    # What is asked for is no estimate, and is said by itself.
    told_more = replace(finding, more_requests=None) if short else finding
    text = sentence(told_more, _counted(check.metric))
    if short:
        finding = replace(finding, more_requests=max(short, finding.more_requests or 0.0))
    return replace(finding, sentence=", ".join(filter(None, (text, why, _matured(case)))))


def _counted(metric: Metric) -> str:
    """What a check has more of with time."""
    if not metric.says:
        return "requests"
    return "labels" if metric.name in LABELLED else "answers"


def _matured(case: Case) -> str:
    """Until when answers were judged and what is awaited, "" where no labels are."""
    parts, arms = case.facts.labelled, case.arms
    upto = arms.now - arms.delay
    if not parts or not case.look.rows or upto <= arms.since:
        return ""
    shown = dict.fromkeys(f"{part:.0%}" for part in parts.values())
    judged = f"answers up to {upto:%H:%M} UTC judged ({' and '.join(shown)} labelled)"
    if arms.until is not None and upto >= arms.until:
        return judged
    return f"{judged}, labels of the last {write_duration(arms.delay)} awaited"


def facts_of(check: Check, measured: Measurements, arms: Arms) -> Facts:
    """What every finding of a check carries at this look."""
    newest = measured.of(arms.candidate, check.metric).newest
    age = None if newest is None else max(arms.now - newest, timedelta(0))
    ours, theirs = (measured.of(arm, check.metric) for arm in (arms.candidate, arms.baseline))
    both = {"baseline": theirs.labelled, "candidate": ours.labelled}
    labelled = {role: part for role, part in both.items() if part is not None}
    return Facts(age, measured.queries.get(check.metric.key, ""), ours.delay, labelled)


def period_of(look: Look, memory: Memory) -> timedelta:
    """The length of a period, from the points or from what is remembered of earlier ones."""
    if look.rows or not memory.period:
        return look.period
    return timedelta(seconds=memory.period)


def _learnt(check: Check, memory: Memory, measured: Measurements, arms: Arms) -> Memory:
    found = lesson(check, memory.kind, measured, arms)
    if found is None:
        return memory
    return replace(memory, facts=found.facts, done=found.until)


def _early(evidence: Evidence, rows: Sequence[Row]) -> tuple[float, bool]:
    """Evidence against with the young periods, and whether the guard is alarmed.

    They can only add to a fail.
    """
    now, alarm = evidence.evidence, alarmed(evidence)
    if not rows:
        return now, alarm
    settled = evidence.numbers()
    for row in rows:
        evidence.step(row)
    early, loud = evidence.evidence, alarmed(evidence)
    evidence.load(settled)
    return max(now, early), loud or alarm


def alarmed(evidence: Evidence) -> bool:
    """Whether the guard of a candidate without a baseline sounds."""
    if not isinstance(evidence, Comparison):
        return False
    return evidence.guard.alarmed(evidence.promise.alpha)


def _verdict(case: Case, *, blamed: bool) -> tuple[Verdict, str]:
    """The verdict, and what to add to its sentence (for no data: all of it)."""
    short = _short_of(case)
    if (blamed or case.alarm) and not short:
        tight = case.memory.kind == VALUE and too_tight(case.check, case.memory.facts)
        return Verdict.FAIL, LIKELY if tight else ""
    absent = case.presence.absence(case.check.name, alone=case.alone)
    if absent:
        due = _due(case)
        return (Verdict.INCONCLUSIVE, due) if due else (Verdict.NO_DATA, absent)
    if case.alone:
        return Verdict.INCONCLUSIVE, "nothing is left to compare it with"
    if short:
        return Verdict.INCONCLUSIVE, _asked_for(case)
    if case.memory.since != case.arms.since:
        return Verdict.INCONCLUSIVE, "nothing is known at this share yet"
    evidence = case.evidence
    if evidence is None or evidence.assurance < 1 / case.promise.beta:
        bounds = coarse(case.check, case.memory.facts) or unlike(case.look.ours, case.look.theirs)
        why = _late(case.memory) or bounds
        return Verdict.INCONCLUSIVE, why
    doubt = _doubt(case)
    return (Verdict.INCONCLUSIVE, doubt) if doubt else (Verdict.PASS, "")


def _due(case: Case) -> str:
    """That nothing can be there yet of a metric that comes late, "" if something can."""
    arms = case.arms
    if case.memory.delay is None:
        return ""
    period = case.measured.of(arms.candidate, case.check.metric).period
    first = arms.since + arms.delay + period
    early = arms.now < first + SILENT_PERIODS * period
    return f"first data due {first:%H:%M} UTC" if early else ""


def _doubt(case: Case) -> str:
    """Why good evidence is not taken as a pass."""
    stale = case.presence.stale(alone=case.alone)
    if stale:
        return f"nothing was heard of the {stale} lately"
    if not case.memory.confirmed:
        return _late(case.memory) or "it is too early to know that its points have settled"
    if case.presence.lopsided:
        return "too many periods are missing in one arm only"
    if why := failing(case.evidence, case.check.metric.name):
        return why
    q = quantile_of(case.check.metric)
    if case.memory.kind == VALUE and q is not None:
        counts = [
            p.n for p in (*case.look.ours.points, *case.look.theirs.points) if p.n is not None
        ]
        if counts and min(counts) * (1 - q) < LEAST_BEYOND:
            return "too few requests a period for such a percentile"
    return ""


def _late(memory: Memory) -> str:
    """That points change after they were judged, "" if they don't."""
    return f"its points still change after {memory.lag / 60:.0f} min" if memory.lag else ""


def _pooled(case: Case, *, ours: bool) -> Pooled:
    evidence = case.evidence
    if isinstance(evidence, Comparison):
        return Pooled(0.0, evidence.n_candidate if ours else evidence.n_baseline)
    return case.in_force(ours=ours)


def _short_of(case: Case) -> float:
    return max(shortage(case.check, _pooled(case, ours=ours)) for ours in (True, False))


def _asked_for(case: Case) -> str:
    """How many requests the check asks for and the arm has that lacks more of them."""
    ours, theirs = (_pooled(case, ours=ours) for ours in (True, False))
    if shortage(case.check, ours) >= shortage(case.check, theirs):
        return needs_more(case.check, ours)
    return needs_more(case.check, theirs, " on the baseline")
