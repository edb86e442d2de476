"""The installed command on an Azure ML server: a release from start to end, in every way on."""

import pytest
from cli.on_azureml import CONFIG, FLAGS, OnAzure, place

HELD = ("start", "-m", "teal", "--percent", "5", "--detach", "--yes")


@pytest.mark.slow
def test_a_healthy_release_is_promoted_and_a_failing_one_rolled_back(azure: OnAzure) -> None:
    """Both at once, because Azure Monitor only counts whole minutes, and they are waited for."""
    place(azure.server, "eta-2")
    azure.serve(_500=0.002)
    azure.serve("eta-2", _424=0.3)
    bob = azure.ann.elsewhere("bob")
    bob.write(CONFIG.replace("\n  eta:", "\n  eta-2:"))
    start = ("start", "-m", "teal", "--plan", "judged")
    healthy, failing = azure.ann.begin(*start), bob.begin(*start)
    promoted, rolled_back = healthy.end(170), failing.end(170)
    assert promoted.code == 0, promoted.out + promoted.err
    assert azure.shares() == [0, 20, 100]
    assert rolled_back.code == 3, rolled_back.out + rolled_back.err
    assert azure.shares(endpoint="eta-2") == [0, 20, 0]
    status = bob.run("status", "eta-2", "-o", "json", "--exit-status")
    assert (status.code, status.json["traffic"]) == (3, {"blue": 100, "teal": 0})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_release_without_metrics_is_no_pass(azure: OnAzure) -> None:
    """Three minutes: the time in which Azure Monitor may be late."""
    result = azure.ann.begin("start", "-m", "teal", "--plan", "judged").end(280)
    assert result.code == 11, result.out + result.err
    assert azure.shares() == [0, 20, 0]


