"""How many requests an endpoint gets, from its baseline's recent past."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from canarycli.forecast.sight import LATE, PART_OF_ALL
from canarycli.judge.finding import WARM_UP
from canarycli.metrics import Measurements, Metric, Point, Series, Value
from canarycli.plan import Check

REQUESTS = Metric("requests")
RECENT = timedelta(hours=1)
"""A release runs now: the time of day counts, not the mean of a day."""


def requests_per_minute(
    checks: Iterable[Check], history: Measurements, version: str, now: datetime
) -> float | None:
    """The requests a minute on one version over the last hour, None where nothing tells.

    Args:
        checks: whose metrics may tell, if requests are not measured themselves.
        history: the version's past.
        version: its name.
        now: up to when points are complete.
    """
    metrics = (REQUESTS, *(check.metric for check in checks if check.metric.traffic))
    found = (_rate(history.of(version, metric), metric, now) for metric in metrics)
    return next((rate for rate in found if rate is not None), None)


def with_pace(
    known: Mapping[str, Any],
    checks: Iterable[Check],
    history: Measurements,
    version: str,
    per_minute: float,
) -> dict[str, Any]:
    """What is known of each metric, with the part of the requests it counts and how late it is.

    Recorded answers are sampled, few of them get a label, and that label takes hours.

    Args:
        known: from `levels`.
        checks: the plan's.
        history: the version's past.
        version: its name.
        per_minute: its requests.
    """
    found = dict(known)
    for check in checks:
        series = history.of(version, check.metric)
        if check.metric.traffic or check.name not in found or per_minute <= 0:
            continue
        delay = series.delay or timedelta(0)
        rate = _rate(series, check.metric, history.window.end - delay)
        late = delay + WARM_UP * series.period
        part = {} if rate is None else {PART_OF_ALL: rate / per_minute}
        found[check.name] = {**found[check.name], LATE: late.total_seconds(), **part}
    return found


def _rate(series: Series, metric: Metric, now: datetime) -> float | None:
    whole = [p for p in series.points if p.at + series.period <= now]
    recent = [p for p in whole if p.at >= now - RECENT] or whole[-1:]
    counts = [_requests(point, metric) for point in recent]
    known = [n for n in counts if n is not None]
    if not known or len(known) < len(counts):
        return None
    # A period without a point had no requests: it is the time that counts, not the points.
    length = max(now - recent[0].at, series.period)
    return sum(known) / (length / timedelta(minutes=1))


def _requests(point: Point, metric: Metric) -> float | None:
    return point.value if isinstance(point, Value) and metric == REQUESTS else point.n
