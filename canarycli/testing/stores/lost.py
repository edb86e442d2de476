"""Writes that take effect though their answer is lost: a store knows its own."""

# ruff: noqa: D102 - a test's name is its sentence

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

import pytest

from canarycli.journal import Event
from canarycli.store import Record, Stale
from canarycli.testing.stores.place import NOW, Place, a_release


class Lossy(Protocol):
    """Stands between a store and its server.

    Attributes:
        lost: so many answers were lost.
    """

    lost: int

    def every(self, nth: int) -> AbstractContextManager[None]:
        """Meanwhile each so-many-th write is carried out and its answer is lost."""
        ...


class LostAnswerKit:
    """Needs a fixture `lossy` beside `place`, whose store goes through it."""

    def test_a_write_whose_answer_is_lost_is_no_conflict(self, place: Place, lossy: Lossy) -> None:
        store = place.open()
        record = Record(a_release())
        with lossy.every(3):
            for n in range(30):
                release = replace(record.release, served=float(n))
                event = Event("counted", NOW, "one more", fields={"n": n})
                record = store.save(replace(record, release=release), [event])

        assert lossy.lost
        assert place.open().load(record.release.key) == record
        assert [event.fields["n"] for event in store.events("r-1")] == list(range(30))

    def test_somebody_elses_write_is_one_though_answers_are_lost(
        self, place: Place, lossy: Lossy
    ) -> None:
        store, other = place.open(), place.open()
        first = store.save(Record(a_release()))
        store.load(first.release.key)
        second = other.save(replace(first, release=a_release(target=5.0)))

        with lossy.every(1), pytest.raises(Stale):
            store.save(replace(first, release=a_release(target=50.0)))

        assert other.load(first.release.key) == second
