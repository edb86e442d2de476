"""One check with a limit on the candidate alone, at one look."""

from dataclasses import replace
from datetime import datetime

from canarycli.judge.finding import Arms, Finding, Verdict
from canarycli.judge.limits import judge_limit, not_judged
from canarycli.judge.memory import RING, Memory
from canarycli.judge.periods import Periods, brought_up, in_time, presence_now, taken
from canarycli.judge.pool import REQUESTS, Pooled
from canarycli.judge.sequential import facts_of, period_of
from canarycli.judge.sources import Look
from canarycli.judge.sums import Sums
from canarycli.metrics import Measurements
from canarycli.plan import Check

LIMIT = "limit"
"""The kind of such a check's memory: there are no rows in it to bet on."""


def judge_absolute(
    check: Check, measured: Measurements, arms: Arms, memory: Memory
) -> tuple[Finding, Memory]:
    """The finding and what to remember.

    It is compared with the mean since the split is in place. Periods that may still grow can
    break a limit and can't show that it is kept.
    """
    facts = facts_of(check, measured, arms)
    memory, arms = in_time(memory, check.metric, measured, arms)
    look = _look(check, measured, arms)
    sums = Sums.of_split(memory.sums, arms)
    clock = Periods(arms, period_of(look, memory))
    taken_in = taken(replace(memory, kind=LIMIT), look, clock)
    _, presence, memory = brought_up(taken_in, lambda: None)
    until = max(arms.since, clock.settled - RING * clock.period)
    kept = replace(memory, sums=sums.remembering({check.metric, REQUESTS}, arms, measured, until))
    early, settled = (
        judge_limit(check, _pooled(check, sums, measured, arms, end), facts)
        for end in (arms.now, clock.settled)
    )
    if Verdict.FAIL in {early.verdict, settled.verdict}:
        return (settled if settled.verdict is Verdict.FAIL else early), kept
    absent = presence_now(memory, presence, look, clock).absence(check.name, alone=True)
    if absent:
        return not_judged(check, absent, facts, limit=settled.limit), kept
    return settled, kept


def _look(check: Check, measured: Measurements, arms: Arms) -> Look:
    ours, theirs = (measured.of(arm, check.metric) for arm in (arms.candidate, arms.baseline))
    times = sorted({point.at for series in (ours, theirs) for point in series.points})
    return Look(dict.fromkeys(times), ours, theirs)


def _pooled(check: Check, sums: Sums, measured: Measurements, arms: Arms, end: datetime) -> Pooled:
    pooled = sums.up_to_now(check.metric, arms.candidate, measured, end).pooled(check.metric)
    if pooled.n is not None or not pooled:
        return pooled
    traffic = sums.up_to_now(REQUESTS, arms.candidate, measured, end).pooled(REQUESTS)
    return replace(pooled, n=traffic.n)
