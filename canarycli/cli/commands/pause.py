"""`canary pause`: hold a release at its current stage."""

import os
from enum import StrEnum
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.options.common import Common
from canarycli.config import bake_from_option
from canarycli.errors import Exit
from canarycli.operations.pause import Pause
from canarycli.operations.pause import pause as order
from canarycli.operations.workspace import open_workspace
from canarycli.plan import Then


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
        work = open_workspace(address_of(common), os.environ, output.say)
        asked = Pause(bake_from_option(length, "--for"), length, Then(then.value), reason)
        record, status = order(work, asked, output.event)
        if not status["driver"] or not status["driver"]["alive"]:
            output.say(
                f"warning: nobody drives {record.release.id}, so nobody acts when the pause ends\n"
                f"hint: canary resume {record.release.id}"
            )
        output.result({**status, "exit_code": int(Exit.OK)})
        return int(Exit.OK)
