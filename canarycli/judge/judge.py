"""One look: every check against its measurements."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict
from canarycli.judge.limits import Facts, judge_difference, judge_limit
from canarycli.judge.pool import Pooled, pool
from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check

REQUESTS = Metric("requests")


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
    return Judgement(findings, dict(state))


def _find(check: Check, measurements: Measurements, arms: Arms) -> Finding:
    settled = Window(arms.since, max(arms.since, arms.now - arms.delay))
    finding = _within(check, measurements, arms, settled)
    if finding.verdict is Verdict.FAIL or arms.delay <= timedelta(0):
        return finding
    early = _within(check, measurements, arms, Window(arms.since, arms.now))
    return early if early.verdict is Verdict.FAIL else finding


def _within(check: Check, measurements: Measurements, arms: Arms, window: Window) -> Finding:
    candidate = _pooled(check, measurements, arms.candidate, window)
    newest = measurements.of(arms.candidate, check.metric).newest
    age = None if newest is None else max(arms.now - newest, timedelta(0))
    facts = Facts(age, measurements.queries.get(check.metric.key, ""))
    if check.no_worse_by is None:
        return judge_limit(check, candidate, facts)
    return judge_difference(
        check, candidate, _pooled(check, measurements, arms.baseline, window), facts
    )


def _pooled(check: Check, measurements: Measurements, version: str, window: Window) -> Pooled:
    pooled = pool(measurements.of(version, check.metric).within(window), check.metric)
    if pooled.n is not None or not pooled:
        return pooled
    traffic = pool(measurements.of(version, REQUESTS).within(window), REQUESTS)
    return replace(pooled, n=traffic.n)
