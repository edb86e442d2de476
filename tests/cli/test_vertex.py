"""The installed command on a Vertex AI server: a release from start to end, in every way on."""

import pytest
from cli.on_vertex import CONFIG, FLAGS, OnVertex

HELD = ("start", "-m", "22", "--percent", "5", "--detach", "--yes")


def test_a_healthy_release_goes_to_100_stage_by_stage(vertex: OnVertex) -> None:
    result = vertex.ann.run("start", "--new-model", "models/500@2")
    assert result.code == 0, result.out + result.err
    assert vertex.raised() == [5, 50, 100]
    assert vertex.split == {"22": 100}
    assert {"canary-baseline": "11", "canary-candidate": "22"}.items() <= vertex.labels.items()
    assert vertex.labels["team"] == "fraud"
    status = vertex.ann.run("status", "churn", "-o", "json").json
    assert status["traffic"] == {"11": 0, "22": 100}
    assert (status["outcome"], status["exit_code"]) == ("promoted", 0)
    assert (status["baseline"]["share"], status["candidate"]["share"]) == (0, 100)
    history = vertex.ann.run("history", "-o", "json").json["releases"]
    assert [row["outcome"] for row in history] == ["promoted"]


def test_a_failing_release_is_rolled_back(vertex: OnVertex) -> None:
    vertex.serve(error_rate=0.3)
    result = vertex.ann.run("start", "--new-model", "churn-v2")
    assert result.code == 3, result.out + result.err
    assert vertex.raised() == [5, 0]
    assert vertex.split == {"11": 100}
    status = vertex.ann.run("status", "churn", "-o", "json", "--exit-status")
    assert (status.code, status.json["outcome"]) == (3, "rolled_back")
    assert status.json["traffic"] == {"11": 100, "22": 0}


def test_a_release_without_metrics_is_no_pass(vertex: OnVertex) -> None:
    vertex.silence()
    result = vertex.ann.run("start", "--new-model", "22")
    assert result.code == 11, result.out + result.err
    assert vertex.raised() == [5, 0]
    assert vertex.split == {"11": 100}


def test_start_works_without_any_config(vertex: OnVertex) -> None:
    bob = vertex.ann.elsewhere("bob")
    result = bob.run("start", *FLAGS, "-m", "22", "--percent", "5", "--detach")
    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 95, "22": 5}
    status = bob.run("status", *FLAGS, "-o", "json", "--exit-status")
    assert (status.code, status.json["traffic"]) == (20, {"11": 95, "22": 5})


def test_stages_can_be_said_on_the_command_line(vertex: OnVertex) -> None:
    result = vertex.ann.run("start", "-m", "22", "--stages", "10,100", "--bake", "1s", "-y")
    assert result.code == 0, result.out + result.err
    assert vertex.raised() == [10, 100]


def test_percent_holds_until_a_person_promotes(vertex: OnVertex) -> None:
    held = vertex.ann.run("start", "-m", "22", "--percent", "10", "--bake", "1s")
    assert held.code == 0, held.out + held.err
    assert vertex.split == {"11": 90, "22": 10}
    assert vertex.ann.run("status", "churn", "-o", "json").json["state"] == "held"
    promoted = vertex.ann.run("promote")
    assert promoted.code == 0, promoted.out + promoted.err
    assert vertex.raised() == [10, 100]


