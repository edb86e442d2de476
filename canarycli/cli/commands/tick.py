"""`canary tick`: one step of a release, for whatever calls it again: cron, a CI job, a loop."""

import os
from collections.abc import Sequence
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.options.common import Common
from canarycli.errors import Exit
from canarycli.journal import Event
from canarycli.operations.tick import Ticked, tick_all, tick_named
from canarycli.operations.workspace import open_workspace


def tick(
    common: Common,
    *,
    every: Annotated[
        bool, Option("--all", help="One step of every open release known here")
    ] = False,
) -> int:
    """Take one step of a release, and say when to come back (for cron and CI)."""
    with Output(common) as output:

        def listen(release_id: str, event: Event) -> None:
            output.event(event, release_id)

        if every:
            return _all(output, [*tick_all(os.environ, listen)])
        work = open_workspace(address_of(common), os.environ, output.say)
        one = tick_named(work, listen)
        output.result({"schema": "canary.tick/1", **_document(one)}, _lines(one))
        return int(one.exit)


def _all(output: Output, ticked: Sequence[Ticked]) -> int:
    for one in ticked:
        if one.failure is not None:
            output.say(f"{one.release.id}: {one.failure.message}")
    code = max((one.exit for one in ticked), default=Exit.OK)
    output.result(
        {
            "schema": "canary.ticks/1",
            "exit_code": int(code),
            "releases": [_document(one) for one in ticked],
        },
        [line for one in ticked for line in _lines(one)],
    )
    return int(code)


def _lines(one: Ticked) -> list[str]:
    """What is said of one step to people; a failure is said on its own."""
    if one.failure is not None:
        return []
    wake = _wake(one)
    line = f"{one.release.id} {one.busy or one.release.state.value}"
    return [line if wake is None else f"{line}, come back in {wake:g} s"]


def _wake(one: Ticked) -> float | None:
    return None if one.wake_in is None else round(one.wake_in.total_seconds(), 1)


def _document(one: Ticked) -> dict[str, Any]:
    release = one.release
    return {
        "release": release.id,
        "state": release.state.value,
        "outcome": release.outcome.value if release.outcome else None,
        "exit_code": int(one.exit),
        "wake_in": _wake(one),
        "busy": one.busy or None,
        "error": one.failure.message if one.failure else None,
    }
