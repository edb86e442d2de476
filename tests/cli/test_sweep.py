"""Releases that nobody drives, and endpoints whose driver is gone, by the installed command."""

from datetime import timedelta
from pathlib import Path

import pytest
from cli.blackbox import Canary, simulated

from canarycli.journal import Event
from canarycli.operations.sweep import Wanted, sweep
from canarycli.simulator import Simulator

NOW = ("--older-than", "0s")
RESUMED = """\
  resumed:
    stages: [{percent: 5, bake: 10s}, {percent: 100}]
    checks: []
    on_driver_lost: resume
  held:
    stages: [{percent: 5, bake: 5s, then: hold}, {percent: 100}]
    checks: []
"""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return simulated(tmp_path, RESUMED)


def left_alone(canary: Canary, *more: str) -> None:
    """A release at its first stage that nobody drives."""
    started = canary.run("start", "-m", "v42", "--detach", "--yes", *more)
    assert started.code == 0, started.out + started.err


def traffic(canary: Canary) -> dict[str, float]:
    found: dict[str, float] = canary.run("status", "demo", "-o", "json").json["traffic"]
    return {name: share for name, share in found.items() if share}


def test_what_nobody_drives_goes_back(canary: Canary) -> None:
    left_alone(canary)
    result = canary.run("sweep", *NOW, "-o", "json")
    assert result.code == 3, result.out + result.err
    [row] = result.json["releases"]
    assert (row["did"], row["outcome"], row["exit_code"]) == ("rollback", "stopped", 3)
    assert traffic(canary) == {"v41": 100}
    assert "nobody drove it" in canary.run("history").out


def test_a_plan_may_want_it_resumed(canary: Canary) -> None:
    left_alone(canary, "--plan", "resumed")
    result = canary.run("sweep", *NOW)
    assert result.code == 0, result.out + result.err
    assert result.out.splitlines()[-1].endswith("demo  resume: promoted")
    assert traffic(canary) == {"v42": 100}


def test_do_says_it_for_all(canary: Canary) -> None:
    left_alone(canary, "--plan", "resumed")
    result = canary.run("sweep", *NOW, "--do", "rollback")
    assert result.code == 3, result.out + result.err
    assert traffic(canary) == {"v41": 100}


def test_what_was_driven_just_now_is_left_alone(canary: Canary) -> None:
    left_alone(canary)
    result = canary.run("sweep", "--older-than", "20h")
    assert (result.code, traffic(canary)) == (0, {"v41": 95, "v42": 5}), result.out + result.err
    assert "every open release that can be read is driven" in result.out


def test_what_waits_for_a_person_and_passes_is_left_alone(canary: Canary) -> None:
    held = canary.run("start", "-m", "v42", "--plan", "held", "--yes")
    assert held.code == 0, held.out + held.err
    assert canary.run("sweep", *NOW).code == 0
    assert traffic(canary) == {"v41": 95, "v42": 5}


def test_what_is_driven_is_left_alone(canary: Canary) -> None:
    driving = canary.begin("start", "-m", "v42", "--plan", "resumed", "--yes")
    driving.wait_for("confirmed")
    assert canary.run("sweep", *NOW).code == 0
    assert driving.end().code == 0


def test_one_that_takes_long_does_not_hold_up_those_whose_drivers_go_meanwhile(
    tmp_path: Path,
) -> None:
    canary = simulated(tmp_path, RESUMED.replace("10s}", "10s}, {percent: 50, bake: 20h}"))
    canary.env["CANARY_STATE"] = str(tmp_path / "records")
    left_alone(canary, "--plan", "resumed")
    text = (canary.folder / "canary.yaml").read_text()
    (canary.folder / "canary.yaml").write_text(text.replace("  demo:", "  other:"))
    told: list[str] = []

    def listen(release: str, event: Event) -> None:
        if not told:
            left_alone(canary, "-e", "other")
        if event.type == "ended" and release != told[0]:
            stopped = canary.run(
                "rollback", told[0], "--no-wait", "-y", "--reason", "the pager rang"
            )
            assert stopped.code == 0, stopped.out + stopped.err
        told.append(release)

    long, later = sweep(Wanted(timedelta(0)), canary.env, listen, again=timedelta(seconds=0.2))

    ends = [(one.release.endpoint, one.release.why.partition(": ")[2]) for one in (long, later)]
    assert ends == [("demo", "the pager rang"), ("other", "nobody drove it")]


