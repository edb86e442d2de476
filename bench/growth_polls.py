"""What a poll costs through a real provider as its stage grows old: CPU, bytes and calls.

The stage lies in the past, so that no clock has to be moved: the server knows a week of minutes,
and a look is one at which "now" is a minute of that week. Between the ages that are measured it
looks once an hour, so that what it remembers is a week old at the end.
"""

import json
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the servers the tests use
from growth_clouds import BASELINE, CANDIDATE, CLOUDS, ENDPOINT, SHARES, Cloud, Counting, serving

from canarycli.judge import Arms, State, begin, extra_metrics, judge, window
from canarycli.metrics import Metric, Window
from canarycli.plan import Check, Margin
from canarycli.provider import Provider

MINUTE = timedelta(minutes=1)
AGES = {"15 min": 15, "6 h": 360, "24 h": 1440, "7 d": 10_080}
LOOKS = 30
"""How many looks are measured at each age, a minute apart."""

EVERY = 60
PAST = 120
"""Minutes of the baseline before the release."""

GOAL = 1.2


def checks(number: int, own: Sequence[Metric]) -> list[Check]:
    """So many checks: on errors, on latency, on machines, and on metrics of the user's own."""
    builtin = [
        Check("errors", Metric("errors"), no_worse_by=Margin(absolute=0.005)),
        Check("errors_4xx", Metric("errors_4xx"), no_worse_by=Margin(absolute=0.02)),
        Check("latency_p90", Metric("latency_p90"), no_worse_by=Margin(0.2)),
        Check("latency_p50", Metric("latency_p50"), no_worse_by=Margin(0.2)),
        Check("cpu", Metric("cpu"), never_above=0.9),
        Check("memory", Metric("memory"), never_above=0.9),
    ]
    return [*builtin, *(Check(m.name, m, no_worse_by=Margin(0.2)) for m in own)][:number]


@dataclass(frozen=True, slots=True)
class Poll:
    """What one look cost: milliseconds, bytes both ways, calls, and bytes that it remembers."""

    cpu: float
    moved: int
    calls: int
    state: int


@dataclass(slots=True)
class Release:
    """A stage at 5 % since `since`, and what the judge remembers of it."""

    provider: Provider
    plan: Sequence[Check]
    since: datetime
    state: State

    def metrics(self) -> Collection[Metric]:
        """What a look asks for."""
        extra = extra_metrics(self.plan, self.state)
        offered = (m for m in extra if self.provider.limits.offers(m))
        every = (*(check.metric for check in self.plan), *offered)
        return {metric.key: metric for metric in every}.values()

    def learn(self) -> None:
        """Look at the baseline's past."""
        arms = replace(self._arms(0), since=self.since - PAST * MINUTE)
        span = Window(arms.since, self.since)
        for _ in range(2):  # thresholds first, then what is counted over them
            past = self.provider.measure(ENDPOINT, (BASELINE,), self.metrics(), span)
            self.state = begin(self.plan, past, arms)

    def poll(self, minute: int) -> None:
        """Look at the endpoint and its metrics, and judge."""
        arms = self._arms(minute)
        self.provider.describe(ENDPOINT)
        span = window(self.plan, self.state, arms)
        versions = (BASELINE, CANDIDATE)
        found = self.provider.measure(ENDPOINT, versions, self.metrics(), span)
        self.state = json.loads(json.dumps(judge(self.plan, found, arms, self.state).state))

    def _arms(self, minute: int) -> Arms:
        now, delay = self.since + minute * MINUTE, self.provider.limits.metric_delay
        return Arms(BASELINE, CANDIDATE, SHARES[CANDIDATE], self.since, now, delay)


def polls(cloud: Cloud, number: int, counting: Counting, since: datetime) -> list[list[Poll]]:
    """The looks that are measured, by age; the ages take turns, so that noise hits all alike."""
    release = Release(cloud.provider(), checks(number, cloud.own), since, {})
    release.learn()
    ages = sorted(AGES.values())
    aged = {}
    for minute in sorted({*ages, *range(EVERY, max(ages), EVERY)}):
        release.poll(minute)
        if minute in ages:
            aged[minute] = replace(release)
    every: list[list[Poll]] = [[] for _ in ages]
    for look in range(1, LOOKS + 1):
        for found, (age, one) in zip(every, aged.items(), strict=True):
            before = counting.so_far()
            began = time.process_time()
            one.poll(age + look)
            cpu = 1000 * (time.process_time() - began)
            calls, moved = (b - a for a, b in zip(before, counting.so_far(), strict=True))
            found.append(Poll(cpu, moved, calls, len(json.dumps(one.state))))
    return every


def table(names: Collection[str] = (), numbers: Sequence[int] = (1, 5, 10)) -> float:
    """Print a line for each cloud, number of checks and age; the worst ratio of last to first."""
    worst = 0.0
    first = datetime.now(UTC).replace(second=0, microsecond=0)
    start = first - timedelta(minutes=max(AGES.values()) + LOOKS + PAST + 60)
    print("| cloud | checks | age | CPU, ms | KB | calls | state, KB |")
    print("|---|---|---|---|---|---|---|")
    for cloud in CLOUDS:
        if names and cloud.name not in names:
            continue
        minutes = max(AGES.values()) + LOOKS + PAST + 30
        with serving(cloud, int(start.timestamp()), minutes) as counting:
            for number in numbers:
                every = polls(cloud, number, counting, start + PAST * MINUTE)
                rows = [_middle(looks) for looks in every]
                for age, row in zip(AGES, rows, strict=True):
                    print(f"| {cloud.name} | {number} | {age} |" + _cells(row), flush=True)
                young, *_, old = rows
                worst = max(worst, *(b / a for a, b in zip(young, old, strict=True)))
    return worst


def _middle(looks: Sequence[Poll]) -> tuple[float, ...]:
    figures = [(poll.cpu, poll.moved, poll.calls, poll.state) for poll in looks]
    return tuple(median(column) for column in zip(*figures, strict=True))


def _cells(row: Sequence[float]) -> str:
    cpu, moved, calls, state = row
    return f" {cpu:.1f} | {moved / 1000:.1f} | {calls:.0f} | {state / 1000:.1f} |"
