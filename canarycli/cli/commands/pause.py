"""`canary pause`: hold a release at its current stage."""

import os
from enum import StrEnum
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.config import bake_from_option
from canarycli.engine.status import release_status
from canarycli.journal import Event
from canarycli.operations.workspace import actor, open_work
from canarycli.plan import Then
from canarycli.release import orders


class AfterPause(StrEnum):
    """What happens when nobody resumes in time."""

    ROLLBACK = "rollback"
    HOLD = "hold"


def pause(
    common: Common,
    length: Annotated[str, Option("--for", metavar="30m", help="How long")] = "30m",
    then: Annotated[
        AfterPause, Option(help="What happens when nobody resumes in time")
    ] = AfterPause.ROLLBACK,
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
) -> int:
    """Hold a release at its current stage."""
    with Output(common) as output:
        work = open_work(common)
        work.open_record()
        who, now, span = actor(os.environ), work.clock.now(), bake_from_option(length, "--for")
        message = f"paused by {who} for {length}, then {then.value}" + (
            f": {reason}" if reason else ""
        )
        until = (now + span).isoformat()
        fields = {"by": who, "reason": reason, "until": until}
        record = work.controller(output.event).change(
            work.key,
            lambda release: orders.pause(
                release, who, now, length=span, then=Then(then.value), reason=reason
            ),
            Event("paused", now, message, "warning", fields),
        )
        if record.lease is None or not record.lease.alive(now):
            output.say(
                f"warning: nobody drives {record.release.id}, so nobody acts when the pause ends\n"
                f"hint: canary resume {record.release.id}"
            )
        output.result(release_status(record, None, now))
        return 0
