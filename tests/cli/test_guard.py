"""A release at its hold is guarded by who stays, or by canary guard; else that is said."""

from pathlib import Path

import pytest
from cli.blackbox import Canary, simulated

HOLD = ("start", "-m", "v42", "--percent", "50", "--bake", "20s", "--yes")


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """A candidate that turns bad long after it has reached its hold."""
    bad = {"errors_5xx": 0.5, "after": 900}
    versions = {"v41": {"percent": 100}, "v42": {"turns": [bad]}}
    return simulated(tmp_path, speed="120x", versions=versions)


def shares(canary: Canary) -> dict[str, float]:
    found: dict[str, float] = canary.run("status", "demo", "-o", "json").json["traffic"]
    return found


def test_a_pipeline_is_told_that_nobody_guards_and_canary_guard_does(canary: Canary) -> None:
    held = canary.run(*HOLD)
    assert held.code == 0, held.out + held.err
    assert "nobody guards v42 at 50%: run canary guard r-" in held.err

    guarded = canary.run("guard", "demo")

    assert guarded.code == 3, guarded.out + guarded.err
    assert "guarding v42 at 50%" in guarded.out
    assert shares(canary) == {"v41": 100, "v42": 0}


def test_who_stays_guards(canary: Canary) -> None:
    result = canary.run(*HOLD, "--stay", "10h")

    assert result.code == 3, result.out + result.err
    assert shares(canary) == {"v41": 100, "v42": 0}


def test_staying_ends_when_its_time_is_up(canary: Canary) -> None:
    result = canary.run(*HOLD, "--stay", "30s", "-o", "json")

    assert result.code == 0, result.out + result.err
    assert result.json["state"] == "held"


def test_one_guard_is_enough(canary: Canary) -> None:
    staying = canary.begin(*HOLD, "--stay", "10h")
    staying.wait_for("guarding")

    second = canary.run("guard", "demo")

    assert second.code == 7, second.out + second.err
    assert staying.end().code == 3
