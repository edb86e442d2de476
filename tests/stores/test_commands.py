"""Machines with nothing in common but the place of the records: one sees what another does."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.shell import Desk, desk

from canarycli.testing.stores import Place

pytestmark = pytest.mark.slow

KINDS = ["s3", "gs", "az", "postgresql"]
CONFIG = """\
version: 1
endpoints:
  churn: {{provider: simulator, state: "{state}", plan: quick, settle: 0s}}
plans:
  quick:
    stages: [{{percent: 5, bake: 1m}}]
    checks: [{{metric: errors_5xx, never_above: 2%}}]
"""
START = ("start", "churn", "-m", "v42", "-p", "5", "--detach", "--yes")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def machine(folder: Path, name: str, place: Place, *, in_file: bool = False) -> Desk:
    """A machine with a home of its own, on which canary.yaml stands."""
    home = folder / name
    home.mkdir()
    text = CONFIG.format(state=folder / "simulator.json")
    (home / "canary.yaml").write_text(
        text + (f'state: "{place.location}"\n' if in_file else ""), encoding="utf-8"
    )
    bare = desk(home)
    env = {k: v for k, v in bare.env.items() if k != "CANARY_STATE"}
    said = {} if in_file else {"CANARY_STATE": place.location}
    return Desk(home, {**env, **place.env, **said})


def document(desk: Desk, *args: str) -> dict[str, Any]:
    ran = desk.canary(*args, "-o", "json")
    assert ran.out, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_a_release_of_one_machine_is_ended_from_another(tmp_path: Path, place: Place) -> None:
    ann = machine(tmp_path, "ann", place)
    bob = machine(tmp_path, "bob", place, in_file=True)
    started = ann.canary(*START)
    assert started.code == 0, started.err

    seen = document(bob, "status", "churn")
    busy = bob.canary(*START)
    back = bob.canary("rollback", "churn", "--yes", "--reason", "bob says no")
    over = document(ann, "history")

    assert (seen["candidate"]["share"], busy.code, back.code) == (5, 7, 0), back.err
    assert "warning" not in back.err
    (row,) = over["releases"]
    assert (row["release"], row["outcome"]) == (seen["release"], "stopped")
    assert "bob says no" in json.dumps(over)
    assert not (bob.home / ".local/state/canary/canary.db").exists()


def test_a_place_is_tried_out_and_nothing_stays_behind(tmp_path: Path, place: Place) -> None:
    ann = machine(tmp_path, "ann", place)

    first, again = document(ann, "state", "check"), document(ann, "state", "check")

    assert (first["problems"], first["not_tried"]) == (0, 0)
    assert first == again
    assert ann.canary("history").out == "no release is known here\n"


def test_records_move_from_a_folder_and_on(tmp_path: Path, place: Place) -> None:
    ann = machine(tmp_path, "ann", place)
    here = {"CANARY_STATE": str(tmp_path / "here")}
    assert ann.canary(*START, **here).code == 0
    assert ann.canary("rollback", "churn", "--yes", **here).code == 0
    assert ann.canary(*START, **here).code == 0
    before = json.loads(ann.canary("history", "-o", "json", **here).out)["releases"]

    moved = document(ann, "state", "move", here["CANARY_STATE"], place.location)
    again = document(ann, "state", "move", here["CANARY_STATE"], place.location)

    after = document(ann, "history")["releases"]
    assert [row["release"] for row in after] == [row["release"] for row in before]
    assert (len(moved["releases"]), again["releases"]) == (2, [])
    report = ann.canary("report", before[1]["release"], "--format", "json")
    assert "rollback_started" in report.out
    assert ann.canary("rollback", "churn", "--yes").code == 0


def test_what_is_not_reached_says_how_to_try_it_out(tmp_path: Path, kind: str) -> None:
    where = {
        "s3": "s3://records/x",
        "gs": "gs://records/x",
        "az": "az://records/x",
        "postgresql": "postgresql://canary@127.0.0.1:1/none",
    }[kind]
    away = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "AWS_REGION": "us-east-1",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
        "AZURE_STORAGE_ACCOUNT_NAME": "devstoreaccount1",
        "AZURE_STORAGE_ACCOUNT_KEY": "eA==",
        "AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:1/devstoreaccount1",
    }
    nobody = machine(tmp_path, "nobody", Place(lambda: pytest.fail("never"), where, away))

    ran = nobody.canary("history")
    back = nobody.canary("rollback", "-e", "churn", "--yes")
    tried = nobody.canary("state", "check")

    assert tried.code == 1
    assert "not tried" in tried.out
    assert (ran.code, f"canary state check {kind}://" in ran.err) == (1, True), ran.err
    assert (back.code, "going by the endpoint alone" in back.err) == (0, True), back.err
