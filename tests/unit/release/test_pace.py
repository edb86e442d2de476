"""Reads are as dense as the plan says where they can tell something, and seldom elsewhere."""

from datetime import timedelta

import pytest
from unit.judge.arranging import MINUTE, at

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Role
from canarycli.release.pace import due, pace, pace_now

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
