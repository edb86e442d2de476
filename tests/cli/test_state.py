"""`canary state` and `canary history --prune` on a folder."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli.shell import Desk

from canarycli.errors import Busy
from canarycli.journal import Event
from canarycli.store import LocalStore, Record
from canarycli.store.contract import Sheet
from canarycli.store.moving import copy
from canarycli.testing.stores import NOW, a_release
from canarycli.testing.stores.place import ended


@pytest.fixture
def store(here: Desk) -> LocalStore:
    """Two releases that ended some hours ago, and one that is open and that nobody drives."""
    store = LocalStore(Path(here.env["CANARY_STATE"]))
    lately = datetime.now(UTC) - timedelta(hours=5)
    first = store.save(Record(ended(a_release("r-1", started_at=lately))))
    store.save(Record(ended(a_release("r-2", started_at=lately)), version=first.version))
    store.save(Record(a_release("r-3", "churn")))
    return store


def test_history_is_pruned_but_for_the_newest_of_each_endpoint(
    here: Desk, store: LocalStore
) -> None:
    young = here.canary("history", "--prune", "30d")
    old = here.canary("history", "--prune", "1m", "-o", "json")

    assert young.out == "0 releases that ended 30d ago or more are forgotten\n"
    assert (json.loads(old.out)["releases"], old.code) == (1, 0)
    assert {record.release.id for record in store.history()} == {"r-2", "r-3"}


def test_a_length_that_is_none_is_blamed_on_the_option(here: Desk) -> None:
    ran = here.canary("history", "--prune", "old")

    assert (ran.code, "--prune" in ran.err) == (2, True)


def test_a_folder_that_holds_no_database_is_no_place_for_records(here: Desk) -> None:
    folder = here.home / "broken"
    folder.mkdir()
    (folder / "canary.db").write_text("no database, and long enough to see that" * 30)

    ran = here.canary("state", "check", str(folder))

    assert ran.code == 1
    assert "✖ read" in ran.out
    assert "not tried" in ran.out
    assert "CANARY_STATE" in ran.out


def test_a_driven_release_is_not_moved(here: Desk, store: LocalStore) -> None:
    driven = store.load(a_release("r-3", "churn").key)
    assert driven is not None
    store.save(driven.leased("ann@laptop/1", datetime.now(UTC), length=timedelta(days=1)))

    ran = here.canary("state", "move", here.env["CANARY_STATE"], str(here.home / "new"))

    assert (ran.code, "ann@laptop/1 drives r-3" in ran.err) == (7, True)


def test_records_do_not_move_over_those_of_others(here: Desk, store: LocalStore) -> None:
    other = LocalStore(here.home / "other")
    kept = other.save(Record(a_release("r-9")))

    ran = here.canary("state", "move", here.env["CANARY_STATE"], str(here.home / "other"))

    assert (ran.code, "move to an empty place" in ran.err) == (1, True)
    assert other.load(kept.release.key) == kept
    assert store.find("r-2") is not None


def test_a_move_that_was_cut_off_goes_on(here: Desk, store: LocalStore) -> None:
    new = LocalStore(here.home / "new")
    first = store.find("r-1")
    assert first is not None
    new.save(Record(first.release))

    ran = here.canary("state", "move", here.env["CANARY_STATE"], str(new.path.parent), "-o", "json")

    assert sorted(json.loads(ran.out)["releases"]) == ["r-2", "r-3"]
    assert {record.release.id for record in new.history()} == {"r-1", "r-2", "r-3"}
    with closing(sqlite3.connect(store.path)) as db:  # the old place is as it was
        assert db.execute("SELECT count(*) FROM releases").fetchone() == (3,)


def test_a_release_that_went_on_after_a_move_is_moved_again(here: Desk, store: LocalStore) -> None:
    places = (here.env["CANARY_STATE"], str(here.home / "new"))
    here.canary("state", "move", *places)
    record = store.find("r-3")
    assert record is not None
    note = Event("ended", NOW, "promoted")
    store.save(replace(record, release=ended(record.release)), [note])

    again = here.canary("state", "move", *places, "-o", "json")

    moved = LocalStore(here.home / "new").find("r-3")
    assert moved is not None
    assert (json.loads(again.out)["releases"], moved.release.over) == (["r-3"], True)
    assert LocalStore(here.home / "new").events("r-3") == (note,)


def test_a_release_that_went_on_in_both_places_is_moved_over_neither(
    here: Desk, store: LocalStore
) -> None:
    places = (here.env["CANARY_STATE"], str(here.home / "new"))
    here.canary("state", "move", *places)
    new = LocalStore(here.home / "new")
    for place, word in ((store, "promoted"), (new, "rolled back")):
        record = place.find("r-3")
        assert record is not None
        place.save(record, [Event("note", NOW, word)])

    ran = here.canary("state", "move", *places)

    assert (ran.code, "r-3 went on in both places" in ran.err) == (1, True)
    assert [event.message for event in new.events("r-3")] == ["rolled back"]


def test_a_driver_that_begins_during_a_move_is_told_of(here: Desk, store: LocalStore) -> None:
    now = datetime.now(UTC)
    moving = copy(store, LocalStore(here.home / "new"), now)
    next(moving)
    record = store.find("r-3")
    assert record is not None
    store.save(record.leased("ann@laptop/1", now))

    with pytest.raises(Busy, match="ann@laptop/1 drives r-3"):
        list(moving)


def test_a_fleet_moves_with_its_releases(here: Desk, store: LocalStore) -> None:
    store.put(Sheet("fleet", "its waves"))

    here.canary("state", "move", here.env["CANARY_STATE"], str(here.home / "new"))

    moved = LocalStore(here.home / "new").sheet("fleet")
    assert moved is not None
    assert moved.body == "its waves"


WRONG = {
    "no such kind": (("check", "ftp://x/y"), "ftp://"),
    "two places to check": (("check", "a", "b"), "check takes one place"),
    "one place to move": (("move", "a"), "move takes two places"),
    "the same place": (("move", "a", "a"), "the same place"),
    "a place without records": (("move", "misspelt", "b"), "misspelt has no records"),
}


@pytest.mark.parametrize(("args", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_makes_no_sense_is_refused(here: Desk, args: tuple[str, ...], said: str) -> None:
    ran = here.canary("state", *args)

    assert (ran.code, said in ran.err) == (2, True), ran.err
