"""Reads are as dense as the plan says where they can tell something, and seldom elsewhere."""

from datetime import timedelta

import pytest
from unit.judge.arranging import MINUTE, at

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Role
from canarycli.release.pace import due, is_read_in_turn, pace, pace_now

ERRORS = Check("errors", Metric("errors"), no_worse_by=Margin(absolute=0.005), role=Role.WATCH)
CPU = Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH)
MEMORY = Check("memory", Metric("memory"), never_above=85)


@pytest.mark.parametrize(
    ("per_minute", "minutes"), [(0, 1), (100, 1), (3, 1), (1.5, 2), (1, 3), (0.5, 5), (0.01, 5)]
)
def test_reads_are_three_requests_apart_and_at_most_five_times_as_seldom(
    per_minute: float, minutes: float
) -> None:
    assert pace(MINUTE, per_minute) == minutes * MINUTE


def test_after_a_change_reads_are_dense() -> None:
    assert pace_now(MINUTE, 5, at(0), at(10)) == MINUTE
    assert pace_now(MINUTE, 5, None, at(10)) == MINUTE
    assert pace_now(MINUTE, 20, at(0), at(20)) == 3 * MINUTE
    assert pace_now(MINUTE, 2000, at(0), at(20)) == MINUTE


@pytest.mark.parametrize(("ago", "names"), [(4, "errors memory"), (5, "errors cpu memory")])
def test_limits_that_are_only_watched_are_read_each_fifth_time(ago: float, names: str) -> None:
    looked = dict.fromkeys(("errors", "cpu", "memory"), at(60 - ago))
    found = due((ERRORS, CPU, MEMORY), looked, MINUTE, at(60))
    assert [check.name for check in found] == names.split()


def test_what_was_not_read_at_this_share_is_read_at_once() -> None:
    assert due((CPU,), {"cpu": None}, timedelta(minutes=1), at(60)) == (CPU,)


def test_releases_read_at_once_after_an_outage_are_spread_over_the_interval_from_then_on() -> None:
    keys = [f"sagemaker/us-east-1/e-{number}" for number in range(400)]
    seconds = [timedelta(seconds=second) for second in range(1, 76)]

    first = [
        next(s for s in seconds if is_read_in_turn(key, at(0), at(0) + s, MINUTE)) for key in keys
    ]

    quarters = [sum(30 + 15 * n <= s.total_seconds() < 45 + 15 * n for s in first) for n in (0, 1)]
    assert min(first) >= MINUTE / 2
    assert max(first) < MINUTE * 1.5
    assert all(number > 60 for number in quarters), quarters


def test_in_its_turn_an_endpoint_is_read_once_an_interval_whenever_looks_come() -> None:
    reads, last = 0, at(0)
    for look in range(4 * 60):  # four a minute, each a little late
        now = at(0) + look * MINUTE / 4 + timedelta(seconds=0.3 * (look % 3))
        if is_read_in_turn("sagemaker/us-east-1/churn", last, now, MINUTE):
            reads, last = reads + 1, now
    assert reads in {59, 60}


def test_two_reads_in_turn_are_half_an_interval_apart_at_least() -> None:
    for number in range(50):
        key = f"sagemaker/us-east-1/e-{number}"
        assert not is_read_in_turn(key, at(0), at(0) + MINUTE * 0.49, MINUTE)
