"""The installed command on a SageMaker API server, as an engineer, a CI job and on call."""

from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

ENDPOINT = "fraud-scorer"
FLAGS = ("--provider", "sagemaker", "--endpoint", ENDPOINT)
VARIANTS = {
    "v41": {"weight": 1, "model": "m41", "instances": 4, "type": "ml.m5.xlarge"},
    "v42": {"weight": 0, "model": "m42", "instances": 2, "type": "ml.m5.xlarge"},
    "v40": {"weight": 0, "model": "m40", "instances": 1, "type": "ml.m5.xlarge"},
}
CONFIG = """
version: 1
endpoints:
  fraud-scorer:
    provider: sagemaker
    region: us-east-1
    metric_delay: 0s
    metric_period: 1s
    plan: quick
plans:
  quick:
    read_every: 1s
    fails_after: 2
    stages:
      - {percent: 5, bake: 2s}
      - {percent: 50, bake: 2s}
      - {percent: 100}
    checks:
      - {metric: errors_5xx, never_above: 5%}
"""


@pytest.fixture
def server(bare_aws: Server) -> Server:
    bare_aws.control("settings", {"metric_resolution_seconds": 1})
    bare_aws.endpoint(ENDPOINT, VARIANTS)
    serve(bare_aws, {})
    return bare_aws


