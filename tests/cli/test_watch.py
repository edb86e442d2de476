"""Following a release that another process drives, by the installed command."""

import signal
from pathlib import Path

import pytest
from cli.blackbox import Canary, simulated

START = ("start", "-m", "v42", "--yes")
PLANS = """\
  held:
    stages: [{percent: 5, bake: 10s, then: hold}, {percent: 100}]
    checks: []
  long:
    stages: [{percent: 5, bake: 10h}, {percent: 100}]
    checks: []
"""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return simulated(tmp_path, PLANS)


def test_a_watcher_sees_the_release_to_its_end(tmp_path: Path) -> None:
    canary = simulated(
        tmp_path, speed="5x"
    )  # so that it lasts longer than a watcher takes to start
    driving = canary.begin(*START)
    driving.wait_for("confirmed")
    watching = canary.run("watch", "-i", "5s")
    assert watching.code == 0, watching.out + watching.err
    assert "v42 100% confirmed" in watching.out
    assert "promoted (exit 0)" in watching.out
    assert driving.end().code == 0


def test_a_watcher_ends_as_the_release_does(tmp_path: Path) -> None:
    canary = simulated(tmp_path, scenario="failing", speed="120x")
    driving = canary.begin(*START)
    driving.wait_for("confirmed")
    watching = canary.run("watch", "demo", "-o", "ndjson")
    assert watching.code == 3, watching.out + watching.err
    assert watching.events[0]["type"] == "version"
    assert watching.events[-1]["type"] == "ended"
    assert driving.end().code == 3
    again = canary.run("watch", "demo", "-o", "json")
    assert (again.code, again.json["outcome"]) == (3, "rolled_back")
    assert canary.run("watch", "demo", "--ok-on", "rolled-back").code == 0


def test_once_tells_and_ends(canary: Canary) -> None:
    assert canary.run(*START, "--plan", "long", "--detach").code == 0
    shown = canary.run("watch", "--once", "-o", "json")
    assert (shown.code, shown.json["state"]) == (20, "running")


def test_a_planned_hold_ends_it_like_a_start(canary: Canary) -> None:
    driving = canary.begin(*START, "--plan", "held")
    driving.wait_for("confirmed")
    watching = canary.run("watch")
    assert watching.code == 0, watching.out + watching.err
    assert "HELD at stage 1 of 2" in watching.out
    assert driving.end().code == 0


def test_it_stops_in_time_and_says_that_nobody_drives(canary: Canary) -> None:
    assert canary.run(*START, "--plan", "long", "--detach").code == 0
    watching = canary.run("watch", "--timeout", "5m")
    assert watching.code == 12, watching.out + watching.err
    assert watching.out.count("nobody drives it: canary resume r-") == 1


def test_an_interrupt_leaves_the_release_as_it_is(canary: Canary) -> None:
    driving = canary.begin(*START, "--plan", "long")
    driving.wait_for("confirmed")
    watching = canary.begin("watch", "-o", "ndjson")
    watching.wait_for("version")
    watching.send(signal.SIGINT)
    assert watching.end().code == 130
    assert canary.run("status", "demo", "-o", "json").json["traffic"]["v42"] == 5
    assert canary.run("rollback", "demo", "-y").code == 0
    assert driving.end().code == 6


def test_an_endpoint_without_a_release_is_not_watched(canary: Canary) -> None:
    result = canary.run("watch", "demo")
    assert (result.code, "canary status demo" in result.err) == (9, True), result.err
