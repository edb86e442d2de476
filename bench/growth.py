"""What a look costs as a stage grows old: at the judge, and as a poll at each cloud's server.

    python bench/growth.py [--only judge clouds]

`clouds` are real providers against the tests' servers with a week of metrics: the client's CPU,
bytes, calls (see `growth_polls.py`). For `judge` a stage is driven for a week, with 1, 5 and 10
checks, on minutes made up on the fly, and looked at ten times at 15 minutes, 6 hours, a day and a
week. The cost must not depend on the age: the goal is a ratio of at most 1.2 between a week and
a quarter of an hour, in each column.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

from growth_polls import AGES, GOAL
from growth_polls import table as at_the_clouds

from canarycli.judge import Arms, State, judge, window
from canarycli.metrics import Counts, Measurements, Metric, Point, Series, Value, Window
from canarycli.plan import Check, Margin

MINUTE = timedelta(minutes=1)
START = datetime(2026, 11, 24, tzinfo=UTC)
DELAY = 2 * MINUTE
LOOKS = 10
"""How many looks are measured at each age."""

EVERY = 5
"""Minutes between the looks in between, so that a week takes no week."""


def checks(number: int) -> list[Check]:
    """So many checks: rates, values, and limits on the candidate alone."""
    kinds = [
        Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005)),
        Check("errors_4xx", Metric("errors_4xx"), no_worse_by=Margin(0.5)),
        Check("latency_p90", Metric("latency_p90"), no_worse_by=Margin(0.2)),
        Check("latency_p99", Metric("latency_p99"), no_worse_by=Margin(0.2)),
        Check("cpu", Metric("cpu"), never_above=90.0),
    ]
    more = [
        Check(f"kpi{i}", Metric(f"kpi{i}", source={"x": i}), no_worse_by=Margin(0.1))
        for i in range(5)
    ]
    return [*kinds, *more][:number]


def point(metric: Metric, arm: str, minute: int) -> Point:
    """One minute of a metric, the same whenever it is asked for."""
    chance = Random(f"{metric.key} {arm} {minute}")
    n, at = (60.0 if arm == "new" else 1140.0), START + minute * MINUTE
    if metric.name.startswith("errors"):
        return Counts(at, n, float(round(abs(chance.gauss(0.002 * n, (0.002 * n) ** 0.5)))))
    if metric.name == "requests":
        return Value(at, n)
    return Value(at, 0.2 + chance.gauss(0, 0.01), None if metric.name == "cpu" else n)


def measured(metrics: Sequence[Metric], span: Window) -> Measurements:
    """Everything in a window."""
    first = round((span.start - START) / MINUTE)
    last = int((span.end - START) / MINUTE)
    series = {
        arm: {m.key: Series(tuple(point(m, arm, i) for i in range(first, last))) for m in metrics}
        for arm in ("old", "new")
    }
    return Measurements(span, span.end, series)


def looks(number: int) -> Iterator[tuple[int, float, int, int]]:
    """Minute, CPU milliseconds, points and bytes of state of the looks that are measured."""
    plan = checks(number)
    metrics = [*(check.metric for check in plan), Metric("requests")]
    wanted = {age + extra for age in AGES.values() for extra in range(LOOKS)}
    state: State = {}
    for minute in sorted(wanted | set(range(EVERY, max(wanted), EVERY))):
        arms = Arms("old", "new", 5.0, START, START + minute * MINUTE, DELAY)
        found = measured(metrics, window(plan, state, arms))
        began = time.process_time()
        state = json.loads(json.dumps(judge(plan, found, arms, state).state))
        spent = 1000 * (time.process_time() - began)
        if minute in wanted:
            points = sum(len(s.points) for by in found.series.values() for s in by.values())
            yield minute, spent, points, len(json.dumps(state))


def at_the_judge() -> float:
    """Print the judge's table; the worst ratio of a week to a quarter of an hour."""
    worst = 0.0
    print("| checks | age | CPU, ms | points | state, KB |\n|---|---|---|---|---|")
    for number in (1, 5, 10):
        every = list(looks(number))
        rows = {}
        for name, age in AGES.items():
            mine = [look for look in every if age <= look[0] < age + LOOKS]
            rows[name] = [median(look[i] for look in mine) for i in (1, 2, 3)]
            cpu, points, size = rows[name]
            print(
                f"| {number} | {name} | {cpu:.2f} | {points:.0f} | {size / 1000:.1f} |", flush=True
            )
        young, old = rows["15 min"], rows["7 d"]
        worst = max(worst, *(b / a for a, b in zip(young, old, strict=True)))
    return worst


PARTS = {"judge": at_the_judge, "clouds": at_the_clouds}


def main() -> int:
    """Print the tables; 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    worst = max(PARTS[name]() for name in options.parse_args().only)
    print(f"\nworst ratio of a week to a quarter of an hour: {worst:.2f} (goal {GOAL})")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
