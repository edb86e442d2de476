"""`canary rollback` on a Vertex AI server: from anywhere, with little, in few calls."""

from pathlib import Path

import pytest
from cli.on_vertex import FLAGS, OnVertex

HELD = ("start", "-m", "22", "--percent", "5", "--detach", "--yes")
GCLOUD = (
    "gcloud ai endpoints update 1000 --region=europe-west4 --project=acme-ml "
    "--traffic-split=11=100,22=0"
)


def test_rollback_from_a_machine_that_never_saw_the_release(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    phone = vertex.ann.elsewhere("phone")
    vertex.server.calls.clear()
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert "11 100%" in result.out
    assert vertex.calls == ["token", "getEndpoint", "updateEndpoint", "getEndpoint"]
    assert vertex.split == {"11": 100}
    status = phone.run("status", *FLAGS, "-o", "json").json
    assert status["traffic"] == {"11": 100, "22": 0}


def test_a_rollback_that_does_not_wait_takes_one_token_one_look_and_one_write(
    vertex: OnVertex,
) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.server.calls.clear()
    result = vertex.ann.elsewhere("phone").run("rollback", *FLAGS, "-y", "--no-wait")
    assert result.code == 0, result.out + result.err
    assert vertex.calls == ["token", "getEndpoint", "updateEndpoint"]
    assert vertex.split == {"11": 100}


def test_rollback_of_a_known_release_takes_no_more(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.server.calls.clear()
    assert vertex.ann.run("rollback", "-y").code == 0
    assert vertex.calls == ["token", "getEndpoint", "updateEndpoint", "getEndpoint"]
    history = vertex.ann.run("history", "-o", "json").json["releases"]
    assert [row["outcome"] for row in history] == ["stopped"]


def test_rollback_by_display_name_costs_two_calls_more(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.server.calls.clear()
    by_name = [word.replace("1000", "churn") for word in FLAGS]
    result = vertex.ann.elsewhere("phone").run("rollback", *by_name, "-y")
    assert result.code == 0, result.out + result.err
    found = ["getEndpoint", "listEndpoints", "getEndpoint"]  # it might have been an id
    assert vertex.calls[:5] == ["token", *found, "updateEndpoint"]
    assert vertex.split == {"11": 100}


def test_rollback_without_notes_goes_to_the_model_with_most_traffic(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=80, _22=20)
    result = vertex.ann.elsewhere("phone").run("rollback", *FLAGS)
    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 100}


def test_rollback_by_notes_goes_home_even_from_a_small_share(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.somebody_sets(_11=10, _22=90)
    assert vertex.ann.elsewhere("phone").run("rollback", *FLAGS).code == 0
    assert vertex.split == {"11": 100}


def test_rollback_wins_over_whoever_drives(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    assert vertex.ann.elsewhere("phone").run("rollback", *FLAGS, "-y").code == 0
    assert driving.end().code == 6
    assert vertex.split == {"11": 100}


def test_a_release_of_another_machine_is_known_by_the_endpoints_labels(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    bob = vertex.ann.elsewhere("bob")
    second = bob.run("start", *FLAGS, "-m", "22", "--percent", "10", "--yes")
    assert second.code == 7, second.out + second.err
    assert vertex.raised() == [5]
    assert bob.run("rollback", *FLAGS).code == 0
    assert bob.run("start", *FLAGS, "-m", "22", "-p", "10", "--yes", "--detach").code == 0


def test_print_command_runs_nothing(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.server.calls.clear()
    result = vertex.ann.run("rollback", "--print-command")
    assert result.out == f"{GCLOUD}\n"
    assert vertex.calls == []


def test_a_denied_rollback_prints_the_plain_command(vertex: OnVertex) -> None:
    assert vertex.ann.run(*HELD).code == 0
    vertex.deny("aiplatform.endpoints.update")
    result = vertex.ann.run("rollback", "-y")
    assert result.code == 8, result.out + result.err
    assert GCLOUD in result.err
    assert "aiplatform.endpoints.update" in result.err


def test_a_rollback_without_credentials_prints_the_plain_command(
    vertex: OnVertex, tmp_path: Path
) -> None:
    phone = vertex.ann.elsewhere("phone", GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "none"))
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 8, result.out + result.err
    assert "gcloud ai endpoints update 1000 --region=europe-west4" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["throttle", "drop_after", "html"])
def test_one_fault_at_each_call_does_not_stop_a_rollback(vertex: OnVertex, kind: str) -> None:
    assert vertex.ann.run(*HELD).code == 0
    for call in ("token", "getEndpoint", "updateEndpoint"):
        vertex.fault(call, kind)
    result = vertex.ann.elsewhere("phone").run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 100}
