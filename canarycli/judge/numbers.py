"""The numbers of a finding on live measurements: both arms, difference, interval and limit."""

from dataclasses import replace
from math import exp, inf, isfinite, log

from canarycli.judge.both import worst_level
from canarycli.judge.case import Case
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Several
from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.limits import scaled
from canarycli.judge.margins import tolerance
from canarycli.judge.marks import Mark, above_bound
from canarycli.judge.means import Means
from canarycli.judge.sources import BOTH, LEVELS, OVER, RATE, SPREAD, as_log, needs
from canarycli.judge.telling import LEVEL, Shown, proven, told_both, told_guard, told_rate, walled
from canarycli.plan import Better, Margin


def told(case: Case, finding: Finding) -> Finding:
    """The finding with its numbers filled in."""
    margin, evidence = case.check.margin or Margin(), case.evidence
    if case.memory.kind in {BOTH, LEVELS} and isinstance(evidence, Several):
        sides = worst_level(evidence) if case.memory.kind == LEVELS else evidence
        more, fewer = sides.parts
        if isinstance(more, Comparison) and isinstance(fewer, Comparison) and more.split.n_c > 0:
            return told_both(finding, more, fewer, relative=not margin.absolute)
    if isinstance(evidence, Comparison) and case.memory.kind == RATE:
        rho, delta = evidence.margins.rho_fail, evidence.margins.delta_fail
        shown = Shown(not margin.absolute, case.check.better, rho, delta)
        if case.alone:
            return told_guard(finding, evidence.guard, shown)
        if evidence.split.n_c > 0:
            return told_rate(finding, evidence, shown)
    ours, theirs = case.in_force(ours=True), case.in_force(ours=False)
    finding = replace(
        finding,
        candidate=ours.value,
        baseline=theirs.value,
        n_candidate=ours.n,
        n_baseline=theirs.n,
    )
    if ours.value is None or theirs.value is None:
        return finding
    diff, limit, relative = scaled(case.check, margin, ours.value, theirs.value)
    unit = 1.0 if relative else abs(theirs.value)
    low, high = (edge * unit for edge in _turned(case, _interval(case, margin)))
    if case.check.two_sided:
        low, high = _between(finding.verdict, low, diff, high, limit)
    elif case.check.better is Better.LOWER:
        low, high = proven(finding.verdict, low, diff, high, limit)
    else:
        low, high = proven(finding.verdict, -high, -diff, -low, -limit)
        low, high = -high, -low
    told = replace(
        finding,
        relative=relative,
        diff=diff,
        limit=limit,
        low=low if isfinite(low) else None,
        high=high if isfinite(high) else None,
    )
    return walled(told) if case.check.two_sided else told


def _between(
    verdict: Verdict, low: float, diff: float, high: float, limit: float
) -> tuple[float, float]:
    """What was proven is part of the interval, as `proven`, whichever side it is on."""
    if diff >= 0:
        return proven(verdict, low, diff, high, limit)
    low, high = proven(verdict, -high, -diff, -low, limit)
    return -high, -low


def _interval(case: Case, margin: Margin) -> tuple[float, float]:
    """How much worse the candidate is, as fractions of the baseline's value."""
    evidence = case.evidence
    if isinstance(evidence, Several) and case.check.two_sided:
        evidence = evidence.parts[0]
    if isinstance(evidence, Means):
        low, high = evidence.bounds(LEVEL)
        return (_grown(low), _grown(high)) if as_log(case.check) else (low, high)
    slope = _slope(case)
    if not isinstance(evidence, Comparison) or slope <= 0:
        return -inf, inf
    low, high = evidence.split.ratio(LEVEL)
    worse = 1 + _moved(case, margin)
    return worse * low ** (1 / slope) - 1, worse * high ** (1 / slope) - 1


def _turned(case: Case, edges: tuple[float, float]) -> tuple[float, float]:
    low, high = edges
    return (low, high) if case.check.better is Better.LOWER else (-high, -low)


def _moved(case: Case, margin: Margin) -> float:
    """By how much the candidate's threshold lies above the baseline's, as a fraction."""
    facts = case.memory.facts
    if case.memory.kind == SPREAD:
        cuts, bounds = Mark.from_json(facts["marks"][0]), facts["bounds"]
        if cuts.fail.part <= 0 and cuts.fail.high < len(bounds):
            return float(bounds[cuts.fail.high] / bounds[cuts.base] - 1)
    return tolerance(margin, facts.get("tau", 0.0))


def _slope(case: Case) -> float:
    """How steeply the baseline's share above a threshold falls, as the power of a power law."""
    facts = case.memory.facts
    if case.memory.kind != SPREAD:
        return _slope_over(case)
    whole = case.tally(case.metric, ours=False).histogram
    if whole is None or "marks" not in facts or whole.bounds != tuple(facts["bounds"]):
        return 0.0
    cuts = Mark.from_json(facts["marks"][0])
    far = 1 + _moved(case, case.check.margin or Margin())
    return _power(above_bound(whole, cuts.base), cuts.fail.above(whole), far)


def _slope_over(case: Case) -> float:
    marks = needs(case.check, case.memory.facts)
    if case.memory.kind != OVER or len(marks) != 2:
        return 0.0
    above, beyond = (case.tally(mark, ours=False).pooled(mark).value or 0.0 for mark in marks)
    tau, slower = (mark.threshold or 0.0 for mark in marks)
    return _power(above, beyond, slower / tau if tau else 0.0)


def _power(above: float, beyond: float, far: float) -> float:
    return log(above / beyond) / log(far) if beyond > 0 and above > beyond and far > 1 else 0.0


def _grown(logarithm: float) -> float:
    return exp(logarithm) - 1 if logarithm < 700 else inf
