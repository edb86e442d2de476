"""Names and units, half-open windows, and series whose silence stays silence."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.metrics import (
    UNITS,
    Counts,
    Histogram,
    Measurements,
    Metric,
    Series,
    Unit,
    Value,
    Window,
)

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def series(*minutes: int) -> Series:
    return Series(tuple(Counts(START + minute * MINUTE, 100, 1) for minute in minutes))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("requests", Unit.COUNT),
        ("errors_5xx", Unit.RATIO),
        ("latency_p99", Unit.SECONDS),
        ("latency_over", Unit.RATIO),
        ("cpu", Unit.PERCENT),
        ("approval rate", Unit.NONE),
    ],
)
def test_every_metric_has_a_unit(name: str, unit: Unit) -> None:
    assert Metric(name).unit is unit


def test_a_threshold_tells_two_metrics_of_one_name_apart() -> None:
    keys = {Metric("latency_over", limit).key for limit in (None, 0.2, 0.25)}

    assert keys == {"latency_over", "latency_over(0.2s)", "latency_over(0.25s)"}


def test_metrics_can_be_kept_in_a_set_whatever_their_source() -> None:
    one = Metric("approval", source={"simulator": {"ratio": 0.6}})
    same = Metric("approval", source={"simulator": {"ratio": 0.6}})
    other = Metric("approval", source={"simulator": {"ratio": 0.7}})

    assert len({one, same, other}) == 2


def test_the_units_are_nobodys_to_change() -> None:
    with pytest.raises(TypeError):
        cast("dict[str, Unit]", UNITS)["requests"] = Unit.NONE


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = Window(START, START + MINUTE)

    assert START in window
    assert START + MINUTE not in window
    assert "noon" not in window


@pytest.mark.parametrize("length", [0, -1])
def test_a_window_that_ends_before_it_starts_is_empty(length: int) -> None:
    window = Window(START, START + length * MINUTE)

    assert not window
    assert window.length == timedelta(0)
    assert START not in window


def test_a_window_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="carry their zone"):
        Window(START.replace(tzinfo=None), START)


def test_a_histogram_has_one_count_more_than_bounds() -> None:
    with pytest.raises(ValueError, match="one count more"):
        Histogram(START, (0.1, 0.2), (1, 2))


def test_a_histogram_counts_all_its_requests() -> None:
    assert Histogram(START, (0.1, 0.2), (1, 2, 3)).n == 6


def test_the_newest_time_is_the_end_of_the_newest_period() -> None:
    assert series(0, 1, 2).newest == START + 3 * MINUTE


def test_a_series_without_points_has_no_newest_time() -> None:
    assert Series().newest is None


def test_a_period_that_reaches_out_of_the_window_is_left_out() -> None:
    window = Window(START + timedelta(seconds=1), START + timedelta(seconds=179))

    assert series(0, 1, 2).within(window) == series(1)


def test_a_period_that_fills_the_window_is_kept() -> None:
    assert series(0, 1, 2).within(Window(START + MINUTE, START + 2 * MINUTE)) == series(1)


def test_a_part_of_a_series_keeps_its_period() -> None:
    tens = Series((Value(START, 1.0),), period=timedelta(seconds=10))

    part = tens.within(Window(START, START + timedelta(seconds=10)))

    assert part == tens


def test_what_was_not_measured_is_an_empty_series() -> None:
    found = Measurements(Window(START, START), START, {"v41": {"errors_5xx": series(0)}})

    assert found.of("v41", Metric("errors_5xx")) == series(0)
    assert found.of("v41", Metric("cpu")) == Series()
    assert found.of("v99", Metric("errors_5xx")) == Series()


@given(
    st.lists(st.integers(0, 60), unique=True).map(sorted),
    st.lists(st.integers(0, 60), min_size=3, max_size=3).map(sorted),
)
def test_two_windows_side_by_side_share_no_point_and_lose_none(
    minutes: list[int], cuts: list[int]
) -> None:
    left, middle, right = (START + cut * MINUTE for cut in cuts)
    whole = series(*minutes)

    one, two = whole.within(Window(left, middle)), whole.within(Window(middle, right))

    assert one.points + two.points == whole.within(Window(left, right)).points
