"""A fleet as a table, and the same table live on a terminal."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from canarycli.cli.display.output import Output
from canarycli.cli.display.table import fitted, room, table
from canarycli.operations.fleet_status import state_of
from canarycli.release.fleet import Course, Fleet
from canarycli.release.record import Release
from canarycli.traffic import percent

MOST = 40
"""Lines of a live table; of what is more only those under way or failed are shown."""


class Show(Protocol):
    """Hears how a fleet stands."""

    def __call__(self, fleet: Fleet, releases: Mapping[str, Release], /) -> None:
        """Show it."""
        ...


def headline(fleet: Fleet) -> str:
    """Where it stands, in one line."""
    promoted = sum(seat.over and not seat.failed for seat in fleet.seats)
    under_way = sum(seat.open for seat in fleet.seats)
    back = fleet.over and fleet.course is Course.ROLLING_BACK
    word = "rolled back" if back else fleet.course.value.replace("_", " ")
    text = (
        f"{fleet.name} {word}: {promoted} of {len(fleet.seats)} promoted, {under_way} under way, "
        f"{fleet.failures} failed ({fleet.stop_after} may)"
    )
    return f"{text}; {fleet.why}" if fleet.why else text


def lines(fleet: Fleet, releases: Mapping[str, Release], most: int | None = None) -> Iterator[str]:
    """The headline and the table; of more than `most` rows those that say little are left out."""
    yield from fitted([headline(fleet)], room())
    rows = [
        (
            wave.name,
            seat.endpoint,
            seat.release,
            percent(release.target) if (release := releases.get(seat.release)) else "",
            state_of(seat, release).replace("_", " "),
            seat.why,
        )
        for wave in fleet.waves
        for seat in wave.seats
    ]
    left_out = 0
    if most is not None and len(rows) > most:
        telling = [row for row in rows if row[4] not in {"waiting", "promoted"}][:most]
        left_out, rows = len(rows) - len(telling), telling
    head = ("WAVE", "ENDPOINT", "RELEASE", "SHARE", "STATE", "WHY")
    yield from table([head, *rows], room(), spare=("WAVE", "RELEASE"))
    if left_out:
        yield f"and {left_out} that wait or are done"


@contextmanager
def shown(output: Output) -> Iterator[Show]:
    """Whoever is told how a fleet stands: a live table on a terminal, else a line a change."""
    with ExitStack() as stack:
        live: Any = None
        if output.for_people and sys.stdout.isatty():
            from rich.live import Live

            live = stack.enter_context(Live(auto_refresh=False, transient=True))
        told = ""

        def show(fleet: Fleet, releases: Mapping[str, Release]) -> None:
            nonlocal told
            if live is not None:
                from rich.text import Text

                live.update(Text("\n".join(lines(fleet, releases, MOST))), refresh=True)
            elif headline(fleet) != told:
                told = headline(fleet)
                output.say(told)

        yield show
