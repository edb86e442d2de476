"""What a store promises, one store at a time."""

# ruff: noqa: D102 - a test's name is its sentence

from dataclasses import replace
from datetime import timedelta

import pytest

from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.release.record import Outcome
from canarycli.store import Query, Record, Stale, Store
from canarycli.store.contract import Sheet
from canarycli.testing.stores.place import NOW, Place, a_release, ended

HOUR = timedelta(hours=1)

NAMES = ("a/b", "../up", "two words", "Größe", "100%", "?a=b&c", "x" * 200, "CASE", "case", "~")
"""Endpoints that a path, a URL or a key could stumble over."""

ASKED = {
    "all": (Query(), ["r-5", "r-4", "r-3", "r-2", "r-1"]),
    "some": (Query(limit=2), ["r-5", "r-4"]),
    "of an endpoint": (Query(endpoint="fraud"), ["r-3", "r-2", "r-1"]),
    "of an endpoint, some": (Query(endpoint="fraud", limit=1), ["r-3"]),
    "since": (Query(since=NOW + 2 * HOUR), ["r-5", "r-4", "r-3"]),
    "of an outcome": (Query(outcome=Outcome.ROLLED_BACK), ["r-2"]),
    "open": (Query(over=False), ["r-5", "r-3"]),
    "over": (Query(over=True), ["r-4", "r-2", "r-1"]),
    "with a leftover": (Query(leftover=True), ["r-4", "r-1"]),
    "of all that": (Query("fraud", NOW, Outcome.PROMOTED, over=True, leftover=True), ["r-1"]),
    "nothing": (Query(endpoint="nobody"), []),
}


