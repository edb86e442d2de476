"""Events as plain lines for people and CI logs: `02:34:51 traffic   v42 5% confirmed`."""

from collections.abc import Mapping

from canarycli.cli.display.ansi import paint
from canarycli.harmless import visible
from canarycli.journal import Event

KINDS: Mapping[str, str] = {
    "planned": "start",
    "shift_requested": "traffic",
    "shift_accepted": "traffic",
    "shift_confirmed": "traffic",
    "stage_passed": "passed",
    "no_metrics": "no data",
    "freezes_changed": "freeze",
    "freeze_overridden": "freeze",
    "lease_lost": "driver",
    "taken_over": "driver",
    "rollback_started": "rollback",
    "rollback_confirmed": "traffic",
    "rollback_failed": "UNSAFE",
    "ended": "END",
}
"""The word of a line by the event's type; a type that is not here is its own word."""

VERDICTS: Mapping[str, str] = {
    "pass": "healthy",
    "fail": "failing",
    "inconclusive": "unclear",
    "no_data": "no data",
}
"""The word of a reading by its verdict."""

_WIDTH = 9


STYLES: Mapping[str, str] = {
    "healthy": "green",
    "passed": "green",
    "failing": "red",
    "rollback": "red",
    "UNSAFE": "red reverse",
    "unclear": "yellow",
    "no data": "yellow",
    "END": "bold",
}
"""How the word of a line is painted where colour is shown."""


def event_line(event: Event, *, color: bool = False) -> str:
    """One event as one line, the time as the clock on the wall shows it."""
    clock = event.at.astimezone().strftime("%H:%M:%S")
    word = KINDS.get(event.type, event.type.replace("_", " "))
    if event.type == "read":
        word = VERDICTS.get(str(event.fields.get("verdict")), "read")
    first, *more = visible(event.message).splitlines() or [""]
    painted = paint(f"{word:<{_WIDTH}}", STYLES.get(word, ""), on=color)
    lines = [f"{clock} {painted} {first}"]
    return "\n".join([*lines, *(f"{'':<{len(clock) + _WIDTH + 2}}{line}" for line in more)])
