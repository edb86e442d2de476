"""`canary cleanup`: what a finished release left deployed goes, and nothing that is needed."""

import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import CANARY, PATIENCE, Canary, simulated
from servers.sagemaker import Server, running

pytestmark = pytest.mark.slow

REFUSED = {"denied": 8, "refuse": 10}
"""What cleanup ends with where SageMaker says no."""

START = ("start", "--new-model", "v42", "--yes")


def versions(canary: Canary) -> list[str]:
    """Whoever is on the endpoint now, seen from a machine without records."""
    stranger = canary.elsewhere(f"see{len(list(canary.folder.parent.iterdir()))}")
    stranger.write((canary.folder / "canary.yaml").read_text())
    status = stranger.run("status", "-e", "demo", "-o", "json")
    return [version["name"] for version in status.json["versions"]]


def released(canary: Canary) -> str:
    """The id of the newest release."""
    return str(canary.run("history", "-o", "json").json["releases"][0]["release"])


def on_a_terminal(canary: Canary, answer: str, *args: str) -> tuple[int, str]:
    """Run it with a terminal for input, as a person does; what it says on stderr."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [CANARY, *args],
        cwd=canary.folder,
        env=canary.env,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, f"{answer}\n".encode())
        _, said = process.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


def test_a_promoted_release_keeps_its_baseline_for_a_while_and_says_what_that_costs(
    tmp_path: Path,
) -> None:
    canary = simulated(tmp_path)
    promoted = canary.run(*START)

    result = canary.run("cleanup", "demo", "-o", "json")

    assert "v41 stays deployed, and costs, until canary cleanup r-" in promoted.err
    (row,) = result.json["releases"]
    assert (result.code, row["version"], row["verdict"]) == (0, "v41", "kept")
    assert "2 × pretend cost money until it is removed" in row["detail"]
    assert versions(canary) == ["v41", "v42"]


def test_a_demo_names_no_cleanup_for_its_records_are_gone(tmp_path: Path) -> None:
    shown = Canary(tmp_path).run("demo", "--speed", "600x")

    assert (shown.code, "promoted: v42 100%" in shown.out) == (0, True), shown.err
    assert "cleanup" not in shown.out + shown.err


def test_the_baseline_goes_at_once_when_it_is_told_to(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    started = canary.run(*START)

    first = canary.run("cleanup", released(canary), "--yes")
    again = canary.run("cleanup", released(canary), "--yes")

    said = started.out + first.out + first.err
    assert (started.code, first.code, "v41 removed" in first.out) == (0, 0, True), said
    assert (again.code, "what it left is gone" in again.out) == (0, True), again.err
    assert versions(canary) == ["v42"]


def test_the_baseline_goes_by_itself_after_the_time_it_is_kept(tmp_path: Path) -> None:
    canary = simulated(tmp_path, keep_baseline="0s")
    canary.run(*START)

    result = canary.run("cleanup", "--all")

    assert (result.code, "v41 removed" in result.out) == (0, True), result.err
    assert versions(canary) == ["v42"]
    assert canary.run("cleanup", "--all").out == "nothing is left of any release known here\n"


def test_a_candidate_that_canary_brought_in_goes_after_a_rollback(tmp_path: Path) -> None:
    canary = simulated(tmp_path, scenario="failing", startup="1s")
    assert canary.run("start", "-m", "model-43", "--yes").code == 3
    assert "model-43" in versions(canary)

    result = canary.run("cleanup", "--all")

    assert (result.code, "model-43 removed" in result.out) == (0, True), result.err
    assert versions(canary) == ["v41", "v42"]


def test_a_candidate_that_was_there_before_is_left_alone(tmp_path: Path) -> None:
    canary = simulated(tmp_path, scenario="failing")
    assert canary.run(*START).code == 3

    result = canary.run("cleanup", "demo", "--yes")

    assert (result.code, "it left nothing that canary brought in" in result.out) == (0, True)
    assert versions(canary) == ["v41", "v42"]


def test_nothing_is_removed_while_a_release_is_open(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    canary.run(*START, "--percent", "5", "--bake", "1s")

    result = canary.run("cleanup", "demo", "--yes")

    assert (result.code, "busy with release" in result.err) == (7, True)


def test_nothing_is_removed_while_it_has_traffic(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    canary.run(*START)
    old = released(canary)
    canary.env["CANARY_STATE"] = str(tmp_path / "other")
    assert canary.run("rollback", "demo", "--to", "v41", "--yes").code == 0
    del canary.env["CANARY_STATE"]

    result = canary.run("cleanup", old, "--yes")

    assert result.code == 10
    assert "v41 can't be removed: it has 100% of demo's traffic" in result.err


def test_a_version_that_a_later_release_was_about_is_that_ones_to_clean(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    canary.run(*START)
    first = released(canary)
    assert canary.run("start", "-m", "v41", "--yes").code == 0

    result = canary.run("cleanup", "--all", "--yes")

    assert "v42 removed" in result.out
    assert f"{first}  demo  v41 nothing" in result.out
    assert versions(canary) == ["v41"]


def test_a_person_is_asked_and_may_decline(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    canary.run(*START)

    declined = on_a_terminal(canary, "", "cleanup", "demo")
    agreed = on_a_terminal(canary, "y", "cleanup", "demo")

    assert declined[0] == 6
    assert "Remove v41 (2 × pretend) from demo; it is kept for a rollback until" in declined[1]
    assert agreed[0] == 0
    assert versions(canary) == ["v42"]


def test_where_nothing_was_released_there_is_nothing_to_clean(tmp_path: Path) -> None:
    canary = simulated(tmp_path)

    assert canary.run("cleanup").code == 9
    assert canary.run("cleanup", "demo").code == 9
    assert canary.run("cleanup", "--all").code == 0


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.mark.slow
def test_an_old_variant_leaves_sagemaker_and_the_endpoint_goes_on(
    server: Server, tmp_path: Path
) -> None:
    server.endpoint(
        "churn",
        {
            "v41": {"weight": 1, "model": "m41", "instances": 2},
            "v42": {"weight": 0, "model": "m42", "instances": 2},
        },
    )
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(
        "endpoints:\n"
        "  churn: {provider: sagemaker, region: us-east-1, keep_baseline: 0s, plan: blind}\n"
        "plans:\n"
        "  blind: {stages: [{percent: 50, bake: 0s}, {percent: 100}]}\n"
    )
    assert canary.run("start", "churn", "-m", "v42", "--yes").code == 0

    result = canary.run("cleanup", "--all")

    assert (result.code, "v41 removed" in result.out) == (0, True), result.out + result.err
    assert list(server.weights("churn")) == ["v42"]


def test_a_variant_brought_in_for_nothing_leaves_sagemaker_again(
    server: Server, tmp_path: Path
) -> None:
    server.endpoint("churn", {"v41": {"weight": 1, "model": "m41", "instances": 2}})
    server.control("model", {"name": "m43"})
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(
        "endpoints:\n"
        "  churn: {provider: sagemaker, region: us-east-1, plan: asked}\n"
        "plans:\n"
        "  asked:\n"
        "    stages: [{percent: 50, bake: 0s}, {percent: 100}]\n"
        "    smoke: [{payload: hello, expect: {contains: bonjour}}]\n"
    )
    result = canary.run("start", "churn", "-m", "m43", "--yes")
    assert result.code == 3, result.out + result.err
    assert server.weights("churn") == {"v41": 1, "m43": 0}
    for kind, code in REFUSED.items():
        server.fault("UpdateEndpoint", kind, times=1)
        refused = canary.run("cleanup", "--all")
        assert (refused.code, "m43 removed" in refused.out) == (code, False), refused.err
        assert server.weights("churn") == {"v41": 1, "m43": 0}

    cleaned = canary.run("cleanup", "--all")

    assert (cleaned.code, "m43 removed" in cleaned.out) == (0, True), cleaned.out + cleaned.err
    assert server.weights("churn") == {"v41": 1}
