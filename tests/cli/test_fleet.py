"""One model over many endpoints by the installed command: waves, a budget, one word for all."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary, simulated
from cli.test_screen import on_terminal, plain

pytestmark = pytest.mark.slow

PLAN = """\
  calm:
    read_every: 5s
    stages: [{percent: 25, bake: 10s}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 2%, min_requests: 50}]
    fails_after: 2
  slow:
    stages: [{percent: 5, bake: 20h}, {percent: 100}]
    checks: []
"""
FLEET = """\
fleet: fraud
model: v42
plan: calm
waves:
  - {name: canaries, endpoints: [eu]}
  - {name: rest, endpoints: [us, bad]}
  - {name: last, endpoints: [asia]}
"""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """Four endpoints, on one of which the candidate fails, and records that machines share."""
    canary = simulated(tmp_path, PLAN, settle="0s", speed="60x")
    text = (canary.folder / "canary.yaml").read_text()
    entry = text.partition("  demo:\n")[2].partition("plans:")[0]
    entries = "".join(
        f"  {name}:\n{entry}" + ("    scenario: failing\n" if name == "bad" else "")
        for name in ("eu", "us", "bad", "asia")
    )
    plans = text.partition("plans:")[2]
    canary.write(f"version: 1\nendpoints:\n{entries}plans:{plans}")
    canary.write(FLEET, "fleet.yaml")
    canary.env["CANARY_STATE"] = str(tmp_path / "shared")
    return canary


def elsewhere(canary: Canary, name: str) -> Canary:
    other = canary.elsewhere(name)
    for file in ("canary.yaml", "fleet.yaml"):
        other.write((canary.folder / file).read_text(), file)
    return other


def states(document: dict[str, Any]) -> dict[str, str]:
    return {
        seat["endpoint"]: seat["state"] for wave in document["waves"] for seat in wave["endpoints"]
    }


def test_a_failure_more_than_allowed_stops_the_waves_to_come(canary: Canary) -> None:
    ran = canary.run("fleet", "start", "fleet.yaml", "--yes", "-o", "json")

    assert ran.code == 3, ran.out + ran.err
    assert states(ran.json) == {
        "eu": "promoted",
        "us": "promoted",
        "bad": "rolled_back",
        "asia": "waiting",
    }
    assert (ran.json["state"], ran.json["failures"]) == ("stopped", 1)


def test_in_a_larger_fleet_exactly_the_bad_go_back_and_the_budget_stops_the_rest(
    canary: Canary,
) -> None:
    text = (canary.folder / "canary.yaml").read_text()
    entry = text.partition("  eu:\n")[2].partition("  us:\n")[0]
    bad = {"n1", "n4", "n6"}
    names = [f"n{number}" for number in range(12)]
    entries = "".join(
        f"  {name}:\n{entry}" + ("    scenario: failing\n" if name in bad else "") for name in names
    )
    canary.write(f"version: 1\nendpoints:\n{entries}plans:{text.partition('plans:')[2]}")
    waves = "".join(f"  - endpoints: [{', '.join(names[n : n + 4])}]\n" for n in (0, 4, 8))
    canary.write(f"fleet: large\nmodel: v42\nplan: calm\nstop_after: 2\nwaves:\n{waves}", "l.yaml")

    ran = canary.run("fleet", "start", "l.yaml", "--yes", "-o", "json")

    found = states(ran.json)
    assert ran.code == 3, ran.out + ran.err
    assert {name for name, state in found.items() if state == "rolled_back"} == bad
    assert [found[name] for name in names[8:]] == ["waiting"] * 4
    assert {found[name] for name in names[:8]} - {"rolled_back"} == {"promoted"}
    assert (ran.json["state"], ran.json["failures"]) == ("stopped", 3)


def test_one_that_was_killed_goes_on_from_another_machine(canary: Canary) -> None:
    canary.write(FLEET.replace("us, bad", "us"), "fleet.yaml")
    running = canary.begin("fleet", "start", "fleet.yaml", "--yes", "-o", "ndjson")
    running.wait_for('"type": "ended"')
    running.kill()

    ran = elsewhere(canary, "bob").run("fleet", "start", "fleet.yaml", "--yes", "-o", "json")

    assert ran.code == 0, ran.out + ran.err
    assert set(states(ran.json).values()) == {"promoted"}
    assert len(canary.run("history", "-o", "json").json["releases"]) == 3


def test_one_that_was_begun_and_left_is_seen_through_by_whoever_drives_all(canary: Canary) -> None:
    canary.write(FLEET.replace("us, bad", "us"), "fleet.yaml")
    begun = canary.run("fleet", "start", "fleet.yaml", "--yes", "--detach", "-o", "json")
    assert (begun.code, set(states(begun.json).values())) == (0, {"waiting"}), begun.err

    driving = elsewhere(canary, "pod").begin("drive", "--all", "-o", "ndjson")
    for _ in ("eu", "us", "asia"):
        driving.wait_for('"type": "ended"')
    driving.send(signal.SIGTERM)

    assert driving.end().code == 143
    assert {row["outcome"] for row in canary.run("history", "-o", "json").json["releases"]} == {
        "promoted"
    }


def test_on_a_terminal_it_is_a_table_that_goes_on_and_stays_behind(canary: Canary) -> None:
    words = ("fleet", "start", "fleet.yaml", "--yes")
    terminal = on_terminal(canary, 120, 40, *words)

    terminal.wait_for("fraud running: 0 of 4 promoted, 1 under way")
    terminal.wait_for("fraud running: 1 of 4 promoted, 2 under way")

    assert terminal.end() == 3
    behind = plain(terminal.text)[-2000:]
    assert "fraud stopped: 2 of 4 promoted, 0 under way, 1 failed (0 may)" in behind
    assert re.search(r"\bbad\b.*\brolled back\b", behind)
    assert re.search(r"\basia\b.*\bwaiting\b", behind)


def test_one_word_holds_all_and_one_takes_all_back(canary: Canary) -> None:
    canary.write(
        FLEET.replace("calm", "slow").replace("[eu]", "[eu, us]").replace("us, bad", "bad"),
        "fleet.yaml",
    )
    running = canary.begin("fleet", "start", "fleet.yaml", "--yes", "-o", "ndjson")
    running.wait_for("confirmed")
    running.wait_for("confirmed")
    bob = elsewhere(canary, "bob")

    paused = bob.run("fleet", "pause", "--for", "20h", "--reason", "lunch", "-o", "json")
    running.kill()
    back = bob.run("fleet", "rollback", "--yes", "-o", "json")
    seen = canary.run("fleet", "status", "fraud", "-o", "json").json

    assert (paused.code, back.code) == (0, 0), paused.err + back.err
    assert [s for s in states(paused.json).values() if s != "waiting"] == ["paused", "paused"]
    assert (seen["state"], seen["over"]) == ("rolling_back", True)
    assert sorted(states(seen).values()) == ["stopped", "stopped", "waiting", "waiting"]
    assert [said["by"] for said in seen["journal"]] == ["ann", "bob", "bob"]
    traffic = [canary.run("status", "-e", e, "-o", "json").json["traffic"] for e in ("eu", "us")]
    assert [found["v41"] for found in traffic] == [100, 100]


def test_what_was_promoted_goes_back_too(canary: Canary) -> None:
    canary.write(FLEET.partition("  - {name: rest")[0], "fleet.yaml")
    assert canary.run("fleet", "start", "fleet.yaml", "--yes").code == 0

    back = canary.run("fleet", "rollback", "fraud", "--yes")

    assert back.code == 0, back.err
    assert canary.run("status", "-e", "eu", "-o", "json").json["traffic"]["v41"] == 100


def test_every_mistake_of_a_file_is_told_with_its_place(canary: Canary) -> None:
    canary.write(
        "fleet: x\nwaves:\n  - endpoints: [eu, uss, eu]\n  - {endpoints: []}\nstop: 1\n", "bad.yaml"
    )

    ran = canary.run("fleet", "start", "bad.yaml")

    assert ran.code == 2
    for said in (
        "bad.yaml:3:21: canary.yaml has no endpoint 'uss', did you mean us?",
        "eu is in a wave already",
        "nothing says which model eu gets",
        "stop",
    ):
        assert said in ran.err, ran.err


def test_a_fleet_under_way_is_not_replaced_by_another_of_its_name(canary: Canary) -> None:
    canary.write(FLEET.replace("calm", "slow"), "fleet.yaml")
    assert canary.run("fleet", "start", "fleet.yaml", "--yes", "--timeout", "0s").code == 12
    canary.write(FLEET.replace("v42", "v43"), "fleet.yaml")

    ran = canary.run("fleet", "start", "fleet.yaml", "--yes")

    assert (ran.code, "is under way with other endpoints or models" in ran.err) == (2, True)
    assert canary.run("fleet", "status", "nobody").code == 9
