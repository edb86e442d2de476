"""Durations, margins and limits as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.config import Notify
from canarycli.config.quantities import parse_limit, parse_margin, parse_metric
from canarycli.durations import parse_duration, write_duration
from canarycli.metrics import UNITS, Metric, Unit
from canarycli.plan import Margin


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("5s", 5),
        ("250ms", 0.25),
        ("15m", 900),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("1d2h3m4s5ms", 93784.005),
        (" 5s ", 5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "5", "5 s", "5S", "30m1h", "5m5m", "1h30", "5sm", "٥s"])
def test_something_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=366)))
def test_a_duration_that_is_written_reads_back(duration: timedelta) -> None:
    whole = timedelta(milliseconds=round(duration / timedelta(milliseconds=1)))

    assert parse_duration(write_duration(duration)) == whole


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=2, seconds=1), "2d1s"),
        (timedelta(milliseconds=1500), "1s500ms"),
    ],
)
def test_a_duration_is_written_as_people_do(duration: timedelta, text: str) -> None:
    assert write_duration(duration) == text


@pytest.mark.parametrize(
    ("value", "unit", "margin"),
    [
        ("20%", Unit.RATIO, Margin(relative=0.2)),
        ("20 %", Unit.SECONDS, Margin(relative=0.2)),
        ("0.5pp", Unit.RATIO, Margin(absolute=0.005)),
        ("0PP", Unit.RATIO, Margin(absolute=0)),
        ("5pp", Unit.PERCENT, Margin(absolute=5)),
        ("50ms", Unit.SECONDS, Margin(absolute=0.05)),
        ("0.3s", Unit.SECONDS, Margin(absolute=0.3)),
        (12, Unit.COUNT, Margin(absolute=12)),
        (0.25, Unit.NONE, Margin(absolute=0.25)),
        ("2pp", Unit.NONE, Margin(absolute=0.02)),
    ],
)
def test_a_margin_is_read_in_the_unit_of_its_metric(
    value: object, unit: Unit, margin: Margin
) -> None:
    assert parse_margin(value, unit) == margin


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (5, Unit.RATIO),
        (5, Unit.PERCENT),
        (5, Unit.SECONDS),
        ("5ms", Unit.NONE),
        ("5ms", Unit.PERCENT),
        ("5pp", Unit.COUNT),
        (True, Unit.COUNT),
        ("nan", Unit.COUNT),
    ],
)
def test_a_margin_that_does_not_fit_its_metric_is_refused(value: object, unit: Unit) -> None:
    with pytest.raises(ValueError, match=r'^"'):
        parse_margin(value, unit)


@pytest.mark.parametrize(
    ("value", "unit", "limit"),
    [
        (85, Unit.PERCENT, 85),
        ("85%", Unit.PERCENT, 85),
        ("2%", Unit.RATIO, 0.02),
        (0.02, Unit.RATIO, 0.02),
        (1, Unit.RATIO, 1),
        ("500ms", Unit.SECONDS, 0.5),
        ("2s", Unit.SECONDS, 2),
        (1000, Unit.COUNT, 1000),
        (-3, Unit.NONE, -3),
        ("62%", Unit.NONE, 0.62),
    ],
)
def test_a_limit_is_read_in_the_unit_of_its_metric(value: object, unit: Unit, limit: float) -> None:
    assert parse_limit(value, unit) == limit


@pytest.mark.parametrize("name", sorted(UNITS.keys() - {"latency_over"}))
def test_every_built_in_metric_is_known(name: str) -> None:
    assert parse_metric(name) == Metric(name)


@pytest.mark.parametrize(
    ("text", "threshold"), [("latency_over(500ms)", 0.5), ("latency_over(1.5s)", 1.5)]
)
def test_latency_over_has_its_threshold(text: str, threshold: float) -> None:
    assert parse_metric(text) == Metric("latency_over", threshold=threshold)


@pytest.mark.parametrize(
    "text", ["latency_over", "latency_over()", "latency_over(500)", "latency_over(1m)", "zebra"]
)
def test_a_word_that_is_no_metric_is_none(text: str) -> None:
    assert parse_metric(text) is None


def test_an_address_is_only_filled_in_when_it_is_used() -> None:
    notify = Notify("https://localhost/${TEAM}/${KEY}", ("failed",))

    assert notify.address({"TEAM": "a", "KEY": "b"}) == "https://localhost/a/b"
    assert notify.unset({"TEAM": "a"}) == ("KEY",)


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("class_share(fraud)", Metric("class_share", about="fraud")),
        ("class_share(very bad)", Metric("class_share", about="very bad")),
        ("score_over(0.8)", Metric("score_over", about="0.8")),
        ("accuracy", Metric("accuracy")),
        ("class_share", None),
        ("class_share()", None),
        ("accuracy(fraud)", None),
    ],
)
def test_a_metric_of_answers_says_what_about(text: str, metric: Metric | None) -> None:
    assert parse_metric(text) == metric
    assert metric is None or metric.key == text
