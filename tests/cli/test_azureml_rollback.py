"""`canary rollback` on an Azure ML server: from anywhere, with little, in few calls."""

import pytest
from cli.on_azureml import FLAGS, OnAzure

pytestmark = pytest.mark.slow

HELD = ("start", "-m", "teal", "--percent", "5", "--detach", "--yes")
THE_LOOK = ["endpoint.get", "deployment.list"]
AZ = 'az ml online-endpoint update --name eta --traffic "blue=100 teal=0" -g ml-prod -w eta-ws'


def test_rollback_from_a_machine_that_never_saw_the_release(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    phone = azure.ann.elsewhere("phone")
    azure.forget()
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert "blue 100%" in result.out
    assert azure.calls[:5] == [*THE_LOOK, "endpoint.put", *THE_LOOK]
    assert azure.split == {"blue": 100}
    status = phone.run("status", *FLAGS, "-o", "json").json
    assert status["traffic"] == {"blue": 100, "teal": 0}


def test_a_rollback_that_does_not_wait_takes_three_calls_and_one_token(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.forget()
    result = azure.ann.elsewhere("phone").run("rollback", *FLAGS, "-y", "--no-wait")
    assert result.code == 0, result.out + result.err
    assert azure.calls == [*THE_LOOK, "endpoint.put"]
    tokens = [call for call in azure.server.calls("token") if call["method"] == "POST"]
    assert len(tokens) == 1


def test_rollback_of_a_known_release_takes_no_more(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.forget()
    back = azure.ann.run("rollback", "-y", "-o", "json")
    assert (back.code, back.json["waited_for"]) == (0, "rolled_back"), back.err
    assert azure.calls[:5] == [*THE_LOOK, "endpoint.put", *THE_LOOK]
    assert azure.split == {"blue": 100}


def test_rollback_without_notes_goes_to_the_version_with_most_traffic(azure: OnAzure) -> None:
    azure.somebody_sets(blue=80, teal=20)
    result = azure.ann.elsewhere("phone").run("rollback", *FLAGS)
    assert result.code == 0, result.out + result.err
    assert azure.split == {"blue": 100}


def test_rollback_by_tags_goes_home_even_from_a_small_share(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.somebody_sets(blue=10, teal=90)
    assert azure.ann.elsewhere("phone").run("rollback", *FLAGS).code == 0
    assert azure.split == {"blue": 100}


def test_rollback_waits_for_the_change_under_way(azure: OnAzure) -> None:
    azure.server.control("settings", endpoint_seconds=3)
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("accepted")
    result = azure.ann.elsewhere("phone").run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert driving.end().code == 6
    assert azure.split == {"blue": 100}
    assert azure.shares() == [0, 5, 0]


@pytest.mark.slow
def test_a_release_of_another_machine_is_known_by_the_endpoints_tags(azure: OnAzure) -> None:
    azure.serve()
    assert azure.ann.run(*HELD).code == 0
    bob = azure.ann.elsewhere("bob")
    second = bob.run("start", *FLAGS, "-m", "teal", "--percent", "10", "--yes")
    assert second.code == 7, second.out + second.err
    assert bob.run("rollback", *FLAGS).code == 0
    assert bob.run("start", *FLAGS, "-m", "teal", "-p", "10", "--yes", "--detach").code == 0
    assert azure.shares() == [0, 5, 0, 10]


def test_print_command_runs_nothing(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.forget()
    result = azure.ann.run("rollback", "--print-command")
    assert result.out.startswith(AZ)
    assert azure.server.calls() == []


def test_a_denied_rollback_prints_the_plain_command_and_the_action(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.server.fault("endpoint.put", "denied")
    result = azure.ann.run("rollback", "-y")
    assert result.code == 8, result.out + result.err
    assert AZ in result.err
    assert "onlineEndpoints/write" in result.err


def test_a_rollback_without_credentials_prints_the_plain_command(azure: OnAzure) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.server.control("settings", secret="another")
    result = azure.ann.run("rollback", "-y")
    assert result.code == 8, result.out + result.err
    assert AZ in result.err
    assert azure.ann.env["AZURE_CLIENT_SECRET"] not in result.err


@pytest.mark.parametrize("kind", ["unavailable", "denied"])
@pytest.mark.parametrize("known", [True, False], ids=["with its record", "bare"])
def test_a_rollback_needs_no_deployments(azure: OnAzure, kind: str, *, known: bool) -> None:
    assert azure.ann.run(*HELD).code == 0
    azure.server.control("settings", endpoint_seconds=0)
    azure.server.fault("deployment.list", kind)
    who = azure.ann if known else azure.ann.elsewhere("phone")

    result = who.run("rollback", *FLAGS, "-y", "--no-wait")

    assert (result.code, azure.split) == (0, {"blue": 100}), result.out + result.err
    assert "reading the deployments of endpoint 'eta'" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["throttle", "drop_after", "bad_gateway"])
def test_one_fault_at_each_call_does_not_stop_a_rollback(azure: OnAzure, kind: str) -> None:
    assert azure.ann.run(*HELD).code == 0
    for operation in ("endpoint.get", "deployment.list", "endpoint.put"):
        azure.server.fault(operation, kind, times=1)
    result = azure.ann.elsewhere("phone").run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert azure.split == {"blue": 100}


def test_a_rollback_in_place_is_one_though_nobody_may_look_on(azure: OnAzure) -> None:
    begun = azure.ann.run("start", *FLAGS, "-m", "teal", "-p", "5", "-y", "--detach")
    assert begun.code == 0, begun.err
    azure.server.control("settings", endpoint_seconds=0)
    azure.server.fault("endpoint.get", "denied", skip=3)  # the looks before it is in place

    back = azure.ann.run("rollback", "-y", "-o", "json")

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err
    assert back.json["waited_for"] == "rolled_back"
    assert "nobody looks whether it stays" in back.err
