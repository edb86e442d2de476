"""A live release for the tests of the judge: what was counted by a minute, and a look at each."""

import json
from collections.abc import Sequence
from dataclasses import replace

from unit.judge.arranging import MINUTE, START, arms, at, counts, measured, series
from unit.judge.streams import history, release

from canarycli.judge import Finding, Judgement, State, Verdict, begin, judge
from canarycli.metrics import Counts, Measurements, Metric, Series
from canarycli.plan import Check, Margin

ERRORS = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
CALM = {"per_minute": 12_000.0, "rate": 0.002}


def arm_rows(seed: int, **world: float) -> tuple[list[tuple[float, float]], ...]:
    rows = list(release(seed, **(CALM | world)))  # type: ignore[arg-type]  # numbers
    return [(n, x) for n, x, _, _ in rows], [(n, x) for _, _, n, x in rows]


def errors(seed: int, minutes: int, **world: float) -> Measurements:
    ours, theirs = arm_rows(seed, length=minutes, **world)
    return measured({"errors_5xx": counts(ours)}, {"errors_5xx": counts(theirs)})


def before(seed: int = 1, **world: float) -> State:
    """The state that history gives."""
    rows = history(seed, **(CALM | world))  # type: ignore[arg-type]  # numbers
    points = [Counts(START - (len(rows) - i) * MINUTE, n, x) for i, (n, x) in enumerate(rows)]
    past = measured({}, {"errors_5xx": series(points)})
    return begin([ERRORS], past, arms(0))


def until(found: Measurements, minute: float) -> Measurements:
    """What could be measured by then."""
    cut = {
        version: {
            key: Series(tuple(p for p in one.points if p.at + one.period <= at(minute)), one.period)
            for key, one in by_key.items()
        }
        for version, by_key in found.series.items()
    }
    return replace(found, series=cut)


def watch(
    checks: Sequence[Check], found: Measurements, minutes: int, state: State, **who: float
) -> list[Judgement]:
    """A look every minute, the state saved and loaded between any two."""
    looks = []
    for minute in range(1, minutes + 1):
        look = judge(checks, until(found, minute), arms(minute, **who), state)
        state = json.loads(json.dumps(look.state))
        looks.append(look)
    return looks


def the(name: str, look: Judgement) -> Finding:
    return next(f for f in look.findings if f.check == name)


def verdicts(name: str, looks: Sequence[Judgement]) -> list[Verdict]:
    return [the(name, look).verdict for look in looks]
