"""The installed command on an Azure ML server where things go wrong, or others write too."""

import pytest
from cli.on_azureml import FLAGS, OnAzure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("start", "-m", "green", "--plan", "judged"), 9, "green"),
        (("start", "-m", "eta:9", "--plan", "judged"), 9, "eta:9"),
        (("plan", "-m", "eta:9", "--plan", "judged"), 9, "eta:9"),
        (("start", "-m", "blue"), 2, "baseline"),
        (("start", "-m", "teal", "--percent", "60"), 2, "--yes"),
        (("start", *FLAGS, "-e", "eat", "-m", "teal", "-p", "5"), 9, "eat"),
        (("start", *FLAGS, "--workspace", "other", "-m", "teal", "-p", "5"), 9, "other"),
        (("rollback", "--to", "green", "-y"), 9, "green"),
        (("status", "r-zzzz"), 9, "r-zzzz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input_names_the_place_and_moves_nothing(
    azure: OnAzure, args: tuple[str, ...], code: int, word: str
) -> None:
    result = azure.ann.run(*args)
    assert result.code == code, result.out + result.err
    assert word in result.err
    assert "hint:" in result.err
    assert {"endpoint.put", "deployment.put"}.isdisjoint(azure.calls)


def test_a_place_that_is_not_said_is_asked_for(azure: OnAzure) -> None:
    bob = azure.ann.elsewhere("bob")
    result = bob.run("start", *FLAGS[:4], "-m", "teal", "--percent", "5")
    assert result.code == 2, result.out + result.err
    assert "--subscription" in result.err
    assert azure.server.calls() == []


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("endpoint.get", "onlineEndpoints/read"),
        ("endpoint.put", "onlineEndpoints/write"),
        ("metrics", "Microsoft.Insights/metrics/read"),
    ],
)
def test_a_missing_permission_is_8_and_moves_nothing(
    azure: OnAzure, operation: str, action: str
) -> None:
    azure.server.fault(operation, "denied")
    result = azure.ann.run("start", "-m", "teal", "--plan", "judged", "--yes")
    assert result.code == 8, result.out + result.err
    assert action in result.err
    assert azure.shares() == [0]


def test_a_secret_that_has_expired_is_8_and_is_not_shown(azure: OnAzure) -> None:
    azure.server.control("settings", secret="another")
    result = azure.ann.run("start", "-m", "teal", "--yes", "--debug")
    assert result.code == 8, result.out + result.err
    assert azure.ann.env["AZURE_CLIENT_SECRET"] not in result.out + result.err
    assert azure.shares() == [0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["throttle", "error", "drop_before", "drop_after", "bad_gateway", "html"]
)
def test_one_fault_at_each_call_changes_nothing_in_the_end(azure: OnAzure, kind: str) -> None:
    azure.serve()
    for operation in ("endpoint.get", "deployment.list", "endpoint.put", "metrics"):
        azure.server.fault(operation, kind, times=1)
        azure.server.fault(operation, kind, skip=1, times=1)
    result = azure.ann.run("start", "-m", "teal", "--stages", "5,100", "--bake", "1s", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.shares() == [0, 5, 100]


def test_a_token_endpoint_that_is_overloaded_is_asked_again(azure: OnAzure) -> None:
    azure.server.fault("token", "unavailable", times=1)
    result = azure.ann.run("start", "-m", "teal", "--percent", "5", "--detach", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.split == {"blue": 95, "teal": 5}


def test_a_raise_while_somebody_changes_the_endpoint_waits(azure: OnAzure) -> None:
    azure.server.fault("endpoint.put", "conflict", times=2)
    result = azure.ann.run("start", "-m", "teal", "--percent", "5", "--detach", "--yes")
    assert result.code == 0, result.out + result.err
    assert azure.shares() == [0, 5]


@pytest.mark.parametrize("state", ["Updating", "Creating"])
def test_a_start_right_after_anothers_change_is_busy(azure: OnAzure, state: str) -> None:
    azure.server.control("state", endpoint="eta", state=state)
    result = azure.ann.run("start", "-m", "teal", "--percent", "5", "--detach", "--yes")
    assert result.code == 7, result.out + result.err
    assert f"a change of endpoint 'eta' is under way ({state})" in result.err
    assert "endpoint.put" not in azure.calls


def test_another_writer_that_raises_is_drift(azure: OnAzure) -> None:
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal 5% confirmed")
    azure.somebody_sets(blue=40, teal=60)
    result = driving.end()
    assert result.code == 14, result.out + result.err
    assert azure.shares() == [0, 5, 60]


def test_another_writer_that_lowers_wins(azure: OnAzure) -> None:
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal 5% confirmed")
    azure.somebody_sets(blue=100)
    result = driving.end()
    assert result.code == 6, result.out + result.err
    assert azure.shares() == [0, 5, 0]


def test_kill_9_and_resume(azure: OnAzure) -> None:
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal 5% confirmed")
    driving.kill()
    assert azure.ann.run("status", "eta", "-o", "json").json["state"] == "running"
    result = azure.ann.run("resume", "--take-over", "-y")
    assert result.code == 0, result.out + result.err
    assert azure.shares() == [0, 5, 50, 100]


def test_kill_9_while_the_candidate_is_brought_in_and_resume(azure: OnAzure) -> None:
    azure.server.control("settings", deployment_seconds=3)
    azure.server.control("asset", kind="models", name="eta", version="3", properties={})
    start = ("start", "-m", "eta:3", "--stages", "5,100", "--bake", "1s", "--yes")
    driving = azure.ann.begin(*start)
    driving.wait_for("deploying")
    driving.kill()
    result = azure.ann.run("resume", "--take-over", "-y")
    assert result.code == 0, result.out + result.err
    assert azure.calls.count("deployment.put") == 1
    assert "blue" not in azure.split


def test_a_token_that_expires_in_the_middle_is_renewed(azure: OnAzure) -> None:
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal 5% confirmed")
    azure.server.control("expire")
    result = driving.end()
    assert result.code == 0, result.out + result.err
    assert azure.shares() == [0, 5, 50, 100]


def test_a_deployments_yaml_may_be_the_word_for_the_candidate(azure: OnAzure) -> None:
    azure.ann.write("name: lime\nendpoint_name: eta\nmodel: azureml:eta:3\n", "lime.yml")

    planned = azure.ann.run("plan", "-m", "./lime.yml")

    assert "blue → eta:3 (to be deployed)" in planned.out, planned.err
    assert "--new-model ./lime.yml" in planned.out


@pytest.mark.slow
@pytest.mark.parametrize("way", [("plan",), ("start", "--yes")], ids=lambda way: str(way[0]))
def test_a_yaml_with_a_path_that_is_not_there_is_refused_before_a_record(
    azure: OnAzure, way: tuple[str, ...]
) -> None:
    model = "{name: eta, version: 3, path: nowhere, type: mlflow_model}"
    azure.ann.write(f"name: lime\nendpoint_name: eta\nmodel: {model}\n", "lime.yml")

    refused = azure.ann.run(*way, "-m", "./lime.yml", "--percent", "5")

    assert refused.code == 2, refused.out + refused.err
    assert "model.path: there is no 'nowhere'" in " ".join(refused.err.split())
    assert len(refused.err.splitlines()) <= 5
    assert "\x1b" not in refused.out + refused.err
    assert azure.ann.run("history", "-o", "json").json["releases"] == []
    assert "endpoint.put" not in azure.calls