class StoreKit:
    """Records, events and history."""

    @pytest.fixture
    def store(self, place: Place) -> Store:
        return place.open()

    def test_a_record_comes_back_as_it_was_saved(self, store: Store) -> None:
        saved = store.save(Record(a_release()).leased("ann@laptop/1", NOW))

        assert store.load(saved.release.key) == saved
        assert store.find("r-1") == saved

    def test_nothing_is_known_before_the_first_save(self, store: Store) -> None:
        assert store.load("simulator/local/nobody") is None
        assert store.find("r-0") is None
        assert store.history() == store.newest() == ()
        assert store.events("r-0") == ()
        assert store.prune(NOW) == 0

    def test_another_machine_sees_it_at_once(self, place: Place) -> None:
        one, other = place.open(), place.open()
        first = one.save(Record(a_release()))

        second = other.save(replace(first, release=a_release(target=5.0)))

        assert one.load(first.release.key) == second

    def test_a_save_from_an_older_version_is_refused(self, store: Store) -> None:
        first = store.save(Record(a_release()))
        second = store.save(replace(first, release=a_release(target=5.0)))

        with pytest.raises(Stale):
            store.save(replace(first, release=a_release(target=50.0)))

        assert store.load(first.release.key) == second

    def test_a_save_is_refused_after_another_machine_has_saved(self, place: Place) -> None:
        one, other = place.open(), place.open()
        first = one.save(Record(a_release()))
        second = other.save(replace(first, release=a_release(target=5.0)))

        with pytest.raises(Stale):
            one.save(replace(first, release=a_release(target=50.0)))

        assert one.load(first.release.key) == second

    def test_a_save_of_a_version_that_never_was_is_refused(self, store: Store) -> None:
        with pytest.raises(Stale):
            store.save(Record(a_release(), version=3))

        assert store.load(a_release().key) is None

    def test_a_document_is_created_only_once(self, store: Store) -> None:
        store.save(Record(a_release("r-1")))

        with pytest.raises(Stale):
            store.save(Record(a_release("r-2")), [Event("started", NOW, "mine")])

        assert store.find("r-2") is None
        assert store.events("r-2") == ()
        assert [record.release.id for record in store.history()] == ["r-1"]

    def test_events_come_with_the_save_they_belong_to_or_not_at_all(self, store: Store) -> None:
        kept = [Event("read", NOW, f"no. {n}", fields={"stage": n}) for n in range(5)]
        record = store.save(Record(a_release()), kept[:3])
        record = store.save(record)
        store.save(record, kept[3:])

        with pytest.raises(Stale):
            store.save(record, [Event("read", NOW, "of a lost race")])

        assert store.events("r-1") == tuple(kept)
        assert store.events("r-1", 4) == (kept[4],)
        assert store.events("r-1", 9) == ()

    def test_a_release_is_found_after_the_next_one_began(self, store: Store) -> None:
        first = store.save(Record(ended(a_release("r-1"))), [Event("ended", NOW, "over")])
        second = store.save(replace(first, release=a_release("r-2", started_at=NOW + HOUR)))

        assert store.load(first.release.key) == store.find("r-2") == second
        assert store.find("r-1") == first
        assert [event.type for event in store.events("r-1")] == ["ended"]
        assert store.newest() == (second,)
        assert store.history() == (second, first)

    @pytest.mark.parametrize(("query", "ids"), ASKED.values(), ids=ASKED.keys())
    def test_history_has_what_is_asked_for_the_youngest_first(
        self, store: Store, query: Query, ids: list[str]
    ) -> None:
        first = store.save(Record(ended(a_release("r-1"))))
        second = replace(first, release=a_release("r-2", started_at=NOW + HOUR))
        second = store.save(second)
        second = store.save(replace(second, release=ended(second.release, Outcome.ROLLED_BACK)))
        store.save(replace(second, release=a_release("r-3", started_at=NOW + 2 * HOUR)))
        other = a_release("r-4", "churn", started_at=NOW + 3 * HOUR)
        store.save(Record(ended(other)))
        store.save(Record(a_release("r-5", "eta", started_at=NOW + 4 * HOUR)))

        assert [record.release.id for record in store.history(query)] == ids
        assert [r.release.id for r in store.newest()] == ["r-4", "r-5", "r-3"]
        assert [r.release.id for r in store.newest(still_open=True)] == ["r-5", "r-3"]

    def test_what_is_open_has_a_mark_that_changes_with_each_save(self, store: Store) -> None:
        saved = store.save(Record(a_release("r-1")))
        key, before = saved.release.key, store.marks()
        saved = store.save(replace(saved, release=a_release("r-1", target=5.0)))
        during = store.marks()
        store.save(replace(saved, release=ended(saved.release)))

        assert set(before) == set(during) == {key}
        assert before[key] != during[key] or before[key] == ""
        assert store.marks() == {}

    def test_a_sheet_is_replaced_by_whoever_has_read_it(self, place: Place) -> None:
        one, other = place.open(), place.open()
        assert (one.sheet("a fleet/x"), one.sheets()) == (None, ())

        first = one.put(Sheet("a fleet/x", '{"a": 1}'))
        second = other.put(replace(first, body='{"a": 2}'))
        with pytest.raises(Stale):
            one.put(replace(first, body='{"a": 3}'))
        with pytest.raises(Stale):
            other.put(Sheet("a fleet/x", "{}"))

        assert one.sheet("a fleet/x") == second
        assert other.sheets() == ("a fleet/x",)

    def test_pruning_forgets_old_releases_and_their_events(self, store: Store) -> None:
        record = store.save(Record(ended(a_release("r-1"))), [Event("ended", NOW, "over")])
        for n in (2, 3):
            begun = a_release(f"r-{n}", started_at=NOW + n * HOUR)
            record = store.save(replace(record, release=begun))
            record = store.save(replace(record, release=ended(begun)))
        store.save(Record(ended(a_release("r-4", "churn"))))
        store.save(Record(a_release("r-5", "eta")))

        assert store.prune(NOW + timedelta(hours=3, minutes=30)) == 2

        # r-3 and r-4 are the newest of their endpoints, r-5 is open.
        assert {r.release.id for r in store.history()} == {"r-3", "r-4", "r-5"}
        assert store.find("r-1") is None
        assert store.events("r-1") == ()
        assert store.load(record.release.key) == record

    @pytest.mark.parametrize("name", NAMES)
    def test_an_endpoint_may_have_any_name(self, store: Store, name: str) -> None:
        saved = store.save(Record(a_release(endpoint=name)), [Event("started", NOW, name)])

        assert store.load(saved.release.key) == saved
        assert store.history(Query(endpoint=name)) == (saved,)

    @pytest.mark.parametrize("word", ["fraud", "Fraud", "projects/1/endpoints/7"])
    def test_an_endpoint_is_asked_for_by_any_of_its_names(self, store: Store, word: str) -> None:
        saved = store.save(Record(a_release(kept_as="projects/1/endpoints/7")))
        store.save(Record(a_release("r-2", "churn")))

        assert store.history(Query(endpoint=word)) == (saved,)

    def test_names_that_look_alike_are_two(self, store: Store) -> None:
        for name in NAMES:
            store.save(Record(a_release(f"r-{name}", name)))

        assert {record.release.endpoint for record in store.newest()} == set(NAMES)

    def test_a_large_record_is_kept_whole(self, store: Store) -> None:
        saved = store.save(Record(a_release(note="é" * 500_000)), [Event("note", NOW, "x" * 9999)])

        assert store.load(saved.release.key) == saved

    def test_what_a_newer_canary_wrote_is_not_written_over(self, store: Store) -> None:
        saved = store.save(Record(a_release()))

        with pytest.raises(StoreError, match="a newer canary"):
            store.save(replace(saved, newer=True))

        assert store.load(saved.release.key) == saved

    def test_a_closed_store_may_be_used_again(self, store: Store) -> None:
        saved = store.save(Record(a_release()))
        store.close()
        store.close()

        assert store.load(saved.release.key) == saved
