"""Every exit code of the contract is reached, and means what the table says."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli.blackbox import Canary, simulated

NO_CHECKS = ("start", "--new-model", "v42", "--yes")


def share(canary: Canary, version: str = "v42") -> float:
    status = canary.run("status", "-e", "demo", "-o", "json")
    assert status.code == 0, status.err
    return float(status.json["traffic"].get(version, 0))


def test_0_promoted(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    result = canary.run(*NO_CHECKS)
    assert result.code == 0, result.out + result.err
    assert "promoted: v42 100%" in result.out
    assert share(canary) == 100


def test_0_planned_hold_then_promote(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    held = canary.run("start", "-m", "v42", "--percent", "5", "--bake", "20s")
    assert (held.code, share(canary)) == (0, 5)
    assert canary.run("status", "--exit-status").code == 0
    assert canary.run("promote").code == 0
    assert share(canary) == 100


def test_2_usage(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    assert canary.run("start").code == 2
    assert canary.run("strat", "-m", "v42").code == 2
    assert canary.run("start", "-m", "v42", "--percent", "101").code == 2


def test_3_rolled_back(tmp_path: Path) -> None:
    canary = simulated(tmp_path, scenario="failing")
    result = canary.run(*NO_CHECKS)
    assert result.code == 3, result.out + result.err
    assert "errors_5xx" in result.out
    assert share(canary) == 0
    assert canary.run("status", "-e", "demo", "--exit-status").code == 3


def test_3_counts_as_0_when_the_caller_says_so(tmp_path: Path) -> None:
    canary = simulated(tmp_path, scenario="failing")
    assert canary.run(*NO_CHECKS, "--ok-on", "rolled-back").code == 0


TOLD = {
    "an outcome that counts as 0": (
        0,
        ("start", "-m", "v42", "--timeout", "1s", "--ok-on=timeout"),
    ),
    "a pause": (0, ("pause", "--for", "1h", "--then", "hold")),
    "a share by hand": (0, ("shift", "--percent", "2")),
    "a release that waits": (5, ("watch",)),
}


def test_a_document_has_the_code_that_its_command_ends_with(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="10x")
    for name, (code, args) in TOLD.items():
        told = canary.run(*args, "-o", "json")
        assert (told.code, told.json["exit_code"]) == (code, code), (name, told)


def test_4_inconclusive(tmp_path: Path) -> None:
    plan = "    unclear_after: 40s\n    on_unclear: {pause: 10s, then: rollback}\n"
    canary = simulated(tmp_path, plan, rate=0.2)
    result = canary.run(*NO_CHECKS)
    assert result.code == 4, result.out + result.err
    assert share(canary) == 0


def test_5_paused_by_the_plan_until_a_person_comes(tmp_path: Path) -> None:
    plan = "    on_no_metrics: {pause: 10s, then: hold}\n"
    canary = simulated(tmp_path, plan, scenario="no-data")
    result = canary.run(*NO_CHECKS)
    assert result.code == 5, result.out + result.err
    assert share(canary) == 5
    assert canary.run("status", "--exit-status").code == 5


def test_6_a_person_rolled_back_while_we_drove(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="5x")
    driving = canary.begin(*NO_CHECKS)
    driving.wait_for("v42 5% confirmed")
    assert canary.run("rollback", "--reason", "fraud alerts").code == 0
    result = driving.end()
    assert result.code == 6, result.out + result.err
    assert "fraud alerts" in result.out
    assert share(canary) == 0


def test_7_busy(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="2x")
    driving = canary.begin(*NO_CHECKS)
    driving.wait_for("asking for v42 5%")
    second = canary.run(*NO_CHECKS)
    assert second.code == 7
    assert "canary rollback" in second.err
    driving.send(signal.SIGTERM)
    assert driving.end().code == 143


def test_9_not_found(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    no_version = canary.run("start", "-m", "v43x", "-e", "demo", "--baseline", "v40")
    assert no_version.code == 9
    no_endpoint = canary.run(
        "start", "-m", "v42", "--percent", "5", "-e", "nowhere", "--provider", "demo"
    )
    assert no_endpoint.code == 9
    assert canary.run("status", "r-0000").code == 9


def test_11_no_metrics(tmp_path: Path) -> None:
    plan = "    on_no_metrics: {pause: 10s, then: rollback}\n"
    canary = simulated(tmp_path, plan, scenario="no-data")
    result = canary.run(*NO_CHECKS)
    assert result.code == 11, result.out + result.err
    assert share(canary) == 0


def test_12_timeout_leaves_the_release_open(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    assert canary.run(*NO_CHECKS, "--timeout", "20s").code == 12
    assert canary.run("status", "--exit-status").code == 20
    assert canary.run("resume").code == 0
    assert share(canary) == 100


def test_14_drift(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="5x")
    driving = canary.begin(*NO_CHECKS)
    driving.wait_for("v42 5% confirmed")
    command = canary.run("rollback", "--print-command").out
    foreign = shlex.split(command.replace("v41=100", "v41=40").replace("v42=0", "v42=60"))
    subprocess.run([sys.executable, *foreign[1:]], check=True, cwd=canary.folder)
    result = driving.end()
    assert result.code == 14, result.out + result.err
    assert share(canary) == 60


def test_20_running(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    assert canary.run(*NO_CHECKS, "--detach").code == 0
    assert share(canary) == 5
    assert canary.run("status", "--exit-status").code == 20


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_130_and_143_roll_back_in_ci(tmp_path: Path, number: signal.Signals, code: int) -> None:
    canary = simulated(tmp_path, speed="5x")
    driving = canary.begin(*NO_CHECKS)
    driving.wait_for("v42 5% confirmed")
    driving.send(number)
    result = driving.end()
    assert result.code == code, result.out + result.err
    assert share(canary) == 0
    assert canary.run("status", "-e", "demo", "--exit-status").code == 6


def test_130_may_hold(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="5x")
    driving = canary.begin(*NO_CHECKS, "--on-interrupt", "hold")
    driving.wait_for("v42 5% confirmed")
    driving.send(signal.SIGINT)
    assert driving.end().code == 130
    assert share(canary) == 5
    assert canary.run("rollback").code == 0
    assert share(canary) == 0
