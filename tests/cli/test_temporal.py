"""Releases that are left to Temporal, by the installed command and a server on loopback."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import PATIENCE, Canary, Running, simulated
from servers.temporal import WHERE, Server, program

import canarycli as api
from canarycli.store.opening import open_at

pytest.importorskip("temporalio", reason="pip install 'canarycli[temporal]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("temporal"),
    pytest.mark.skipif(not program(), reason=WHERE),
]

PLAN = """\
  calm:
    read_every: 5s
    stages: [{percent: 5, bake: 60s}, {percent: 25, bake: 60s}, {percent: 100}]
    checks: []
  held:
    stages: [{percent: 5, bake: 5s, then: hold}, {percent: 100}]
    checks: []
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that asks for a new history after few events."""
    server = Server(tmp_path_factory.mktemp("temporal"), suggest_after=30)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def canary(tmp_path: Path, server: Server) -> Canary:
    canary = simulated(tmp_path, PLAN, settle="0s")
    canary.env |= {
        "CANARY_STATE": str(tmp_path / "shared"),
        "TEMPORAL_ADDRESS": server.address,
    }
    text = (canary.folder / "canary.yaml").read_text()
    canary.write(
        f"{text}state: {{engine: temporal, queue: {tmp_path.parent.name}-{tmp_path.name}}}\n"
    )
    return canary


def work(canary: Canary, name: str = "pod") -> Running:
    """A worker on another machine."""
    other = canary.elsewhere(name, TEMPORAL_ADDRESS=canary.env["TEMPORAL_ADDRESS"])
    other.write((canary.folder / "canary.yaml").read_text())
    return other.begin("worker", "-o", "ndjson")


def started(canary: Canary, plan: str, *more: str) -> str:
    """The id of a release that was started, and left before its first stage was set."""
    begun = canary.begin("start", "-m", "v42", "--plan", plan, "--yes", "-o", "ndjson", *more)
    line = begun.wait_for("left to Temporal")
    begun.kill()
    return str(json.loads(line)["release"])


def status(canary: Canary) -> dict[str, object]:
    return canary.run("status", "demo", "-o", "json").json


def until(true: Callable[[], bool]) -> bool:
    """Whether it becomes true; each look is a call of a program."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return True
    return False


def is_completed(server: Server, release: str) -> bool:
    """Whether the release's workflow comes to its end."""

    def completed() -> bool:
        asked = server.ask("workflow", "describe", "-w", f"canary/{release}", "-o", "json")
        info = json.loads(asked.stdout)["workflowExecutionInfo"]
        return bool(info["status"] == "WORKFLOW_EXECUTION_STATUS_COMPLETED")

    return until(completed)


def listed(server: Server, query: str) -> list[Any]:
    said = server.ask("workflow", "list", "-q", query, "-o", "json").stdout
    found: list[Any] = json.loads(said)
    return found


def shares(canary: Canary, release: str) -> list[float]:
    """The candidate's shares that were asked for, in order, each once."""
    store = open_at(canary.env["CANARY_STATE"])
    asked = [e.fields["to"] for e in store.events(release) if e.type == "shift_requested"]
    store.close()
    return list(dict.fromkeys(asked))


def test_python_leaves_a_release_to_it_and_is_told_what_becomes_of_it(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = work(canary)
    monkeypatch.chdir(canary.folder)
    for name in ("HOME", "CANARY_STATE", "TEMPORAL_ADDRESS"):
        monkeypatch.setenv(name, canary.env[name])

    release = api.start("demo", new_model="v42", plan="held", accept_risks=True).wait()

    assert release.state == "held"
    assert "held" in {event.type for event in release.events()}
    worker.kill()


def test_it_goes_on_though_worker_and_server_are_killed(canary: Canary, server: Server) -> None:
    release = started(canary, "calm")
    first = work(canary)
    first.wait_for("asking for v42 5%")
    first.kill()
    second = work(canary, "second")
    second.wait_for("asking for v42 25%")
    server.kill()
    server.start()
    second.wait_for('"type": "ended"')

    assert is_completed(server, release)
    second.send(signal.SIGTERM)
    assert second.end().code == 143
    seen = status(canary)
    assert (seen["outcome"], seen["traffic"]) == ("promoted", {"v41": 0, "v42": 100})
    query = f'CanaryState = "promoted" AND WorkflowId = "canary/{release}"'
    assert listed(server, query), "what it came to can be searched for"
    assert shares(canary, release) == [5, 25, 100]


def test_a_rollback_needs_neither_worker_nor_server(canary: Canary, server: Server) -> None:
    release = started(canary, "calm")
    working = work(canary)
    working.wait_for("confirmed")
    working.kill()
    server.kill()

    back = canary.run("rollback", "demo", "--reason", "all is down", "--yes", "-o", "json")

    assert (back.code, status(canary)["traffic"]) == (0, {"v41": 100, "v42": 0}), back.err
    server.start()
    again = work(canary)
    assert is_completed(server, release)
    again.send(signal.SIGTERM)
    again.end()
    assert (status(canary)["outcome"], status(canary)["traffic"]) == (
        "stopped",
        {"v41": 100, "v42": 0},
    )


def test_a_request_of_another_machine_reaches_the_worker_and_histories_stay_short(
    canary: Canary, server: Server
) -> None:
    release = started(canary, "held")
    working = work(canary)
    working.wait_for("held")
    runs = f'WorkflowId = "canary/{release}"'

    def begun_anew() -> bool:  # each look is a few events, and the server suggests it at 30
        server.ask("workflow", "signal", "-w", f"canary/{release}", "--name", "poke")
        return len(listed(server, runs)) > 1

    assert until(begun_anew)

    bob = canary.elsewhere("bob")
    promoted = bob.run("promote", release, "--reason", "looks good", "-o", "json")

    assert promoted.code == 0, promoted.err
    assert is_completed(server, release)
    working.send(signal.SIGTERM)
    working.end()


def test_what_nobody_told_temporal_of_is_found_by_a_worker(canary: Canary) -> None:
    here = canary.run(
        "start", "-m", "v42", "--plan", "calm", "--yes", "--engine", "embedded", "--detach"
    )
    assert here.code == 0, here.err
    working = work(canary)
    working.wait_for('"type": "ended"')
    working.send(signal.SIGTERM)

    assert working.end().code == 143
    assert status(canary)["outcome"] == "promoted"


def test_where_temporal_does_not_answer_nothing_is_recorded(canary: Canary) -> None:
    canary.env["TEMPORAL_ADDRESS"] = "127.0.0.1:1"

    refused = canary.run("start", "-m", "v42", "--plan", "calm", "--yes")

    assert (refused.code, "Temporal does not answer at 127.0.0.1:1" in refused.err) == (1, True)
    assert canary.run("history", "-o", "json").json["releases"] == []
