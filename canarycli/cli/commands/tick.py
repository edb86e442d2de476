"""`canary tick`: one step of a release, for whatever calls it again: cron, a CI job, a loop."""

import os
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
            ticked = tick_all(os.environ, listen)
            return max((_show(output, one) for one in ticked), default=int(Exit.OK))
        work = open_workspace(address_of(common), os.environ, output.say)
        return _show(output, tick_named(work, listen))


def _show(output: Output, one: Ticked) -> int:
    release = one.release
    if one.failure is not None:
        output.say(f"{release.id}: {one.failure.message}")
        return int(one.exit)
    wake = None if one.wake_in is None else round(one.wake_in.total_seconds(), 1)
    line = f"{release.id} {one.busy or release.state.value}"
    output.result(
        _document(one, wake), [line if wake is None else f"{line}, come back in {wake:g} s"]
    )
    return int(one.exit)


def _document(one: Ticked, wake: float | None) -> dict[str, Any]:
    release = one.release
    return {
        "schema": "canary.tick/1",
        "release": release.id,
        "state": release.state.value,
        "outcome": release.outcome.value if release.outcome else None,
        "exit_code": int(one.exit),
        "wake_in": wake,
        "busy": one.busy or None,
    }
