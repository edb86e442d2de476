"""The records on this machine, as people meet them: locked, damaged, homeless, many."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli.shell import Desk

CONFIG = """\
version: 1
endpoints:
  churn: {provider: simulator, state: sim.json, plan: quick, settle: 0s}
  other: {provider: simulator, state: other.json, plan: quick, settle: 0s}
plans:
  quick:
    stages: [{percent: 5, bake: 1m}]
    checks: [{metric: errors_5xx, never_above: 2%}]
"""
START = ("-m", "v42", "-p", "5", "--detach", "--yes")
BACK = ("rollback", "-e", "churn", "--yes")


@pytest.fixture
def released(here: Desk) -> Desk:
    """A desk with a release at 5 % that nobody drives."""
    (here.home / "canary.yaml").write_text(CONFIG, encoding="utf-8")
    assert here.canary("start", "churn", *START).code == 0
    assert traffic(here) == {"v41": 95, "v42": 5}
    return here


def traffic(desk: Desk) -> dict[str, float]:
    shown = desk.canary("status", "churn", "-o", "json", CANARY_STATE=str(desk.home / "none"))
    found: dict[str, float] = json.loads(shown.out)["traffic"]
    return found


def database(desk: Desk) -> Path:
    return Path(desk.env["CANARY_STATE"]) / "canary.db"


def rewrite(desk: Desk, **changes: Any) -> None:
    """Change the release in the record behind canary's back."""
    with closing(sqlite3.connect(database(desk))) as db, db:
        ((body,),) = db.execute("SELECT body FROM releases").fetchall()
        document = json.loads(body)
        document["release"] |= changes
        db.execute("UPDATE releases SET body = ?", (json.dumps(document),))


NONSENSE: dict[str, dict[str, Any]] = {
    "a newer word": {"state": "a_newer_word"},
    "no plan": {"plan": None},
    "a bad date": {"started_at": "yesterday"},
    "no stages": {"plan": {"stages": []}},
    "no baseline": {"baseline": None},
}


@pytest.mark.slow
@pytest.mark.parametrize("changes", NONSENSE.values(), ids=NONSENSE.keys())
def test_a_rollback_needs_no_record_that_makes_sense(
    released: Desk, changes: dict[str, Any]
) -> None:
    rewrite(released, **changes)

    ran = released.canary(*BACK)

    assert (ran.code, traffic(released)) == (0, {"v41": 100, "v42": 0}), ran.err
    assert "makes no sense" in ran.err
    assert "going by the endpoint alone" in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("body", ["[1]", '{"schema": "2"}', "{half", ""])
def test_a_rollback_needs_no_record_that_is_one(released: Desk, body: str) -> None:
    with closing(sqlite3.connect(database(released))) as db, db:
        db.execute("UPDATE releases SET body = ?", (body,))

    ran = released.canary(*BACK)

    assert (ran.code, traffic(released)) == (0, {"v41": 100, "v42": 0}), ran.err


def test_a_rollback_needs_no_record_that_it_may_write(released: Desk) -> None:
    with closing(sqlite3.connect(database(released))) as db, db:
        ((release,),) = db.execute("SELECT id FROM releases").fetchall()
        db.execute("UPDATE releases SET body = json_set(body, '$.schema', 99)")
        before = db.execute("SELECT version, body FROM releases").fetchall()

    ran = released.canary("rollback", release, "--yes")

    assert (ran.code, traffic(released)) == (0, {"v41": 100, "v42": 0}), ran.err
    assert "a newer canary wrote the record" in ran.err
    with closing(sqlite3.connect(database(released))) as db:
        assert db.execute("SELECT version, body FROM releases").fetchall() == before


def test_where_a_record_makes_no_sense_the_endpoint_is_shown(released: Desk) -> None:
    rewrite(released, state="a_newer_word")

    shown = released.canary("status", "churn", "-o", "json")
    code = released.canary("status", "churn", "--exit-status").code

    assert shown.code == 0, shown.err
    assert json.loads(shown.out)["traffic"] == {"v41": 95, "v42": 5}
    assert "makes no sense" in shown.err
    assert "going by the endpoint alone" in shown.err
    assert code == 1


@pytest.mark.parametrize(
    ("how", "without"),
    [
        ("IMMEDIATE", "rolling back without a record"),
        ("EXCLUSIVE", "going by the endpoint alone"),
    ],
)
def test_a_rollback_waits_for_locked_records_briefly_and_aloud(
    released: Desk, how: str, without: str
) -> None:
    with closing(sqlite3.connect(database(released), isolation_level=None)) as other:
        if how == "EXCLUSIVE":
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute(f"BEGIN {how}")
        ran = released.canary(*BACK)

    assert (ran.code, traffic(released)) == (0, {"v41": 100, "v42": 0}), ran.err
    assert ran.err.count("waiting for the release records") == 1
    assert without in ran.err


def test_a_release_that_makes_no_sense_hides_no_other(released: Desk) -> None:
    rewrite(released, state="a_newer_word")
    with closing(sqlite3.connect(database(released))) as db, db:
        db.execute("UPDATE releases SET id = 'r-bad' || char(27) || '[31m'")
    assert released.canary("start", "other", *START).code == 0

    ran = released.canary("history", "-o", "json")

    assert ran.code == 0
    assert [row["endpoint"] for row in json.loads(ran.out)["releases"]] == ["other"]
    assert "warning: 'r-bad\\x1b[31m' is left out" in ran.err


def test_without_a_home_no_folder_called_tilde_is_made(released: Desk) -> None:
    nobody = {"HOME": "", "CANARY_STATE": "~nobody-of-that-name/x"}

    ran = released.canary("history", **nobody)
    back = released.canary("rollback", "-e", "churn", "--yes", **nobody)

    assert (ran.code, "CANARY_STATE" in ran.err) == (2, True), ran.err
    assert (back.code, traffic(released)) == (0, {"v41": 100, "v42": 0}), back.err
    assert [path.name for path in released.home.iterdir() if path.name.startswith("~")] == []
