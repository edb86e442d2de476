"""One check of the judge on simulated points: what it says minute by minute, and tables of that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from canarycli.judge.finding import Arms
from canarycli.judge.margins import Promise
from canarycli.judge.sources import evidence_of, kind_of, learn, reader
from canarycli.metrics import Measurements, Point, Series, Window
from canarycli.plan import Check

START = datetime(2026, 1, 1, tzinfo=UTC)
PROMISE = Promise()


@dataclass(frozen=True, slots=True)
class Called:
    """When a check first could say pass and fail, in periods; None for never."""

    passed: int | None
    failed: int | None


def at(period: int) -> datetime:
    """When a period begins."""
    return START + timedelta(minutes=period)


def judged(
    check: Check,
    past: Sequence[Point],
    pairs: Iterable[tuple[Point, Point]],
    promise: Promise = PROMISE,
) -> Called:
    """Judge periods of candidate and baseline, with what the baseline did before.

    It ends at the first fail, which would end the release. A pass is noted and the bet goes on.
    """
    known = Measurements(
        Window(START, START), START, {"b": {check.metric.key: Series(tuple(past))}}
    )
    arms = Arms("b", "c", 5.0, since=START, now=START, delay=timedelta(0))
    facts = learn(check, known, "b")
    kind = kind_of(check, facts, known, arms)
    row_of, evidence = reader(check, kind, facts), evidence_of(check, kind, facts, promise)
    passed = None
    for number, (ours, theirs) in enumerate(pairs, 1):
        row = row_of(ours, theirs)
        if row is not None:
            evidence.step(row)
        if promise.weight * evidence.evidence >= 1 / promise.alpha:
            return Called(passed, number)
        if passed is None and evidence.assurance >= 1 / promise.beta:
            passed = number
    return Called(passed, None)


def said(times: Sequence[int | None], unit: str = "min") -> str:
    """`57 of 60, in 34 min (95 %: 71)`."""
    known = sorted(time for time in times if time is not None)
    if not known:
        return f"0 of {len(times)}"
    middle, late = known[(len(known) - 1) // 2], known[int(0.95 * (len(known) - 1))]
    return f"{len(known)} of {len(times)}, in {middle} {unit} (95 %: {late})"


def percent(times: Sequence[int | None]) -> str:
    """The part of the runs in which it happened, in percent."""
    return f"{100 * sum(time is not None for time in times) / len(times):.0f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
