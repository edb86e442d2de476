"""Fleets as people ask for them: begin one, see it through, pause, go on, roll everything back."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event as Bell
from threading import Thread
from time import monotonic

from canarycli.clock import SystemClock
from canarycli.codec import from_json, to_json
from canarycli.config import load
from canarycli.config.reading import shown
from canarycli.engine.crew import Crew
from canarycli.errors import Busy, CanaryError, Exit, NotFound, Terminated, UsageError
from canarycli.journal import Event
from canarycli.operations.address import Address
from canarycli.operations.drive_all import crew_of
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.start import Wanted, intend, refuse_busy
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import actor, open_store
from canarycli.release.fleet import Course, Fleet, Move, Seat, begun, decide, unfit
from canarycli.release.record import Release
from canarycli.store import Stale, Store
from canarycli.store.contract import Sheet

STEP = 2.0
"""Seconds between two looks at where a fleet stands."""

PREFIX = "fleet/"


@dataclass(frozen=True, slots=True)
class Kept:
    """A fleet as it is kept."""

    fleet: Fleet
    version: int = 0


class Fleets:
    """The fleets of the records.

    Args:
        store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def names(self) -> tuple[str, ...]:
        """Every fleet, by name."""
        found = self.store.sheets()
        return tuple(n.removeprefix(PREFIX) for n in found if n.startswith(PREFIX))

    def load(self, name: str) -> Kept | None:
        """The fleet of that name, None if there is none."""
        sheet = self.store.sheet(f"{PREFIX}{name}")
        if sheet is None:
            return None
        return Kept(from_json(Fleet, json.loads(sheet.body)), sheet.version)

    def save(self, kept: Kept) -> Kept:
        """Keep it.

        Raises:
            Stale: somebody has changed it meanwhile.
        """
        body = json.dumps(to_json(kept.fleet))
        sheet = self.store.put(Sheet(f"{PREFIX}{kept.fleet.name}", body, kept.version))
        return Kept(kept.fleet, sheet.version)

    def change(self, name: str, edit: Callable[[Fleet], Fleet]) -> Fleet:
        """Change it, whoever else is at it."""
        while True:
            kept = self.named(name)
            with suppress(Stale):
                return self.save(replace(kept, fleet=edit(kept.fleet))).fleet

    def named(self, name: str | None) -> Kept:
        """The fleet of that name, or the only one that is not over.

        Raises:
            NotFound: there is none.
            UsageError: several may be meant.
        """
        if name is not None:
            kept = self.load(name)
            if kept is None:
                known = ", ".join(self.names()) or "none"
                raise NotFound(f"no fleet {name!r} is known here", hint=f"there are: {known}")
            return kept
        every = [kept for known in self.names() if (kept := self.load(known)) is not None]
        open_ones = [kept for kept in every if not kept.fleet.over]
        if len(open_ones) == 1:
            return open_ones[0]
        if not every:
            raise NotFound("no fleet is known here", hint="canary fleet start FILE")
        names = ", ".join(kept.fleet.name for kept in open_ones or every)
        raise UsageError("say which fleet is meant", hint=f"there are: {names}")

    def releases(self, fleet: Fleet) -> dict[str, Release]:
        """The releases of a fleet that are not known to be over, by id."""
        wanted = [seat.release for seat in fleet.seats if seat.open]
        found = (self.store.find(release) for release in wanted)
        return {record.release.id: record.release for record in found if record is not None}


def begin(path: Path, config: Path | None, env: Mapping[str, str], stop_after: int | None) -> Fleet:
    """The fleet of a file: begun now, or as far as it is if it was begun before.

    Raises:
        PlanError: the file has mistakes.
        UsageError: a fleet of that name is over, or is another one.
    """
    from canarycli.config.fleet import read_fleet

    file = read_fleet(path, load(config, cwd=Path.cwd(), env=env), shown(path, Path.cwd()))
    fleets, now, who = Fleets(open_store(env, config)), SystemClock().now(), actor(env)
    known = fleets.load(file.name)
    if known is not None and not known.fleet.over:
        if _said(known.fleet) != [(s.endpoint, s.model) for w in file.waves for s in w.seats]:
            raise UsageError(
                f"fleet {file.name} is under way with other endpoints or models",
                hint=f"give it another name, or canary fleet rollback {file.name}",
            )
        return known.fleet
    budget = file.stop_after if stop_after is None else stop_after
    fleet = Fleet(file.name, file.waves, now, who, budget, file.at_once)
    begun_now = fleet.said(who, f"begun on {len(fleet.seats)} endpoints", now)
    return fleets.save(Kept(begun_now, known.version if known else 0)).fleet


def _said(fleet: Fleet) -> list[tuple[str, str]]:
    return [(seat.endpoint, seat.model) for seat in fleet.seats]


