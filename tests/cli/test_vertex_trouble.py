"""The installed command on a Vertex AI server where things go wrong, or others write too."""

import json
from pathlib import Path

import pytest
from cli.on_vertex import FLAGS, OnVertex
from servers.vertex.identity import Identity

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("start", "-m", "33"), 9, "33"),
        (("start", "-m", "11"), 2, "baseline"),
        (("start", "-m", "models/500"), 2, "use the version's own name"),
        (("start", "-m", "models/500@9"), 9, "models/500@9"),
        (("start", "-m", "22", "--percent", "60"), 2, "--yes"),
        (("start", *FLAGS[:-1], "2000", "-m", "22", "--percent", "5"), 9, "2000"),
        (("start", *FLAGS[:-1], "chrun", "-m", "22", "--percent", "5"), 9, "chrun"),
        (("start", "-m", "22", "--region", "europe west4"), 2, "europe-west4"),
        (("rollback", "--to", "99", "-y"), 9, "99"),
        (("status", "r-zzzz"), 9, "r-zzzz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input_names_the_place_and_moves_nothing(
    vertex: OnVertex, args: tuple[str, ...], code: int, word: str
) -> None:
    result = vertex.ann.run(*args)
    assert result.code == code, result.out + result.err
    assert word in result.err
    assert "hint:" in result.err
    assert vertex.raised() == []
    assert "deployModel" not in vertex.calls


def test_an_endpoint_is_known_by_the_clouds_own_id_too(vertex: OnVertex) -> None:
    assert vertex.ann.run("status", "1000", "-o", "json").json["traffic"] == {"11": 100, "22": 0}
    assert vertex.ann.run("start", "-e", "1000", "-m", "22", "--detach").code == 0
    assert vertex.split == {"11": 95, "22": 5}


@pytest.mark.parametrize("command", ["start", "plan"])
def test_a_model_that_is_not_there_leaves_nothing_behind(vertex: OnVertex, command: str) -> None:
    result = vertex.ann.run(command, "-m", "500@9")
    assert (result.code, "500@9" in result.err) == (9, True), result.out + result.err
    assert vertex.ann.run("history", "-o", "json").json["releases"] == []


@pytest.mark.parametrize(
    "permission",
    ["aiplatform.endpoints.get", "aiplatform.endpoints.update", "monitoring.timeSeries.list"],
)
def test_a_missing_permission_is_8_and_moves_nothing(vertex: OnVertex, permission: str) -> None:
    vertex.deny(permission)
    result = vertex.ann.run("start", "-m", "22")
    assert result.code == 8, result.out + result.err
    assert permission in result.err
    assert vertex.split == {"11": 100}


def test_a_key_of_another_project_is_8_and_is_not_shown(vertex: OnVertex) -> None:
    key = Identity("acme-ml").new_key(vertex.server.url)
    Path(vertex.ann.env["GOOGLE_APPLICATION_CREDENTIALS"]).write_text(json.dumps(key))
    result = vertex.ann.run("start", "-m", "22", "--debug")
    assert result.code == 8, result.out + result.err
    assert "are the key and this machine's clock right?" in result.err
    assert key["private_key"].splitlines()[1] not in result.out + result.err
    assert vertex.raised() == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["throttle", "error500", "drop_before", "drop_after", "html"])
def test_one_fault_at_each_call_changes_nothing_in_the_end(vertex: OnVertex, kind: str) -> None:
    vertex.fault("token", kind)
    for call in ("getEndpoint", "updateEndpoint", "timeSeries"):
        vertex.fault(call, kind)
        vertex.fault(call, kind, skip=1)
    result = vertex.ann.run("start", "-m", "22", "--stages", "5,100", "--bake", "1s")
    assert result.code == 0, result.out + result.err
    assert sorted(set(vertex.raised())) == [5, 100]
    assert vertex.raised() == sorted(vertex.raised())
    assert vertex.split == {"22": 100}


@pytest.mark.parametrize("status", ["ABORTED", "FAILED_PRECONDITION"])
def test_a_stale_etag_is_looked_at_again(vertex: OnVertex, status: str) -> None:
    vertex.server.control("POST", "settings", stale_status=status)
    renamed = {"endpoint": "1000", "displayName": "churn-2"}
    vertex.fault("updateEndpoint", "write", write=renamed)
    result = vertex.ann.run("start", "-m", "22", "--percent", "5", "--detach")
    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 95, "22": 5}


def test_another_writer_that_raises_is_drift(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    vertex.somebody_sets(_11=40, _22=60)
    result = driving.end()
    assert result.code == 14, result.out + result.err
    assert vertex.split == {"11": 40, "22": 60}
    assert vertex.raised() == [5]


def test_another_writer_that_lowers_wins(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    vertex.somebody_sets(_11=100)
    result = driving.end()
    assert result.code == 6, result.out + result.err
    assert vertex.split == {"11": 100}
    assert vertex.raised() == [5, 0]


def test_kill_9_and_resume(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    driving.kill()
    assert vertex.ann.run("status", "churn", "-o", "json").json["state"] == "running"
    result = vertex.ann.run("resume", "--take-over", "-y")
    assert result.code == 0, result.out + result.err
    assert vertex.raised() == [5, 50, 100]


def test_kill_9_while_the_candidate_is_brought_in_and_resume(vertex: OnVertex) -> None:
    vertex.server.control("POST", "settings", deploy={"seconds": 2})
    driving = vertex.ann.begin("start", "-m", "500@3", "--stages", "5,100", "--bake", "1s")
    driving.wait_for("deploying")
    driving.kill()
    result = vertex.ann.run("resume", "--take-over", "-y")
    assert result.code == 0, result.out + result.err
    assert vertex.calls.count("deployModel") == 1
    assert set(vertex.split.values()) == {100}
    assert "11" not in vertex.split


def test_a_token_that_is_revoked_in_the_middle_is_renewed(vertex: OnVertex) -> None:
    driving = vertex.ann.begin("start", "-m", "22")
    driving.wait_for("22 5% confirmed")
    vertex.server.control("POST", "revoke")
    result = driving.end()
    assert result.code == 0, result.out + result.err
    assert vertex.raised() == [5, 50, 100]