@pytest.fixture
def canary(server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(CONFIG)
    return canary


def serve(server: Server, candidate: dict[str, Any]) -> None:
    body = {
        "endpoint": ENDPOINT,
        "rate": 300,
        "backfill_seconds": 120,
        "variants": {"v41": {"errors_5xx": 0.002}, "v42": {"errors_5xx": 0.002, **candidate}},
    }
    server.control("traffic", body)


def largest_share(server: Server) -> float:
    shares = server.control("shares", {"endpoint": ENDPOINT})
    return max(float(split.get("v42", 0)) for _, split in shares)


def test_a_healthy_release_goes_to_100(server: Server, canary: Canary) -> None:
    result = canary.run("start", "--new-model", "v42")
    assert result.code == 0, result.out + result.err
    assert server.weights(ENDPOINT)["v42"] > 0
    status = canary.run("status", "-e", ENDPOINT, "-o", "json").json
    assert status["traffic"] == {"v41": 0, "v42": 100, "v40": 0}
    assert (status["outcome"], status["candidate"]["share"]) == ("promoted", 100)


def test_a_failing_release_is_rolled_back(server: Server, canary: Canary) -> None:
    serve(server, {"errors_5xx": 0.3})
    result = canary.run("start", "--new-model", "v42")
    assert result.code == 3, result.out + result.err
    assert canary.run("status", "-e", ENDPOINT, "-o", "json").json["traffic"]["v41"] == 100
    assert largest_share(server) == 5


def test_a_round_of_ticks_reads_the_metrics_of_all_endpoints_in_one_call(
    server: Server, canary: Canary
) -> None:
    endpoint = CONFIG.partition("  fraud-scorer:\n")[2].partition("plans:")[0]
    config = CONFIG.replace("plans:\n", f"  other:\n{endpoint}plans:\n", 1)
    canary.write(config.replace("read_every: 1s", "read_every: 100ms"))  # both at each tick
    server.endpoint("other", VARIANTS)
    names = (ENDPOINT, "other")
    for name in names:
        assert canary.run("start", "-e", name, "-m", "v42", "--yes", "--detach").code == 0
    before = len(server.calls("GetMetricData"))

    asked: list[set[str]] = []
    for _ in range(20):  # a reading may wait in vain for the other
        ran = canary.run("tick", "--all", "-o", "ndjson")
        assert ran.code in {20, 5}, ran.err  # after long enough without data it holds
        calls = server.calls("GetMetricData")[before:]
        asked = [{name for name in names if repr(name) in str(call["params"])} for call in calls]
        if set(names) in asked:
            break

    assert set(names) in asked


def test_start_works_without_any_config(server: Server, canary: Canary) -> None:
    bare = canary.elsewhere("bob")
    result = bare.run("start", *FLAGS, "--new-model", "v42", "--percent", "5", "--detach")
    assert result.code == 0, result.out + result.err
    assert largest_share(server) == 5


def test_rollback_from_a_machine_that_never_saw_the_release(server: Server, canary: Canary) -> None:
    assert canary.run("start", "-m", "v42", "--percent", "75", "-y", "--detach").code == 0
    phone = canary.elsewhere("phone")
    before = len(server.calls())
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert "v41 100%" in result.out
    calls = [call["operation"] for call in server.calls()[before:]]
    assert calls[:3] == ["DescribeEndpoint", "ListTags", "UpdateEndpointWeightsAndCapacities"]
    status = phone.run("status", *FLAGS, "-o", "json").json
    assert status["traffic"] == {"v41": 100, "v42": 0, "v40": 0}


def test_a_release_of_another_machine_is_known_by_the_endpoints_notes(
    server: Server, canary: Canary
) -> None:
    assert canary.run("start", "-m", "v42", "--percent", "5", "-y", "--detach").code == 0
    bob = canary.elsewhere("bob")
    second = bob.run("start", *FLAGS, "-m", "v40", "--percent", "10", "--yes")
    assert second.code == 7, second.out + second.err
    assert "canary rollback" in second.err
    assert largest_share(server) == 5
    assert bob.run("rollback", *FLAGS).code == 0
    assert bob.run("start", *FLAGS, "-m", "v40", "-p", "10", "--yes", "--detach").code == 0


def test_rollback_of_a_known_release_takes_two_calls(server: Server, canary: Canary) -> None:
    assert canary.run("start", "-m", "v42", "--percent", "5", "-y", "--detach").code == 0
    before = len(server.calls())
    assert canary.run("rollback", "-y").code == 0
    calls = [call["operation"] for call in server.calls()[before:]]
    assert calls[:2] == ["DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"]


def test_rollback_without_notes_goes_to_the_version_with_most_traffic(
    server: Server, canary: Canary
) -> None:
    server.control("change", {"endpoint": ENDPOINT, "weights": {"v41": 80, "v42": 20}})
    result = canary.elsewhere("phone").run("rollback", *FLAGS)
    assert result.code == 0, result.out + result.err
    assert server.weights(ENDPOINT)["v42"] == 0


def test_rollback_waits_for_the_change_under_way(server: Server, canary: Canary) -> None:
    server.control("settings", {"weights_seconds": 3, "metric_resolution_seconds": 1})
    driving = canary.begin("start", "-m", "v42", "-y")
    driving.wait_for("accepted")
    result = canary.run("rollback", "-y")
    assert result.code == 0, result.out + result.err
    assert driving.end().code == 6
    assert server.weights(ENDPOINT)["v42"] == 0


def test_print_command_runs_nothing(server: Server, canary: Canary) -> None:
    assert canary.run("start", "-m", "v42", "--percent", "5", "-y", "--detach").code == 0
    before = len(server.calls())
    result = canary.run("rollback", "--print-command")
    assert result.out.startswith("aws sagemaker update-endpoint-weights-and-capacities")
    assert server.calls()[before:] == []


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("start", "-m", "v42", "--percent", "0"), 2, "--percent"),
        (("start", "-m", "v42", "--percent", "101"), 2, "--percent"),
        (("start", "-m", "v42", "--percent", "five"), 2, "--percent"),
        (("start", "-m", "v42", "--percent", "60"), 2, "--yes"),
        (("start", "-m", "v42", "--stages", "25,5"), 2, "--stages"),
        (("start", "-m", "v42", "--bake", "15"), 2, "--bake"),
        (("start", "-m", "v41"), 2, "baseline"),
        (("start", "-m", "v42", "--skip", "errors_5xx"), 2, "--yes"),
        (("start", "-m", "v42", "--skip", "nonsense"), 2, "nonsense"),
        (("start", "-m", "v42", "--plan", "nonsense"), 2, "nonsense"),
        (("start", "-m", "v42", "--provider", "sagemeker", "-e", "x"), 2, "sagemaker"),
        (("start", "-m", "v42", "-e", "fraud-scorrer"), 2, "fraud-scorer"),
        (("start", "-m", "v42", "-e", "nope", "--provider", "sagemaker", "-p", "5"), 9, "nope"),
        (("start", "-m", "v99"), 9, "v99"),
        (("plan", "-m", "v99"), 9, "v99"),
        (("rollback", "--to", "v99", "-y"), 9, "v99"),
        (("status", "r-zzzz"), 9, "r-zzzz"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, tuple) else None,
)
def test_bad_input_names_the_place_and_moves_nothing(
    server: Server, canary: Canary, args: tuple[str, ...], code: int, word: str
) -> None:
    result = canary.run(*args)
    assert result.code == code, result.out + result.err
    assert word in result.err
    assert "hint:" in result.err
    assert "UpdateEndpointWeightsAndCapacities" not in server.operations()


def test_a_broken_config_is_told_with_its_place(server: Server, canary: Canary) -> None:
    canary.write(CONFIG.replace("read_every", "raed_every"))
    result = canary.run("start", "-m", "v42")
    assert result.code == 2
    assert "canary.yaml:" in result.err
    assert "read_every" in result.err
    assert server.operations() == []


def test_no_credentials_is_8_and_says_where_it_looked(server: Server, canary: Canary) -> None:
    bare = Canary(canary.folder, {**dict(server.environment), "AWS_EC2_METADATA_DISABLED": "true"})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        bare.env.pop(name)
    result = bare.run("start", "-m", "v42")
    assert result.code == 8, result.err
    assert "credentials" in result.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "operation", ["DescribeEndpoint", "GetMetricData", "UpdateEndpointWeightsAndCapacities"]
)
def test_a_missing_permission_is_8_and_moves_nothing(
    server: Server, canary: Canary, operation: str
) -> None:
    server.fault(operation, "denied", times=100)
    result = canary.run("start", "-m", "v42")
    assert result.code == 8, result.out + result.err
    assert largest_share(server) == 0
    server.control("clear_faults", {})
    assert canary.run("start", "-m", "v42", "--detach").code == 0


