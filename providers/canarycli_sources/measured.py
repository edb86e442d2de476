"""Puts the answers of several questions together into one look."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from canarycli.metrics import Measurements, Metric, Series, Window
from canarycli.source import Arm
from canarycli_sources.settings import Pace

Answer = tuple[Metric, Mapping[str, Series], str]
"""A metric, its series by version, and the question as it was sent."""


def measurements(arms: Collection[Arm], window: Window, answers: Iterable[Answer]) -> Measurements:
    """One look; an arm that a metric says nothing about is left out of it."""
    series: dict[str, dict[str, Series]] = {arm.version: {} for arm in arms}
    queries: dict[str, str] = {}
    for metric, found, query in answers:
        queries[metric.key] = query
        for version, one in found.items():
            series[version][metric.key] = one
    return Measurements(window, datetime.now(UTC), series, queries)


def nothing(arms: Collection[Arm], pace: Pace) -> dict[str, Series]:
    """No points for anybody, which is what an empty window holds."""
    return {arm.version: Series((), pace.period, pace.delay) for arm in arms}
