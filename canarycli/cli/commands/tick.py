"""`canary tick`: one step of a release, for whatever calls it again: cron, a CI job, a loop."""

import os
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.errors import Busy, CanaryError, Exit
from canarycli.journal import Event
from canarycli.operations.workspace import Target, Work, open_store, open_work, work_on
from canarycli.store import Record


def tick(
    common: Common,
    *,
    every: Annotated[
        bool, Option("--all", help="One step of every open release known here")
    ] = False,
) -> int:
    """Take one step of a release, and say when to come back (for cron and CI)."""
    with Output(common) as output:
        if not every:
            work = open_work(common)
            return _step(output, work, work.open_record())
        codes = [_step_of(output, record) for record in open_store(os.environ).newest()]
        return max(codes, default=int(Exit.OK))


def _step_of(output: Output, record: Record) -> int:
    """One step among many: what goes wrong with one release must not stop the others."""
    release = record.release
    if release.over:
        return int(Exit.OK)
    target = Target(release.endpoint, release.provider, release.settings, None, record)
    try:
        return _step(output, work_on(target, open_store(os.environ), os.environ), record)
    except CanaryError as error:
        output.say(f"{release.id}: {error.message}")
        return int(error.exit)


def _step(output: Output, work: Work, record: Record) -> int:
    release_id = record.release.id

    def hear(event: Event) -> None:
        output.event(event, release_id)

    controller = work.controller(hear)
    try:
        decision = controller.tick(work.key)
    except Busy as error:
        document = _document(record, None, error.message)
        output.result(document, [f"{release_id} {error.message}"])
        return int(Exit.BUSY)
    finally:
        controller.let_go(work.key)
    release = decision.release
    waits = release.over or release.waits_for_a_person
    wake = None if waits else round(decision.wake.total_seconds(), 1)
    line = f"{release_id} {release.state.value}"
    output.result(
        _document(Record(release), wake, ""),
        [line if wake is None else f"{line}, come back in {wake:g} s"],
    )
    return int(release.exit)


def _document(record: Record, wake: float | None, busy: str) -> dict[str, Any]:
    release = record.release
    return {
        "schema": "canary.tick/1",
        "release": release.id,
        "state": release.state.value,
        "outcome": release.outcome.value if release.outcome else None,
        "exit_code": int(release.exit),
        "wake_in": wake,
        "busy": busy or None,
    }
