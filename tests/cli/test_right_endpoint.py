"""What a command aims at: the folder's endpoint, one endpoint by all its names, or nothing."""

from pathlib import Path

import pytest
from cli.blackbox import Canary, Result, simulated

OTHER = """
version: 1
endpoints:
  eta: {{provider: simulator, state: {state}, settle: 0s, speed: 30x}}
"""


def share(canary: Canary, endpoint: str) -> float:
    found = canary.run("status", "-e", endpoint, "-o", "json")
    assert found.code == 0, found.err
    return float(found.json["traffic"].get("v42", 0))


@pytest.fixture
def ann(tmp_path: Path) -> Canary:
    """Her folder has one endpoint, `demo`; another folder's `eta` is at 5 %."""
    return simulated(tmp_path)


@pytest.fixture
def other(tmp_path: Path, ann: Canary) -> Canary:
    other = ann.beside("other")
    other.write(OTHER.format(state=tmp_path / "other.json"))
    started = other.run("start", "-m", "v42", "--percent", "5", "--detach", "-y")
    assert started.code == 0, started.err
    return other


def test_rollback_without_a_name_means_the_folders_endpoint(ann: Canary, other: Canary) -> None:
    back = ann.run("rollback", "-y", "-o", "json")

    assert back.code == 0, back.err
    assert back.json["endpoint"] == "demo"
    assert "is open too, on eta" in back.err
    assert share(other, "eta") == 5


def test_promote_without_a_name_never_touches_another_project(ann: Canary, other: Canary) -> None:
    refused = ann.run("promote")

    assert (refused.code, "no release is open on demo" in refused.err) == (9, True)
    assert share(other, "eta") == 5


def test_plan_and_start_mean_the_folders_endpoint(ann: Canary, other: Canary) -> None:
    planned = ann.run("plan", "-m", "v42", "--percent", "5", "-o", "json", "-y")
    started = ann.run("start", "-m", "v42", "--percent", "5", "--detach", "-y")

    assert planned.json["endpoint"] == "demo", planned.err
    assert started.code == 0, started.err
    assert (share(ann, "demo"), share(other, "eta")) == (5, 5)


def test_without_a_config_the_only_open_release_is_meant(ann: Canary, other: Canary) -> None:
    back = ann.beside("empty").run("rollback", "-y", "-o", "json")

    assert (back.code, back.json["endpoint"]) == (0, "eta"), back.err
    assert share(other, "eta") == 0


@pytest.fixture
def two_open(ann: Canary, other: Canary) -> Canary:
    """A folder without a canary.yaml, on a machine with two open releases."""
    assert share(other, "eta") == 5
    assert ann.run("start", "-m", "v42", "--percent", "5", "--detach", "-y").code == 0
    return ann.beside("empty")


def test_where_nothing_is_named_one_error_has_all_it_takes_on_each_cloud(tmp_path: Path) -> None:
    refused = Canary(tmp_path).run("start", "--new-model", "v2", "--percent", "5")

    assert refused.code == 2
    for cloud in (
        "sagemaker --region REGION",
        "vertex --project ID --region REGION",
        "azureml --subscription ID --resource-group NAME --workspace NAME",
    ):
        assert f"--provider {cloud}" in refused.err


def test_with_several_the_list_and_the_flag_are_shown(two_open: Canary) -> None:
    refused = two_open.run("rollback", "-y")

    assert refused.code == 2
    assert "demo  v41 → v42" in refused.err
    assert "eta  v41 → v42" in refused.err
    assert "such as -e r-" in refused.err


def test_on_a_terminal_one_of_several_is_picked(two_open: Canary) -> None:
    listed = two_open.at_terminal("rollback", typed="7\n2\nn\n")

    assert listed.code == 6, listed.err
    assert listed.err.count("which one? [1-2, q]") == 2
    assert "Send all traffic of" in listed.err


def test_on_a_terminal_nothing_need_be_picked(two_open: Canary) -> None:
    left = two_open.at_terminal("promote", typed="q\n")

    assert (left.code, "nothing was changed" in left.err) == (6, True)


def test_the_only_release_is_named_in_the_question(ann: Canary, other: Canary) -> None:
    asked = ann.beside("empty").at_terminal("rollback", typed="n\n")

    assert (asked.code, share(other, "eta")) == (6, 5)
    assert "Send all traffic of eta (simulator local-" in asked.err
    assert "release r-" in asked.err


def test_a_report_is_found_by_the_name_in_canary_yaml(tmp_path: Path) -> None:
    ann = simulated(tmp_path, endpoint="fraud-prod")
    assert ann.run("start", "-m", "v42", "--percent", "5", "--detach", "-y").code == 0

    told = ann.run("report", "demo", "--format", "json")

    assert (told.code, "fraud-prod" in told.out) == (0, True), told.err
    assert ann.run("history", "-e", "demo", "-o", "json").json["releases"]


def promoted_at_a_terminal(canary: Canary, *more: str) -> Result:
    held = canary.run("start", "-m", "v42", "--percent", "5", "--bake", "20s", "-y")
    assert held.code == 0, held.err
    return canary.at_terminal("promote", *more, typed="n\n")


def test_promote_asks_before_it_goes_to_100_without_a_bake(tmp_path: Path) -> None:
    ann = simulated(tmp_path)
    asked = promoted_at_a_terminal(ann)

    assert asked.code == 6, asked.err
    assert "demo, local" in asked.err
    assert "v42 has 5%, v41 95%" in asked.err
    assert "Send 100% to v42 now (to 100% without a bake)?" in asked.err
    assert share(ann, "demo") == 5


def test_promote_asks_before_it_skips_a_stage(tmp_path: Path) -> None:
    ann = simulated(tmp_path)
    plan = ("--stages", "5,25,50,100", "--bake", "20s")
    assert ann.run("start", "-m", "v42", *plan, "--detach", "-y").code == 0

    asked = ann.at_terminal("promote", "--to", "50", typed="n\n")

    assert asked.code == 6, asked.err
    assert "past the plan's next stage, 25%, without the judge" in asked.err
    assert share(ann, "demo") == 5


def test_in_a_pipeline_promote_goes_on_unasked(tmp_path: Path) -> None:
    ann = simulated(tmp_path)
    held = ann.run("start", "-m", "v42", "--percent", "5", "--bake", "20s", "-y")
    assert held.code == 0, held.err

    assert ann.run("promote").code == 0
    assert share(ann, "demo") == 100


def test_a_share_by_hand_is_asked_for_with_all_that_is_agreed_to(tmp_path: Path) -> None:
    ann = simulated(tmp_path)
    assert ann.run("start", "-m", "v42", "--percent", "5", "--detach", "-y").code == 0
    asked = ann.at_terminal("shift", "-p", "30", typed="n\n")

    assert asked.code == 6, asked.err
    assert "demo, local" in asked.err
    assert "v42 has 5%, v41 95%" in asked.err
    assert "Send 30% to v42 now (without the judge)?" in asked.err


def test_the_question_of_start_names_what_is_agreed_to(tmp_path: Path) -> None:
    ann = simulated(tmp_path)
    asked = ann.at_terminal("start", "-m", "v42", typed="n\n")

    assert asked.code == 6, asked.err
    assert "Start v41 → v42 at 5% on demo (simulator local-" in asked.err
    assert "plan quick 5,25,100, about" in asked.err
    assert "checks: errors_5xx never above 2.00%" in asked.err
    assert "if a check fails 2 reads in a row: roll back to v41 100% at once" in asked.err