@pytest.mark.parametrize("operation", ["DescribeEndpointConfig", "ListTags"])
def test_what_a_start_can_do_without_it_does_without(
    server: Server, canary: Canary, operation: str
) -> None:
    server.fault(operation, "denied")
    result = canary.run("start", "-m", "v42", "--detach")
    assert result.code == 0, result.out + result.err
    assert largest_share(server) == 5


def test_rollback_without_tags_goes_by_the_traffic_where_that_is_clear(
    server: Server, canary: Canary
) -> None:
    server.fault("ListTags", "denied")
    server.control("change", {"endpoint": ENDPOINT, "weights": {"v41": 25, "v42": 75}})
    phone = canary.elsewhere("phone")
    unclear = phone.run("rollback", *FLAGS, "-y")
    assert unclear.code == 8, unclear.out + unclear.err
    assert "--to" in unclear.err
    server.control("change", {"endpoint": ENDPOINT, "weights": {"v41": 95, "v42": 5}})
    clear = phone.run("rollback", *FLAGS, "-y")
    assert clear.code == 0, clear.out + clear.err
    assert server.weights(ENDPOINT)["v42"] == 0


def test_a_denied_rollback_prints_the_plain_command(server: Server, canary: Canary) -> None:
    assert canary.run("start", "-m", "v42", "--percent", "5", "-y", "--detach").code == 0
    server.fault("UpdateEndpointWeightsAndCapacities", "denied", times=100)
    result = canary.run("rollback", "-y")
    assert result.code == 8, result.out + result.err
    assert "aws sagemaker update-endpoint-weights-and-capacities" in result.err


def test_a_rollback_without_credentials_prints_the_plain_command(
    server: Server, canary: Canary
) -> None:
    phone = canary.elsewhere("phone")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        phone.env.pop(name)
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 8, result.out + result.err
    assert "aws sagemaker update-endpoint-weights-and-capacities" in result.err
    assert server.operations() == []


@pytest.mark.slow
def test_a_rollback_that_gets_no_answer_is_unsafe(server: Server, canary: Canary) -> None:
    server.fault("DescribeEndpoint", "drop_before")
    result = canary.elsewhere("phone").run("rollback", *FLAGS, "-y")
    assert result.code == 13, result.out + result.err
    assert "aws sagemaker update-endpoint-weights-and-capacities" in result.err


def test_an_endpoint_in_transition_is_refused(server: Server, canary: Canary) -> None:
    server.control("change", {"endpoint": ENDPOINT, "status": "Updating"})
    result = canary.run("start", "-m", "v42")
    assert result.code == 7, result.err
    assert "under way" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["throttle", "error", "drop_before", "drop_after", "html"])
def test_one_fault_at_each_call_changes_nothing_in_the_end(
    server: Server, canary: Canary, kind: str
) -> None:
    for operation in (
        "DescribeEndpoint",
        "AddTags",
        "UpdateEndpointWeightsAndCapacities",
        "GetMetricData",
    ):
        server.fault(operation, kind, skip=int(operation == "DescribeEndpoint"), times=1)
    result = canary.run("start", "-m", "v42")
    assert result.code == 0, result.out + result.err
    status = canary.run("status", "-e", ENDPOINT, "-o", "json").json
    assert status["candidate"]["share"] == 100


def test_another_writer_that_raises_is_drift(server: Server, canary: Canary) -> None:
    driving = canary.begin("start", "-m", "v42")
    driving.wait_for("v42 5% confirmed")
    server.control("change", {"endpoint": ENDPOINT, "weights": {"v41": 40, "v42": 60}})
    result = driving.end()
    assert result.code == 14, result.out + result.err
    assert server.weights(ENDPOINT)["v42"] == 60


def test_another_writer_that_lowers_wins(server: Server, canary: Canary) -> None:
    driving = canary.begin("start", "-m", "v42")
    driving.wait_for("v42 5% confirmed")
    server.control("change", {"endpoint": ENDPOINT, "weights": {"v41": 1, "v42": 0}})
    result = driving.end()
    assert result.code == 6, result.out + result.err
    assert server.weights(ENDPOINT)["v42"] == 0


@pytest.mark.slow
def test_kill_9_and_resume(server: Server, canary: Canary) -> None:
    assert largest_share(server) == 0
    driving = canary.begin("start", "-m", "v42")
    driving.wait_for("v42 5% confirmed")
    driving.kill()
    result = canary.run("resume", "--take-over", "-y")
    assert result.code == 0, result.out + result.err
    assert canary.run("status", "-e", ENDPOINT, "-o", "json").json["traffic"]["v42"] == 100