def test_a_cloud_that_cannot_be_asked_does_not_pass_for_nothing_to_do(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="1x", settle="0s")
    left_alone(canary)
    text = (canary.folder / "canary.yaml").read_text()
    (canary.folder / "canary.yaml").write_text(text.replace("  demo:", "  other:"))
    left_alone(canary, "-e", "other")
    script = tmp_path / "simulator.json"
    kept = script.read_text()
    script.write_text("{")
    broken = canary.run("sweep", *NOW, "-o", "json")
    assert broken.code not in {0, 3}, broken.out + broken.err
    assert all("can't read its state" in row["error"] for row in broken.json["releases"])
    script.write_text(kept)
    result = canary.run("sweep", *NOW, "-o", "json")
    assert result.code == 3, result.out + result.err
    assert {row["endpoint"] for row in result.json["releases"]} == {"demo", "other"}


PROBATION = """\
  probation:
    stages: [{percent: 50, bake: 10s}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 5%}]
    read_every: 5s
    probation: 24h
"""


def test_one_on_probation_is_looked_after_and_goes_back(tmp_path: Path) -> None:
    canary = simulated(tmp_path, PROBATION)
    begun = canary.run("start", "-m", "v42", "--plan", "probation", "--yes", "-o", "json")
    assert (begun.code, begun.json["state"]) == (0, "probation"), begun.out + begun.err
    assert begun.json["next"]["action"] == "promoted"
    assert "nobody guards v42 at 100%" in begun.err
    assert traffic(canary) == {"v42": 100}
    assert "ON PROBATION until" in canary.run("status", "demo").out
    refused = canary.run("cleanup", "demo", "--yes")
    assert refused.code == 7, refused.out + refused.err
    calm = canary.run("sweep", *NOW, "-o", "json")
    assert calm.code == 0, calm.out + calm.err
    assert canary.run("status", "demo", "-o", "json").json["state"] == "probation"

    Simulator({"state": str(tmp_path / "simulator.json")}).put_out("demo", "v42")
    result = canary.run("sweep", *NOW, "-o", "json")

    assert result.code == 3, result.out + result.err
    assert traffic(canary) == {"v41": 100}


def test_who_is_sure_ends_a_probation(tmp_path: Path) -> None:
    canary = simulated(tmp_path, PROBATION)
    assert canary.run("start", "-m", "v42", "--plan", "probation", "--yes").code == 0

    ended = canary.run("promote", "demo", "--yes", "-o", "json")

    assert (ended.code, ended.json["outcome"]) == (0, "promoted"), ended.out + ended.err


def test_unlock_frees_an_endpoint_whose_driver_was_killed(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="1x", settle="0s")
    driving = canary.begin("start", "-m", "v42", "--yes")
    driving.wait_for("confirmed")
    driving.kill()
    refused = canary.run("unlock", "demo")
    assert refused.code == 7, refused.out + refused.err
    assert "canary unlock --yes" in refused.err
    freed = canary.run("unlock", "demo", "--yes")
    assert freed.code == 0, freed.out + freed.err
    assert freed.out.startswith("demo is free, ann/")
    assert traffic(canary) == {"v41": 95, "v42": 5}
    again = canary.run("unlock", "demo", "-o", "json")
    assert again.json["freed_from"] is None


def test_unlock_of_nothing_says_so(canary: Canary) -> None:
    result = canary.run("unlock", "demo")
    assert (result.code, "canary history" in result.err) == (9, True), result.err


def test_what_waits_for_a_person_is_looked_after(canary: Canary, tmp_path: Path) -> None:
    held = canary.run("start", "-m", "v42", "--plan", "held", "--yes", "-o", "json")
    assert held.code == 0, held.out + held.err
    assert held.json["guarded"] is False
    assert "nobody guards v42 at 5%" in held.err
    Simulator({"state": str(tmp_path / "simulator.json")}).put_out("demo", "v42")
    result = canary.run("sweep", *NOW, "-o", "json")
    assert result.code == 3, result.out + result.err
    [row] = result.json["releases"]
    assert (row["did"], row["outcome"]) == ("judge", "rolled_back")
    assert traffic(canary) == {"v41": 100}
