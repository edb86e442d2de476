"""`canary fleet`: one model over many endpoints, in waves."""

import os
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.display.fleet import lines, shown
from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common, Local
from canarycli.config import bake_from_option
from canarycli.errors import Exit, UsageError
from canarycli.journal import Event
from canarycli.operations.fleet import Admiral, begin, insisting
from canarycli.operations.fleet_orders import pause, resume, roll_back, worst
from canarycli.operations.fleet_status import fleet_status
from canarycli.operations.fleets import Fleets
from canarycli.operations.waves import Waves
from canarycli.operations.workspace import open_store
from canarycli.release.fleet import Fleet
from canarycli.release.record import Release


class What(StrEnum):
    """What is done with a fleet."""

    START = "start"
    STATUS = "status"
    PAUSE = "pause"
    RESUME = "resume"
    ROLLBACK = "rollback"


def fleet(
    common: Local,
    what: Annotated[What, Argument(help="What to do")],
    name: Annotated[
        str | None, Argument(metavar="[FILE or NAME]", help="The fleet file, else its name")
    ] = None,
    *,
    stop_after: Annotated[
        int | None, Option(metavar="N", min=0, help="So many releases may fail; else the file's")
    ] = None,
    length: Annotated[str, Option("--for", metavar="4h", help="How long a pause lasts")] = "24h",
    timeout: Annotated[
        str | None, Option(metavar="8h", help="Stop waiting with exit 12; everything stays open")
    ] = None,
    detach: Annotated[
        bool, Option("--detach", help="Begin or go on, and return; canary drive --all must run")
    ] = False,
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    yes: Annotated[bool, Option("--yes", "-y", help="Begin in spite of risks; do not ask")] = False,
) -> int:
    """Release one model over many endpoints, in waves.

    start FILE begins the first wave, drives it, and goes on when all of it is over and its
    bake too; with more failures than stop_after nothing more begins. Started again, on this
    machine or another, it goes on where it was. pause, resume and rollback are for all.
    With --detach, canary drive --all or canary worker sees to all of that.
    """
    with Output(common) as output:
        fleets = Fleets(open_store(os.environ, common.config))
        if what is What.START:
            if name is None:
                raise UsageError("start takes a file", hint="canary fleet start FILE")
            begun = begin(Path(name), common.config, os.environ, stop_after, insist=yes)
            return _see_through(common, output, begun.name, timeout, detach=detach)
        found = fleets.named(name).fleet
        match what:
            case What.PAUSE:
                span = bake_from_option(length, "--for")
                found = pause(fleets, found.name, os.environ, span, reason)
            case What.RESUME:
                if yes:
                    insisting(fleets, found)
                resume(fleets, found.name, os.environ)
                return _see_through(common, output, found.name, timeout, detach=detach)
            case What.ROLLBACK:
                return _roll_back(common, output, fleets, found, reason, yes=yes)
        return _answer(output, fleets, found)


def _see_through(
    common: Common, output: Output, name: str, timeout: str | None, *, detach: bool
) -> int:
    fleets = Fleets(open_store(os.environ, common.config))
    if detach:
        return _answer(output, fleets, fleets.named(name).fleet)

    def tell(release: Release, event: Event) -> None:
        if not (output.for_people and sys.stdout.isatty()):
            named = f"{release.endpoint}: {event.message}" if output.for_people else event.message
            output.event(replace(event, message=named), release.id)

    span = bake_from_option(timeout, "--timeout") if timeout else None
    with shown(output) as show:
        waves = Waves(os.environ, common.config, tell, output.say)
        code, found = Admiral(waves, show).run(name, span)
    _answer(output, fleets, found)
    return int(code)


def _answer(output: Output, fleets: Fleets, found: Fleet) -> int:
    releases = fleets.releases(found)
    output.result(fleet_status(found, releases), lines(found, releases))
    return int(Exit.OK)


def _roll_back(
    common: Common, output: Output, fleets: Fleets, found: Fleet, reason: str, *, yes: bool
) -> int:
    number = sum(bool(seat.release) for seat in found.seats)
    if common.may_ask:
        confirm(common, f"Take all {number} endpoints of {found.name} back?", yes=yes)
    backs = []
    for back in roll_back(fleets, found.name, os.environ, reason, output.say):
        backs.append(back)
        said = back.failure.message if back.failure else "back at its baseline"
        output.say(f"{back.seat.endpoint}: {said}")
    _answer(output, fleets, fleets.named(found.name).fleet)
    return int(worst(backs))
