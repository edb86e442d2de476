"""Charts in a report: round ticks, marks of stages, the fall at a rollback, and few points."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from canarycli.journal import Event
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.release.record import Outcome, Release, State
from canarycli.report import told
from canarycli.report.charts import MOST_POINTS, check_svg, thinned, ticks, traffic_svg
from canarycli.report.junit import junit
from canarycli.report.story import Story

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHECK = Check("errors", Metric("errors_5xx"), no_worse_by=Margin(0.005, absolute=True))
RELEASE = Release(
    id="r-7k2f",
    provider="simulator",
    place="local",
    endpoint="churn",
    baseline="v41",
    candidate="v42",
    plan=Plan((Stage(5, 10 * MINUTE), Stage(25, 10 * MINUTE)), (CHECK,)),
    started_at=NOON,
    started_by="dana",
    state=State.ENDED,
    outcome=Outcome.ROLLED_BACK,
    ended_at=NOON + 20 * MINUTE,
)


def event(kind: str, minute: float, **fields: Any) -> Event:
    return Event(kind, NOON + minute * MINUTE, kind, fields=fields)


def read(minute: float, stage: int, candidate: float = 0.002) -> Event:
    row = {"name": "errors", "verdict": "pass", "unit": "ratio", "relative": False, "role": "gate"}
    numbers = {"baseline": 0.002, "candidate": candidate, "diff": candidate - 0.002}
    ends = {"low": -0.001, "high": 0.001, "limit": 0.005, "message": "errors", "age_seconds": 5.0}
    checks = [{**row, **numbers, **ends}]
    return event("read", minute, stage=stage, verdict="pass", checks=checks)


def story(*events: Event) -> Story:
    return told(RELEASE, events, NOON + 20 * MINUTE)


ROLLED_BACK = story(
    event("shift_confirmed", 1, to=5.0),
    read(5, 1),
    read(9, 1, 0.0031),
    event("stage_passed", 10, stage=1),
    event("shift_confirmed", 12, to=25.0),
    read(18, 2, 0.0298),
    event("rollback_confirmed", 20),
)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0.0298), (0, 1), (0.041, 0.187), (12, 470), (0, 3e-7), (-2, 9)]
)
def test_ticks_are_round_few_and_around_what_is_drawn(low: float, high: float) -> None:
    marks = ticks(low, high)

    steps = {f"{b - a:.1e}" for a, b in pairwise(marks)}
    assert len(steps) == 1
    assert re.fullmatch(r"[125]\.0e[+-]\d+", steps.pop())
    assert marks[0] <= low < high <= marks[-1] + 1e-12
    assert 3 <= len(marks) <= 7


def test_the_share_falls_to_nothing_at_a_rollback_and_stays_there() -> None:
    drawn = traffic_svg(ROLLED_BACK)

    path = re.search(r'class="share" d="M([^Z]+)Z"', drawn)
    assert path is not None
    points = [tuple(map(float, point.split(","))) for point in path[1].split("L")]
    bottom = max(y for _, y in points)
    right = max(x for x, _ in points)
    at_the_end = [y for x, y in points if x > right - 10]
    assert set(at_the_end) == {bottom}


def test_stages_and_the_way_back_are_marked() -> None:
    drawn = traffic_svg(ROLLED_BACK)

    assert re.findall(r'class="mark \w+"[^>]*>([^<]+)<', drawn) == ["5% passed", "rolled back"]


def test_a_stage_that_was_held_and_left_is_marked_once() -> None:
    held = story(event("stage_passed", 10, stage=1), event("stage_passed", 15, stage=1))

    assert [text for _, text in held.marks] == ["5% passed"]


def test_a_long_release_is_drawn_with_few_points() -> None:
    long = story(event("shift_confirmed", 0, to=5.0), *(read(n / 100, 1) for n in range(1999)))

    assert check_svg(long, "errors").count("L") < 5 * MOST_POINTS
    assert len(thinned(list(range(1999)))) <= MOST_POINTS
    assert thinned(list(range(1999)))[-1] == 1998
    assert list(thinned([1, 2])) == [1, 2]


def test_a_test_case_takes_as_long_as_its_stage() -> None:
    assert re.findall(r'<testcase[^>]* time="([\d.]+)"', junit(ROLLED_BACK)) == [
        "480.000",
        "360.000",
    ]
