"""What doctors say alike."""

from datetime import UTC, datetime, timedelta

import pytest

from canarycli.metrics import Measurements, Metric, Series, Value, Window
from canarycli.probes import clock, newest_points

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(("off", "fine"), [(0, True), (119, True), (121, False), (-600, False)])
def test_a_clock_that_is_minutes_off_is_told(off: int, *, fine: bool) -> None:
    (probe,) = clock(DATE, "Google's", NOON + timedelta(seconds=off))

    assert (probe.name, probe.ok, probe.detail) == ("clock", fine, f"{abs(off)} s off Google's")
    assert bool(probe.hints) is not fine


@pytest.mark.parametrize("date", ["", "noon"])
def test_a_cloud_that_does_not_say_the_time_says_nothing_of_the_clock(date: str) -> None:
    assert list(clock(date, "Google's", NOON)) == []


def test_a_metric_without_points_shows_what_was_asked() -> None:
    metric = Metric("errors_5xx")
    points = Series((Value(NOON - timedelta(minutes=2), 0.1),))
    window = Window(NOON - timedelta(minutes=15), NOON)
    series = {"blue": {metric.key: points}}
    found = Measurements(window, NOON, series, {metric.key: "SELECT errors"})

    there, missing = newest_points(found, ("blue", "green"), (metric,))

    assert (there.ok, there.detail) == (True, "newest point 11:59:00 UTC")
    assert (missing.ok, missing.detail, missing.hints) == (False, "no points", ("SELECT errors",))
