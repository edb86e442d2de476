"""One look: every check against its measurements."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict
from canarycli.judge.limits import judge_difference, judge_limit
from canarycli.judge.pool import Pooled, pool
from canarycli.metrics import Measurements, Series, Window
from canarycli.plan import Check


def judge(
    checks: Sequence[Check], measurements: Measurements, arms: Arms, state: State
) -> Judgement:
    """Judge every check on the points of the split in force.

    Only periods that began after the split was in place count. A pass needs points that no
    longer grow; the youngest points may only add to a fail.

    Args:
        checks: the plan's checks.
        measurements: what `Provider.measure` found for both arms.
        arms: who is compared, since when, and the time of the look.
        state: what the last look left behind, {} at the first.
    """
    findings = tuple(_find(check, measurements, arms) for check in checks)
    kept: Mapping[str, Any] = dict(state)
    return Judgement(findings, kept)


def _find(check: Check, measurements: Measurements, arms: Arms) -> Finding:
    settled = Window(arms.since, max(arms.since, arms.now - arms.delay))
    finding = _within(check, measurements, arms, settled)
    if finding.verdict is Verdict.FAIL or arms.delay <= timedelta(0):
        return finding
    early = _within(check, measurements, arms, Window(arms.since, arms.now))
    return early if early.verdict is Verdict.FAIL else finding


def _within(check: Check, measurements: Measurements, arms: Arms, window: Window) -> Finding:
    candidate = measurements.of(arms.candidate, check.metric).within(window)
    baseline = measurements.of(arms.baseline, check.metric).within(window)
    ours, theirs = pool(candidate), pool(baseline)
    facts = _Facts(check, measurements, arms, candidate)
    if check.no_worse_by is None:
        return judge_limit(check, ours, age=facts.age, query=facts.query)
    return judge_difference(check, ours, theirs, age=facts.age, query=facts.query)


class _Facts:
    """How old the newest point is, and where it came from."""

    def __init__(
        self, check: Check, measurements: Measurements, arms: Arms, series: Series
    ) -> None:
        newest = series.newest
        self.age = None if newest is None else max(arms.now - newest, timedelta(0))
        self.query = measurements.queries.get(check.metric.key, "")


__all__ = ["Pooled", "judge"]
