"""One step at a time, by whatever calls again: a release needs no process that lives."""

import time
from pathlib import Path

from cli.blackbox import Canary, simulated


def tick_until_over(canary: Canary, most: int = 60) -> list[dict[str, object]]:
    steps = []
    for _ in range(most):
        step = canary.run("tick", "-e", "demo", "-o", "json").json
        steps.append(step)
        if step["wake_in"] is None:
            return steps
        time.sleep(0.05)
    raise AssertionError(steps)


def test_a_release_is_driven_by_ticks_alone(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="60x")
    assert canary.run("start", "-m", "v42", "-y", "--detach").code == 0
    steps = tick_until_over(canary)
    assert (steps[0]["exit_code"], steps[-1]["outcome"]) == (20, "promoted")
    again = canary.run("tick", str(steps[0]["release"]), "-o", "json")
    assert (again.code, again.json["outcome"], again.json["wake_in"]) == (0, "promoted", None)
    assert canary.run("tick", "-e", "demo").code == 9


def test_all_ticks_every_open_release(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    assert canary.run("tick", "--all").code == 0
    assert canary.run("start", "-m", "v42", "-y", "--detach").code == 0
    result = canary.run("tick", "--all")
    assert result.code == 20
    assert "come back in" in result.out


def test_all_ticks_are_one_document_that_says_what_the_command_ends_with(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    nothing = canary.run("tick", "--all", "-o", "json")
    assert (nothing.code, nothing.json["releases"]) == (0, [])
    assert canary.run("start", "-m", "v42", "-y", "--detach").code == 0
    one = canary.run("tick", "--all", "-o", "json")
    assert one.code == one.json["exit_code"] == one.json["releases"][0]["exit_code"] == 20
    (tmp_path / "simulator.json").write_text("{}")
    failed = canary.run("tick", "--all", "-o", "json")
    assert failed.code == failed.json["exit_code"] == failed.json["releases"][0]["exit_code"]
    assert failed.code not in {0, 20}
    assert failed.json["releases"][0]["error"]


def test_a_release_that_somebody_drives_is_left_to_them(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="2x")
    driving = canary.begin("start", "-m", "v42", "-y")
    driving.wait_for("asking for v42 5%")
    left = canary.run("tick", "-o", "json")
    assert (left.code, left.json["exit_code"]) == (7, 7), left.out
    driving.kill()
