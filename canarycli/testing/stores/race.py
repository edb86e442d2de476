"""Several drivers at one record: no update is lost, none happens twice, the journal is in order."""

# ruff: noqa: D102 - a test's name is its sentence

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from canarycli.release.record import Release
from canarycli.store import Record, Store
from canarycli.testing.stores.place import Place, a_release
from canarycli.testing.stores.racer import KEY, count_up


class RaceKit:
    """Counts up one number of one record.

    Attributes:
        racers: how many processes (threads, for a place without a location) race.
        updates: how far they count.
        kills: how many of them are killed on the way.
    """

    racers = 8
    updates = 1000
    kills = 4

    def test_racers_lose_no_update_and_make_none_twice(self, place: Place) -> None:
        store = place.open()
        store.save(Record(_release()))

        said = _threads(place, self) if not place.location else _processes(place, self)

        self._all_there(store, said)

    def test_racers_that_are_killed_leave_what_they_were_told(self, place: Place) -> None:
        if not place.location:
            return
        store = place.open()
        store.save(Record(_release()))
        racers = [_racer(place, self.updates // 4) for _ in range(self.racers)]
        said: list[int] = []
        for racer in racers[: self.kills]:
            assert racer.stdout is not None
            lines = [racer.stdout.readline() for _ in range(3)]
            racer.kill()
            said += [int(line) for line in lines if line]
        for racer in racers:
            said += [int(line) for line in racer.communicate()[0].split() if line.isdigit()]

        self._all_there(store, said, killed=self.kills, target=self.updates // 4)

    def _all_there(
        self, store: Store, said: Sequence[int], *, killed: int = 0, target: int | None = None
    ) -> None:
        record = store.load(KEY)
        assert record is not None
        reached = int(record.release.served)
        assert reached == (target or self.updates)
        assert record.version == reached + 1
        assert [event.fields["n"] for event in store.events("r-1")] == list(range(1, reached + 1))
        assert len(set(said)) == len(said)
        # A racer that was killed may have been told what nobody read any more.
        missing = set(range(1, int(reached) + 1)) - set(said)
        assert len(missing) <= killed * 3 if killed else not missing


def _release() -> Release:
    return a_release(endpoint="fraud")


def _threads(place: Place, kit: RaceKit) -> list[int]:
    said: list[int] = []
    racers = [
        threading.Thread(target=count_up, args=(place.open(), kit.updates, said.append))
        for _ in range(kit.racers)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return said


def _processes(place: Place, kit: RaceKit) -> list[int]:
    racers = [_racer(place, kit.updates) for _ in range(kit.racers)]
    return [int(line) for racer in racers for line in racer.communicate()[0].split()]


def _racer(place: Place, updates: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-m", "canarycli.testing.stores.racer", place.location, str(updates)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **place.env},
    )
