"""Small builders for the judge's tests: series, measurements and arms without a cloud."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from canarycli.judge import Arms
from canarycli.metrics import Counts, Measurements, Point, Series, Window

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def counts(rows: Sequence[tuple[float, float] | None], period: timedelta = MINUTE) -> Series:
    points = [
        Counts(START + i * period, row[0], row[1]) for i, row in enumerate(rows) if row is not None
    ]
    return Series(tuple(points), period)


def series(points: Sequence[Point], period: timedelta = MINUTE) -> Series:
    return Series(tuple(points), period)


def measured(
    candidate: Mapping[str, Series],
    baseline: Mapping[str, Series] | None = None,
    *,
    until: float = 60,
) -> Measurements:
    return Measurements(
        Window(START, at(until)), at(until), {"new": candidate, "old": baseline or {}}
    )


def arms(now: float, *, since: float = 0, share: float = 5, delay: float = 0) -> Arms:
    return Arms("old", "new", share, at(since), at(now), delay * MINUTE)
