"""Tells which failures a plan's checks leave out, by what its baseline's past has of them."""

from collections.abc import Collection, Iterable

from canarycli.judge.wording import amount
from canarycli.metrics import Counts, Measurements, Metric, Unit
from canarycli.plan import Check

FAILURES = Metric("errors")
"""Every request without its model's answer, however the cloud reports it."""

NARROW = "errors_5xx"
WIDER = frozenset({FAILURES.name, "errors_4xx", "model_errors"})


def left_out(checks: Iterable[Check], metrics: Collection[str]) -> tuple[Metric, ...]:
    """What to measure besides, where only answers of 5xx are counted; () where all is seen.

    Args:
        checks: the plan's.
        metrics: the names of the built-in metrics there are.
    """
    counted = {check.metric.name for check in checks if not check.metric.source}
    if NARROW not in counted or counted & WIDER or FAILURES.name not in metrics:
        return ()
    return (FAILURES,)


def unseen(beyond: str, history: Measurements, version: str) -> str:
    """What `errors_5xx` does not count and how much of it there was, "" where there is nothing.

    Args:
        beyond: what the cloud counts as failures besides, in words; "" for nothing.
        history: the version's past, with both metrics.
        version: its name.
    """
    asked, failed = _sums(history, version, FAILURES)
    _, counted = _sums(history, version, Metric(NARROW))
    missed = failed - counted
    if missed <= 0 and not beyond:
        return ""
    besides = beyond or "other failures"
    text = f"check {NARROW!r} leaves out {besides}, which metric: {FAILURES.name} counts"
    if missed <= 0 or not asked:
        return text
    hours = (history.window.end - history.window.start).total_seconds() / 3600
    share = amount(missed / asked, Unit.RATIO)
    return f"{text}: {share} of {version}'s requests in the last {hours:.3g} h"


def _sums(history: Measurements, version: str, metric: Metric) -> tuple[float, float]:
    points = [p for p in history.of(version, metric).points if isinstance(p, Counts)]
    return sum(p.n for p in points), sum(p.bad for p in points)
