"""A store loses nothing, swaps only what was loaded, and survives kill -9."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canarycli.codec import from_json, to_json
from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.plan import Plan, Stage
from canarycli.release.record import Release
from canarycli.store import LocalStore, Record, Stale, Store
from canarycli.store.memory import MemoryStore

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


def a_release(name: str = "r-1", endpoint: str = "fraud") -> Release:
    return Release(
        id=name,
        provider="simulator",
        place="local",
        endpoint=endpoint,
        baseline="v41",
        candidate="v42",
        plan=Plan(stages=(Stage(5, timedelta(minutes=15)), Stage(100, timedelta(0)))),
        started_at=NOW,
        started_by="ann@laptop",
        settings={"region": "us-east-1", "metric_delay": timedelta(seconds=90)},
    )


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    makers: dict[str, Callable[[], Store]] = {
        "local": lambda: LocalStore(tmp_path / "state"),
        "memory": MemoryStore,
    }
    return makers[request.param]()


def test_a_record_comes_back_as_it_was_saved(store: Store) -> None:
    saved = store.save(Record(a_release()).leased("ann@laptop/1", NOW))
    assert store.load(saved.release.key) == saved
    assert store.find("r-1") == saved


def test_an_unknown_endpoint_has_no_record(store: Store) -> None:
    assert store.load("simulator/local/nobody") is None
    assert store.find("r-0") is None
    assert store.history() == ()


def test_a_save_from_an_older_version_is_refused(store: Store) -> None:
    first = store.save(Record(a_release()))
    store.save(replace(first, release=replace(first.release, target=5.0)))
    with pytest.raises(Stale):
        store.save(replace(first, release=replace(first.release, target=50.0)))
    newest = store.load(first.release.key)
    assert newest is not None
    assert newest.release.target == 5.0


def test_a_document_is_created_only_once(store: Store) -> None:
    store.save(Record(a_release("r-1")))
    with pytest.raises(Stale):
        store.save(Record(a_release("r-2")))
    assert store.find("r-2") is None


def test_events_are_kept_with_the_save_they_came_with(store: Store) -> None:
    event = Event("read", NOW, "5 of 5 checks pass", fields={"stage": 1})
    record = store.save(Record(a_release()), [event])
    with pytest.raises(Stale):
        store.save(replace(record, version=0), [event])
    assert store.events("r-1") == (event,)


def test_history_has_every_release_the_youngest_first(store: Store) -> None:
    first = store.save(Record(a_release("r-1")))
    later = replace(a_release("r-2"), started_at=NOW + timedelta(hours=1))
    store.save(replace(first, release=later))
    store.save(Record(a_release("r-3", "eta")))
    assert store.history()[0].release.id == "r-2"
    assert {record.release.id for record in store.history()} == {"r-1", "r-2", "r-3"}
    assert len(store.newest()) == 2


def test_a_release_survives_json() -> None:
    release = a_release()
    assert from_json(Release, json.loads(json.dumps(to_json(release)))) == release


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Release"):
        from_json(Release, {"id": "r-1"})


def test_unknown_keys_of_a_newer_minor_version_are_left_out() -> None:
    document = {**to_json(a_release()), "added_later": 1}
    assert from_json(Release, document) == a_release()


def test_a_record_of_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    record = store.save(Record(a_release()))
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE endpoints SET body = replace(body, '\"schema\": 1', '\"schema\": 99')")
    with pytest.raises(CanaryError, match="newer canary"):
        store.load(record.release.key)


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "canary.db").write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(CanaryError, match="can't use the release records") as caught:
        LocalStore(tmp_path).load("simulator/local/fraud")
    assert "CANARY_STATE" in caught.value.hints[0]


COUNTER = """
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from canarycli.store import LocalStore, Stale
store, left = LocalStore(Path(sys.argv[1])), int(sys.argv[2])
while left:
    record = store.load("simulator/local/fraud")
    more = replace(record.release, target=record.release.target + 1)
    try:
        store.save(replace(record, release=more))
    except Stale:
        continue
    left -= 1
    print(left, flush=True)
"""


def count(folder: Path, times: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", COUNTER, str(folder), str(times)],
        stdout=subprocess.PIPE,
        text=True,
    )


def big_counter(folder: Path) -> LocalStore:
    store = LocalStore(folder)
    store.save(Record(replace(a_release(), target=0.0)))
    return store


def test_two_processes_lose_no_update(tmp_path: Path) -> None:
    store = big_counter(tmp_path)
    both = [count(tmp_path, 40), count(tmp_path, 40)]
    for process in both:
        process.communicate(timeout=60)
    record = store.load("simulator/local/fraud")
    assert record is not None
    assert (record.release.target, record.version) == (80, 81)


def test_kill_9_leaves_the_last_acknowledged_save(tmp_path: Path) -> None:
    store = big_counter(tmp_path)
    process = count(tmp_path, 10_000)
    assert process.stdout is not None
    acknowledged = 0
    deadline = time.monotonic() + 30
    while acknowledged < 20 and time.monotonic() < deadline:
        process.stdout.readline()
        acknowledged += 1
    process.kill()
    acknowledged += len(process.communicate()[0].splitlines())
    record = store.load("simulator/local/fraud")
    assert record is not None
    assert record.release.target in {acknowledged, acknowledged + 1}
