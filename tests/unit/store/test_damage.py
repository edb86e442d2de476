"""The file on this machine: what is damaged, old or newer in it, and how much is read of it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.store.files import KEY, Heard, change, old_store

from canarycli.codec import to_json
from canarycli.errors import StoreError, Terminated
from canarycli.journal import Event
from canarycli.release.record import Outcome
from canarycli.store import LocalStore, Query, Record
from canarycli.store.sqlite_tables import prepare
from canarycli.testing.stores import NOW, a_release
from canarycli.testing.stores.place import ended


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "state")


# Damage.

GARBAGE = b"not a database, but long enough to be read as one" * 40


@pytest.mark.parametrize("damage", ["garbage", "truncated", "a folder"])
def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(
    store: LocalStore, damage: str
) -> None:
    store.save(Record(a_release()))
    store.close()
    for beside in ("canary.db-wal", "canary.db-shm"):
        store.path.with_name(beside).unlink(missing_ok=True)
    if damage == "a folder":
        store.path.unlink()
        store.path.mkdir()
    else:
        body = GARBAGE if damage == "garbage" else b"SQLite format 3\x00" + b"\x00" * 50
        store.path.write_bytes(body)

    for act in (lambda: store.load(KEY), store.history, lambda: store.save(Record(a_release()))):
        with pytest.raises(StoreError, match="can't use the release records") as caught:
            act()
        assert "CANARY_STATE" in caught.value.hints[0]

    assert damage == "a folder" or store.path.read_bytes() == body


class Interrupted(sqlite3.Connection):
    """A signal comes in as a transaction has just ended."""

    def execute(self, statement: str, *words: Any) -> sqlite3.Cursor:
        done = super().execute(statement, *words)
        if statement == "COMMIT":
            raise Terminated
        return done


def test_an_interrupt_while_a_file_is_made_ready_is_no_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "canary.db"
    connection = sqlite3.connect(path, isolation_level=None, factory=Interrupted)
    with closing(connection) as db, pytest.raises(Terminated):
        prepare(db, path, lambda _: None)
    assert LocalStore(tmp_path).load(KEY) is None


def test_a_full_disk_is_an_error_and_costs_no_record(store: LocalStore) -> None:
    saved = store.save(Record(a_release()))
    pages = "PRAGMA max_page_count = 1"  # what a full disk is to SQLite
    store._database._held.db.execute(pages)  # type: ignore[attr-defined]  # no other way in

    with pytest.raises(StoreError, match="full"):
        store.save(replace(saved, release=a_release(note="x" * 1_000_000)))

    assert LocalStore(store.path.parent).load(KEY) == saved


NONSENSE = {
    "a newer word": {"state": "a_newer_word"},
    "no plan": {"plan": None},
    "a bad date": {"started_at": "yesterday"},
    "no stages": {"plan": {"stages": []}},
    "no baseline": {"baseline": None},
    "a stage that is not there": {"stage": 7},
}


@pytest.mark.parametrize("changes", NONSENSE.values(), ids=NONSENSE.keys())
def test_a_record_that_makes_no_sense_is_told_of_and_breaks_no_other(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    heard = Heard()
    store = LocalStore(tmp_path, heard.patience())
    store.save(Record(a_release()), [Event("started", NOW, "it began")])
    good = store.save(Record(a_release("r-2", "churn")))
    document = {"schema": 1, "release": {**to_json(a_release()), **changes}, "lease": None}
    body = json.dumps(document)
    change(store.path, "UPDATE releases SET body = ? WHERE id = 'r-1'", body)

    for read, word in ((store.load, KEY), (store.find, "r-1")):
        with pytest.raises(StoreError, match="makes no sense"):
            read(word)
    assert store.history() == store.newest() == store.newest(still_open=True) == (good,)
    assert len(heard) == 3
    assert all(text.startswith("warning: 'r-1' is left out") for text in heard)
    with closing(sqlite3.connect(store.path)) as db:
        kept = db.execute("SELECT body FROM releases WHERE id = 'r-1'").fetchone()
    assert kept == (body,)


def test_a_line_of_the_journal_that_makes_no_sense_breaks_no_other(tmp_path: Path) -> None:
    heard = Heard()
    store = LocalStore(tmp_path, heard.patience())
    events = [Event("read", NOW, f"no. {n}") for n in range(3)]
    store.save(Record(a_release()), events)
    change(store.path, "UPDATE events SET body = '{' WHERE seq = 2")

    assert store.events("r-1") == (events[0], events[2])
    assert len(heard) == 1


def test_a_record_under_another_endpoints_key_is_refused(store: LocalStore) -> None:
    store.save(Record(a_release()))
    change(store.path, "UPDATE endpoints SET key = 'simulator/local/churn'")

    with pytest.raises(StoreError, match="makes no sense"):
        store.load("simulator/local/churn")


# Age.


def test_a_record_of_a_newer_schema_is_read_and_never_written_over(store: LocalStore) -> None:
    record = store.save(Record(a_release()))
    newer = "UPDATE releases SET body = replace(body, '\"schema\": 1', '\"schema\": 99')"
    change(store.path, newer)

    found = store.load(KEY)

    assert found == replace(record, newer=True)
    with pytest.raises(StoreError, match="a newer canary wrote"):
        store.save(found)


def test_a_record_of_a_newer_schema_that_cant_be_read_says_so(store: LocalStore) -> None:
    store.save(Record(a_release()))
    change(store.path, 'UPDATE releases SET body = \'{"schema": 99, "releases": []}\'')

    with pytest.raises(StoreError, match="a newer canary wrote") as caught:
        store.load(KEY)

    assert "upgrade" in caught.value.hints[0]


def test_tables_of_a_newer_canary_are_read_and_never_written(store: LocalStore) -> None:
    saved = store.save(Record(a_release()))
    change(store.path, "PRAGMA user_version = 99")
    again = LocalStore(store.path.parent)

    assert again.load(KEY) == saved
    with pytest.raises(StoreError, match="a newer canary wrote"):
        again.save(saved)


def test_records_and_journals_of_an_older_canary_are_kept(store: LocalStore) -> None:
    over = ended(a_release("r-1"))
    now_open = a_release("r-2", started_at=NOW + timedelta(hours=1))
    old_store(store.path, [over, now_open])
    heard = Heard()
    new = LocalStore(store.path.parent, heard.patience())

    assert new.history() == (Record(now_open, version=2), Record(over, version=1))
    assert new.newest(still_open=True) == (Record(now_open, version=2),)
    assert new.events("r-1") == (Event("started", NOW, "it began"),)
    assert heard == ["the release records of an older canary are brought up to date, once"]
    saved = new.save(Record(now_open, version=2), [Event("read", NOW, "all is well")])
    assert [event.type for event in new.events("r-2")] == ["started", "read"]
    assert LocalStore(store.path.parent).load(KEY) == saved


def test_a_damaged_record_of_an_older_canary_is_kept_as_it_is(store: LocalStore) -> None:
    old_store(store.path, [a_release()], damaged="{half")

    with pytest.raises(StoreError, match="makes no sense"):
        store.load("simulator/local/bad")
    assert [record.release.id for record in LocalStore(store.path.parent).history()] == ["r-1"]


# Many releases.


def test_only_what_is_shown_is_read_however_many_there_are(tmp_path: Path) -> None:
    heard = Heard()
    store = LocalStore(tmp_path, heard.patience())
    hour = timedelta(hours=1)
    record = store.save(Record(ended(a_release("r-good"))))
    later = a_release("r-open", "eta", started_at=NOW + hour)
    store.save(Record(later))
    # None of these can be decoded: whoever tries says so.
    rows = [(f"r-{n}", "fraud", NOW.timestamp() - n - 1) for n in range(10_000)]
    with closing(sqlite3.connect(store.path)) as db, db:
        db.executemany(
            "INSERT INTO releases VALUES (?, ?, '', ?, 0, 'promoted', 1, 0, 1, '{')", rows
        )

    assert [r.release.id for r in store.history(Query(limit=2))] == ["r-open", "r-good"]
    assert store.history(Query(endpoint="fraud", limit=1)) == (record,)
    assert store.history(Query(since=NOW)) == store.history(Query(since=NOW, limit=9))
    assert [r.release.id for r in store.history(Query(over=False))] == ["r-open"]
    assert store.history(Query(leftover=True)) == (record,)
    assert [r.release.id for r in store.newest(still_open=True)] == ["r-open"]
    assert len(store.newest()) == 2
    assert heard == []


QUERIES = {
    "the newest": Query(limit=5),
    "since": Query(since=NOW, limit=5),
    "of an outcome": Query(outcome=Outcome.PROMOTED, since=NOW, limit=5),
    "open": Query(over=False, limit=5),
    "with a leftover": Query(leftover=True),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_every_question_has_its_index(store: LocalStore, query: Query) -> None:
    store.save(Record(a_release()))
    asked: list[str] = []
    database = store._database
    reader = database._held.reader  # type: ignore[attr-defined]  # no other way in
    reader.set_trace_callback(asked.append)

    store.history(query)

    reader.set_trace_callback(None)
    (statement,) = [text for text in asked if text.startswith("SELECT id")]
    plan = " ".join(row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert "USING INDEX releases_" in plan
    assert "TEMP B-TREE" not in plan