def test_promote_full_needs_a_yes_and_skips_the_judge(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    refused = vertex.ann.run("promote", "--full")
    assert (refused.code, vertex.split) == (2, {"11": 95, "22": 5}), refused.err
    result = vertex.ann.run("promote", "--full", "--yes")
    assert result.code == 0, result.out + result.err
    assert vertex.split == {"22": 100}


def test_pause_and_resume(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    assert vertex.ann.run("pause", "--for", "10m", "--reason", "lunch").code == 0
    status = vertex.ann.run("status", "churn", "-o", "json").json
    assert (status["state"], status["pause"]["reason"]) == ("paused", "lunch")
    assert vertex.raised() == [5]
    assert vertex.ann.run("resume", "--detach").code == 0
    assert driving.end().code == 0
    assert vertex.raised() == [5, 50, 100]


def test_shift_sets_whole_percents_and_asks_before_it_goes_up(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    up = vertex.ann.run("shift", "--percent", "30")
    assert (up.code, vertex.split) == (2, {"11": 95, "22": 5}), up.err
    assert vertex.ann.run("shift", "--percent", "30", "--yes").code == 0
    assert vertex.split == {"11": 70, "22": 30}
    assert vertex.ann.run("shift", "--percent", "3").code == 0
    assert vertex.split == {"11": 97, "22": 3}


@pytest.mark.parametrize(
    "args",
    [
        ("start", "-m", "22", "--percent", "5.5"),
        ("start", "-m", "22", "--stages", "2.5,100"),
        ("plan", "-m", "22", "--percent", "5.5"),
    ],
    ids=" ".join,
)
def test_half_percents_are_refused_before_anything_moves(
    vertex: OnVertex, args: tuple[str, ...]
) -> None:
    result = vertex.ann.run(*args, "--yes") if args[0] == "start" else vertex.ann.run(*args)
    assert result.code == 2, result.out + result.err
    assert "multiples of 1%" in result.out + result.err
    assert vertex.raised() == []


@pytest.mark.parametrize("command", [("shift", "--percent"), ("promote", "--to")], ids=" ".join)
def test_a_person_gets_no_half_percents_either(vertex: OnVertex, command: tuple[str, str]) -> None:
    assert vertex.ann.run(*HELD).code == 0
    result = vertex.ann.run(*command, "7.5", "--yes")
    assert result.code == 2, result.out + result.err
    assert "multiples of 1%" in result.err
    assert vertex.split == {"11": 95, "22": 5}


def test_a_candidate_that_is_not_deployed_yet_is_brought_in(vertex: OnVertex) -> None:
    result = vertex.ann.run("start", "-m", "models/500@golden", "--stages", "5,100", "--bake", "1s")
    assert result.code == 0, result.out + result.err
    [third] = set(vertex.split) - {"11"}
    assert vertex.split == {third: 100}
    assert vertex.raised(third) == [5, 100]
    assert "canary-operation" not in vertex.labels
    assert vertex.calls.count("deployModel") == 1


def test_a_deployment_that_fails_moves_nothing(vertex: OnVertex) -> None:
    error = {"code": 9, "message": "Model server never became ready."}
    vertex.server.control("POST", "settings", deploy={"polls": 2, "error": error})
    result = vertex.ann.run("start", "-m", "500@3", "--percent", "5")
    assert result.code == 10, result.out + result.err
    assert "Model server never became ready" in result.out + result.err
    assert "stays deployed" not in result.out + result.err
    assert vertex.split == {"11": 100}


def test_cleanup_undeploys_what_is_idle_and_nothing_else(vertex: OnVertex) -> None:
    assert vertex.ann.run("start", "-m", "22", "--stages", "5,100", "--bake", "1s").code == 0
    early = vertex.ann.run("cleanup", "churn")
    assert "undeployModel" not in vertex.calls, early.out
    result = vertex.ann.run("cleanup", "churn", "--yes")
    assert result.code == 0, result.out + result.err
    models = vertex.server.cloud.endpoints["1000"]["deployedModels"]
    assert [model["id"] for model in models] == ["22"]
    assert vertex.split == {"22": 100}


def test_plan_and_doctor_move_nothing(vertex: OnVertex) -> None:
    etag = vertex.server.cloud.endpoints["1000"]["etag"]
    planned = vertex.ann.run("plan", "-m", "22", "--bake", "3s")
    assert (planned.code, "50%" in planned.out) == (0, True), planned.err
    assert "To run it: canary start 1000 --new-model 22 --bake 3s" in planned.out
    healthy = vertex.ann.run("doctor", "-o", "json")
    assert (healthy.code, healthy.json["problems"]) == (0, 0), healthy.out
    assert vertex.server.cloud.endpoints["1000"]["etag"] == etag
    vertex.deny("monitoring.timeSeries.list")
    ill = vertex.ann.run("doctor")
    assert (ill.code, "✖ monitoring.timeSeries.list" in ill.out) == (1, True), ill.out


def test_doctor_and_plan_name_the_nearest_limit_that_googles_buckets_can_decide(
    vertex: OnVertex,
) -> None:
    wide = {"exponentialBuckets": {"numFiniteBuckets": 20, "growthFactor": 2, "scale": 1}}
    vertex.server.control("POST", "settings", buckets=wide)
    vertex.ann.write(f"{CONFIG}      - {{metric: latency_p90, no_worse_by: 20%}}\n")
    said = "the buckets are 100% wide here: 20% can't be decided, 100% can"
    ill = vertex.ann.run("doctor", "--metrics", "-o", "json")
    assert ill.code == 1, ill.out + ill.err
    [probe] = [p for g in ill.json["groups"] for p in g["probes"] if p["name"] == "latency_p90"]
    assert (probe["verdict"], probe["detail"]) == ("problem", said)
    assert said in vertex.ann.run("plan", "-m", "22").out
    vertex.ann.write(f"{CONFIG}      - {{metric: latency_p90, no_worse_by: 100%}}\n")
    assert vertex.ann.run("doctor", "--metrics").code == 0


def test_a_candidate_that_refuses_for_want_of_capacity_is_rolled_back(vertex: OnVertex) -> None:
    """A 429 is no 5xx and no caller's mistake: the request got no answer of its model's."""
    vertex.serve(error_rate=0.4, code="429")
    vertex.ann.write(CONFIG.replace("errors_5xx", "errors"))
    result = vertex.ann.run("start", "--new-model", "churn-v2")
    assert result.code == 3, result.out + result.err
    assert vertex.split == {"11": 100}
    status = vertex.ann.run("status", "churn", "-o", "json")
    [finding] = [c for c in status.json["checks"] if c["name"] == "errors"]
    assert 0.3 < finding["candidate"] < 0.5
