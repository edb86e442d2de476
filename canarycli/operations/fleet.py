"""Fleets as people ask for them: begin one, see it through, pause, go on, roll everything back."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Bell
from threading import Thread
from time import monotonic

from canarycli.clock import SystemClock
from canarycli.config import load
from canarycli.config.discover import here
from canarycli.config.reading import shown
from canarycli.engine.crew import Crew
from canarycli.errors import Exit, Terminated, UsageError
from canarycli.journal import Event
from canarycli.operations.drive_all import looks_of
from canarycli.operations.fleets import Fleets, Kept
from canarycli.operations.waves import Waves
from canarycli.operations.workspace import actor, open_store
from canarycli.release.fleet import Course, Fleet
from canarycli.release.record import Release

STEP = 2.0
"""Seconds between two looks at where a fleet stands."""


def begin(
    path: Path,
    config: Path | None,
    env: Mapping[str, str],
    stop_after: int | None,
    *,
    insist: bool = False,
) -> Fleet:
    """The fleet of a file: begun now, or as far as it is if it was begun before.

    With `insist` its releases begin in spite of risks, from whichever process.

    Raises:
        PlanError: the file has mistakes.
        UsageError: a fleet of that name is over, or is another one.
    """
    from canarycli.config.fleet import read_fleet

    file = read_fleet(path, load(config, cwd=here(), env=env), shown(path, here()))
    fleets, now, who = Fleets(open_store(env, config)), SystemClock().now(), actor(env)
    known = fleets.load(file.name)
    if known is not None and not known.fleet.over:
        if _said(known.fleet) != [(s.endpoint, s.model) for w in file.waves for s in w.seats]:
            raise UsageError(
                f"fleet {file.name} is under way with other endpoints or models",
                hint=f"give it another name, or canary fleet rollback {file.name}",
            )
        return insisting(fleets, known.fleet) if insist else known.fleet
    budget = file.stop_after if stop_after is None else stop_after
    fleet = Fleet(file.name, file.waves, now, who, budget, file.at_once, insists=insist)
    begun_now = fleet.said(who, f"begun on {len(fleet.seats)} endpoints", now)
    kept = replace(known, fleet=begun_now) if known else Kept(begun_now)
    return fleets.save(kept).fleet


def insisting(fleets: Fleets, fleet: Fleet) -> Fleet:
    """The fleet, whose releases begin in spite of risks from now on."""
    return fleets.change(fleet.name, lambda now: replace(now, insists=True))


def _said(fleet: Fleet) -> list[tuple[str, str]]:
    return [(seat.endpoint, seat.model) for seat in fleet.seats]


@dataclass(slots=True)
class Admiral:
    """Sees a fleet through from this process: begins releases wave by wave, and drives them.

    Releases that somebody else drives are left to them; another process may do the same at the
    same time, or go on after this one was killed.

    Attributes:
        waves: begin its releases.
        show: hears how the fleet stands, after every step.
    """

    waves: Waves
    show: Callable[[Fleet, Mapping[str, Release]], None]

    def run(self, name: str, length: timedelta | None = None) -> tuple[Exit, Fleet]:
        """Until the fleet is over, nothing more happens by itself, or the time is up.

        An interrupt lets go of everything: releases stay as they are, and nobody drives them.
        """
        until = None if length is None else monotonic() + length.total_seconds()
        stop, news, waves = Bell(), Bell(), self.waves
        note = waves.fleets.named(name).fleet.note

        def tell(release: Release, event: Event) -> None:
            waves.tell(release, event)
            if event.type == "ended":
                news.set()

        crew = Crew(
            looks_of(
                waves.env, tell, wanted=lambda release: release.note == note, config=waves.config
            )
        )
        driving = Thread(target=self._drive, args=(crew, stop), daemon=True)
        driving.start()
        try:
            while True:
                fleet, releases = waves.step(name)
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
