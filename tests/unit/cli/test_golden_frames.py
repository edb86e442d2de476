"""Frames as they were looked at: seven states at four widths, each a text to read.

After a wanted change: `CANARY_GOLDEN=write pytest tests/unit/cli/test_golden_frames.py`, and look.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.stories import NOON, a_release_of

from canarycli.cli.display.frame import frame
from canarycli.cli.display.scene import Scene
from canarycli.cli.display.spans import plain
from canarycli.engine.status import release_status
from canarycli.journal import Event
from canarycli.judge import Verdict
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage, Then
from canarycli.release.record import Cause, Outcome, Pause, Release, State
from canarycli.report import told
from canarycli.store import Lease, Record

FRAMES = Path(__file__).parent / "frames"
WIDTHS = (60, 80, 100, 120)
MINUTE = timedelta(minutes=1)
NOW = NOON + 30 * MINUTE

PLAN = Plan(
    name="standard",
    stages=(
        Stage(5, 15 * MINUTE),
        Stage(25, 20 * MINUTE),
        Stage(50, 20 * MINUTE),
        Stage(100, timedelta(0)),
    ),
    checks=(
        Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(0.005, absolute=True)),
        Check("latency_p99", Metric("latency_p99"), no_worse_by=Margin(0.2)),
    ),
)
RUNNING = a_release_of(
    PLAN,
    stage=1,
    target=25.0,
    reached=25.0,
    confirmed_at=NOON + 18 * MINUTE,
    seen_at=NOON + 30 * MINUTE,
    traffic={"v41": 75.0, "v42": 25.0},
    verdict=Verdict.PASS,
)
BACK = {"v41": 100.0, "v42": 0.0}
STATES: dict[str, tuple[Release, str, bool]] = {
    "healthy": (RUNNING, "pass", True),
    "failing": (
        replace(RUNNING, verdict=Verdict.FAIL, failing={"errors_5xx": 1}),
        "fail",
        True,
    ),
    "paused": (
        replace(
            RUNNING,
            state=State.PAUSED,
            pause=Pause(
                Cause.PERSON, "dana", "fraud alerts", NOON, NOON + 40 * MINUTE, Then.ROLLBACK
            ),
        ),
        "pass",
        True,
    ),
    "waiting": (replace(RUNNING, verdict=Verdict.NO_DATA), "no_data", True),
    "nobody-drives": (RUNNING, "pass", False),
    "rolled-back": (
        replace(
            RUNNING,
            state=State.ENDED,
            outcome=Outcome.ROLLED_BACK,
            why="errors_5xx 0.19% -> 1.34%",
            ended_at=NOW,
            target=0.0,
            traffic=BACK,
        ),
        "fail",
        False,
    ),
    "promoted": (
        replace(
            RUNNING,
            state=State.ENDED,
            outcome=Outcome.PROMOTED,
            stage=3,
            target=100.0,
            reached=100.0,
            ended_at=NOW,
            traffic={"v41": 0.0, "v42": 100.0},
        ),
        "pass",
        False,
    ),
}


def errors(verdict: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
        "pass": {"candidate": 0.0021, "diff": 0.0002, "low": -0.001, "high": 0.0014},
        "fail": {"candidate": 0.0134, "diff": 0.0115, "low": 0.0081, "high": 0.0149},
        "no_data": {"candidate": None, "diff": None, "low": None, "high": None},
    }
    return {
        "name": "errors_5xx",
        "verdict": verdict,
        "baseline": 0.0019,
        **known[verdict],
        "limit": 0.005,
        "unit": "ratio",
        "relative": False,
        "role": "gate",
        "n_baseline": 37310,
        "n_candidate": 12402,
        "age_seconds": 50.0,
        "message": {
            "pass": "errors_5xx 0.19% -> 0.21%",
            "fail": "errors_5xx 0.19% -> 1.34% (+1.15 pp, limit +0.50 pp)",
            "no_data": "errors_5xx: no data for v42",
        }[verdict],
    }


LATENCY = {
    "name": "latency_p99",
    "verdict": "pass",
    "baseline": 0.171,
    "candidate": 0.184,
    "diff": 0.076,
    "low": 0.03,
    "high": 0.12,
    "limit": 0.2,
    "unit": "seconds",
    "relative": True,
    "role": "gate",
    "n_baseline": 37310,
    "n_candidate": 12402,
    "age_seconds": 50.0,
    "message": "latency_p99 171 ms -> 184 ms",
}


def journal(verdict: str) -> list[Event]:
    passed = {"stage": 1}
    message = errors(verdict)["message"]
    return [
        Event("shift_confirmed", NOON + MINUTE, "v42 5% confirmed after 48 s", fields={"to": 5}),
        *(read(NOON + n * MINUTE, "pass", "2 of 2 checks pass") for n in (5, 10, 15)),
        Event("stage_passed", NOON + 17 * MINUTE, "stage 1/4 at 5%: 2 of 2 pass", fields=passed),
        Event("shift_confirmed", NOON + 18 * MINUTE, "v42 25% confirmed", fields={"to": 25}),
        read(NOON + 29 * MINUTE, verdict, message),
    ]


def read(at: datetime, verdict: str, message: str) -> Event:
    fields = {"stage": 2, "verdict": verdict, "checks": [errors(verdict), LATENCY]}
    return Event("read", at, message, fields=fields)


def scene(name: str) -> Scene:
    release, verdict, driven = STATES[name]
    heard = NOW if driven else NOW - 6 * MINUTE
    lease = Lease("ci/1", heard + MINUTE, heard)
    status = release_status(Record(release, lease), None, NOW)
    return Scene(told(release, journal(verdict), NOW), status, NOW, driven)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", STATES)
def test_a_frame_is_as_it_was_looked_at(name: str, width: int) -> None:
    file = FRAMES / f"{name}-{width}.txt"
    drawn = "".join(f"{plain(line).rstrip()}\n" for line in frame(scene(name), width, 24))

    if os.environ.get("CANARY_GOLDEN") == "write":
        file.write_text(drawn, encoding="utf-8")

    assert drawn == file.read_text(encoding="utf-8")