def test_a_release_goes_to_100_stage_by_stage(azure: OnAzure) -> None:
    result = azure.ann.run("start", "--new-model", "teal", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.shares() == [0, 5, 50, 100]
    assert {"canary-baseline": "blue", "canary-candidate": "teal"}.items() <= azure.tags.items()
    assert azure.tags["team"] == "rides"
    status = azure.ann.run("status", "eta", "-o", "json").json
    assert status["traffic"] == {"blue": 0, "teal": 100}
    assert (status["outcome"], status["exit_code"]) == ("promoted", 0)
    history = azure.ann.run("history", "-o", "json").json["releases"]
    assert [row["outcome"] for row in history] == ["promoted"]


def test_start_works_without_any_config(azure: OnAzure) -> None:
    azure.serve()
    bob = azure.ann.elsewhere("bob")
    result = bob.run("start", *FLAGS, "-m", "teal", "--percent", "5", "--detach")
    assert result.code == 0, result.out + result.err
    assert azure.split == {"blue": 95, "teal": 5}
    status = bob.run("status", *FLAGS, "-o", "json", "--exit-status")
    assert (status.code, status.json["traffic"]) == (20, {"blue": 95, "teal": 5})


def test_a_deployment_is_also_known_by_its_model(azure: OnAzure) -> None:
    result = azure.ann.run("start", "-m", "eta:2", "-p", "5", "--detach", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.split == {"blue": 95, "teal": 5}


def test_percent_holds_until_a_person_promotes(azure: OnAzure) -> None:
    held = azure.ann.run("start", "-m", "teal", "--percent", "10", "--bake", "1s", "--yes")
    assert held.code == 0, held.out + held.err
    assert azure.split == {"blue": 90, "teal": 10}
    assert azure.ann.run("status", "eta", "-o", "json").json["state"] == "held"
    promoted = azure.ann.run("promote")
    assert promoted.code == 0, promoted.out + promoted.err
    assert azure.shares() == [0, 10, 100]


def test_promote_full_needs_a_yes_and_skips_the_judge(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    refused = azure.ann.run("promote", "--full")
    assert (refused.code, azure.split) == (2, {"blue": 95, "teal": 5}), refused.err
    result = azure.ann.run("promote", "--full", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.split == {"teal": 100}


def test_pause_and_resume(azure: OnAzure) -> None:
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal 5% confirmed")
    assert azure.ann.run("pause", "--for", "10m", "--reason", "lunch").code == 0
    status = azure.ann.run("status", "eta", "-o", "json").json
    assert (status["state"], status["pause"]["reason"]) == ("paused", "lunch")
    assert azure.ann.run("resume", "--detach").code == 0
    assert driving.end().code == 0
    assert azure.shares() == [0, 5, 50, 100]


def test_shift_asks_before_it_goes_up(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    up = azure.ann.run("shift", "--percent", "30")
    assert (up.code, azure.split) == (2, {"blue": 95, "teal": 5}), up.err
    assert azure.ann.run("shift", "--percent", "30", "--yes").code == 0
    assert azure.split == {"blue": 70, "teal": 30}
    assert azure.ann.run("shift", "--percent", "3").code == 0
    assert azure.split == {"blue": 97, "teal": 3}


@pytest.mark.parametrize("words", [("--percent", "5.5"), ("--stages", "2.5,100")], ids=" ".join)
def test_half_percents_are_refused_before_anything_moves(
    azure: OnAzure, words: tuple[str, str]
) -> None:
    result = azure.ann.run("start", "-m", "teal", *words, "--yes")
    assert result.code == 2, result.out + result.err
    assert "multiples of 1%" in result.err
    assert "endpoint.put" not in azure.calls


def test_a_candidate_that_is_not_deployed_yet_is_brought_in(azure: OnAzure) -> None:
    azure.server.control("asset", kind="models", name="eta", version="3", properties={})
    result = azure.ann.run("start", "-m", "eta:3", "--stages", "5,100", "--bake", "1s", "--yes")
    assert result.code == 0, result.out + result.err
    [third] = azure.split
    assert third not in {"blue", "teal"}
    assert azure.shares(third) == [0, 5, 100]
    assert azure.calls.count("deployment.put") == 1


def test_a_deployment_that_fails_moves_nothing_and_says_so(azure: OnAzure) -> None:
    azure.server.control("asset", kind="models", name="eta", version="3", properties={})
    log = "Booting worker\nTraceback\nModuleNotFoundError: No module named 'xgboost'"
    azure.server.control("fail_next", name="eta-3", log=log)
    result = azure.ann.run("start", "-m", "eta:3", "--percent", "5", "--yes")
    assert result.code == 10, result.out + result.err
    assert azure.split == {"blue": 100}
    assert "could not be deployed" in result.out + result.err
    assert "No module named 'xgboost'" in result.out + result.err


def test_cleanup_deletes_what_is_idle_and_nothing_else(azure: OnAzure) -> None:
    assert azure.ann.run("start", "-m", "teal", "--yes").code == 0
    assert azure.ann.run("cleanup", "eta").code == 0
    assert "deployment.delete" not in azure.calls
    result = azure.ann.run("cleanup", "eta", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.calls.count("deployment.delete") == 1
    assert azure.split == {"teal": 100}


def test_plan_and_doctor_move_nothing(azure: OnAzure) -> None:
    azure.serve()
    planned = azure.ann.run("plan", *FLAGS, "-m", "teal", "--plan", "judged", "-p", "5")
    assert planned.code == 0, planned.out + planned.err
    again = f"canary start eta --new-model teal --provider azureml {' '.join(FLAGS[4:])}"
    assert f"To run it: {again} --plan judged --percent 5" in planned.out
    healthy = azure.ann.run("doctor", *FLAGS, "-o", "json")
    assert (healthy.code, healthy.json["problems"]) == (0, 0), healthy.out
    assert {"endpoint.put", "deployment.put"}.isdisjoint(azure.calls)
    azure.server.fault("metrics", "denied")
    azure.server.control("settings", granted=["Microsoft.MachineLearningServices/*"])
    ill = azure.ann.run("doctor", *FLAGS)
    assert (ill.code, "✖ Microsoft.Insights/metrics/read" in ill.out) == (1, True), ill.out