@dataclass(slots=True)
class Admiral:
    """Sees a fleet through from this process: begins releases wave by wave, and drives them.

    Releases that somebody else drives are left to them; another process may do the same at the
    same time, or go on after this one was killed.

    Attributes:
        env: says where the records are, and who acts.
        config: the config file, None to look for one.
        tell: hears every event with the release it is of.
        show: hears how the fleet stands, after every step.
        yes: begin in spite of risks.
    """

    env: Mapping[str, str]
    config: Path | None
    tell: Callable[[Release, Event], None]
    show: Callable[[Fleet, Mapping[str, Release]], None]
    yes: bool = False
    fleets: Fleets = field(init=False)

    def __post_init__(self) -> None:
        self.fleets = Fleets(open_store(self.env, self.config))

    def run(self, name: str, length: timedelta | None = None) -> tuple[Exit, Fleet]:
        """Until the fleet is over, nothing more happens by itself, or the time is up.

        An interrupt lets go of everything: releases stay as they are, and nobody drives them.
        """
        until = None if length is None else monotonic() + length.total_seconds()
        stop, news, note = Bell(), Bell(), self.fleets.named(name).fleet.note

        def tell(release: Release, event: Event) -> None:
            self.tell(release, event)
            if event.type == "ended":
                news.set()

        crew = crew_of(self.env, tell, wanted=lambda release: release.note == note)
        driving = Thread(target=self._drive, args=(crew, stop), daemon=True)
        driving.start()
        try:
            while True:
                fleet, releases = self.step(name)
                self.show(fleet, releases)
                if fleet.over:
                    return fleet.exit, fleet
                if self._waits(fleet, releases):
                    return Exit.PAUSED, fleet
                if until is not None and monotonic() >= until:
                    return Exit.TIMEOUT, fleet
                crew.hurry()
                news.wait(STEP)
                news.clear()
        finally:
            stop.set()
            crew.hurry()
            driving.join()

    def _waits(self, fleet: Fleet, releases: Mapping[str, Release]) -> bool:
        """Whether somebody has to say how to go on."""
        waiting = all(release.waits_for_a_person for release in releases.values())
        if fleet.course is Course.RUNNING:
            begun_all = all(seat.release or seat.over for seat in fleet.wave.seats)
            return bool(releases) and waiting and begun_all
        return fleet.course is Course.PAUSED and waiting

    def _drive(self, crew: Crew, stop: Bell) -> None:
        with suppress(KeyboardInterrupt, Terminated):
            crew.run(stop.is_set)

    def step(self, name: str) -> tuple[Fleet, Mapping[str, Release]]:
        """Look where it stands, keep that, and begin what is due."""
        while True:
            kept = self.fleets.named(name)
            releases = self.fleets.releases(kept.fleet)
            move = decide(kept.fleet, releases, SystemClock().now())
            try:
                if move.fleet != kept.fleet:
                    kept = self.fleets.save(replace(kept, fleet=move.fleet))
                return self._begin(name, move), releases
            except Stale:
                continue

    def _begin(self, name: str, move: Move) -> Fleet:
        """Begin what is due; where somebody else's release is, again at the next step."""
        fleet = move.fleet
        for seat in move.begin:
            edit: Callable[[Fleet], Fleet]
            try:
                release = self._started(fleet, seat)
            except Busy:
                mine = self._mine(fleet, seat)
                if mine is None:
                    continue
                edit = partial(begun, endpoint=seat.endpoint, release=mine)
            except CanaryError as error:
                code, why = int(error.exit), error.message
                edit = partial(unfit, endpoint=seat.endpoint, code=code, why=why)
            else:
                edit = partial(begun, endpoint=seat.endpoint, release=release)
            fleet = self.fleets.change(name, edit)
            if fleet.course is not Course.RUNNING or fleet.failures > fleet.stop_after:
                break
        return fleet

    def _started(self, fleet: Fleet, seat: Seat) -> str:
        wanted = Wanted(seat.model, None, seat.plan, None, None, None, (), fleet.note)
        address = Address(endpoint=seat.endpoint, config=self.config)
        intent = intend(address, wanted, self.env)
        if refuse_busy(intent):
            intent = intend(address, wanted, self.env)
        intent.refuse_blocked()
        intent = foreseen(intent, foresee(intent, insist=True))
        if not self.yes:
            intent.refuse_risks()
        record_start(intent, lambda event: self.tell(intent.release, event))
        return intent.release.id

    def _mine(self, fleet: Fleet, seat: Seat) -> str | None:
        """The release a fleet has on an endpoint though nothing was noted: it was cut off there."""
        config = load(self.config, cwd=Path.cwd(), env=self.env).endpoints[seat.endpoint]
        for record in self.fleets.store.newest(still_open=True):
            release = record.release
            if release.note == fleet.note and release.is_called(config.cloud_name):
                return release.id
        return None
