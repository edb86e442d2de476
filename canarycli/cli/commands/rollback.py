"""`canary rollback`: send all traffic back to the baseline, now, with whatever is at hand."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.errors import Exit
from canarycli.operations.anyhow import open_anyhow
from canarycli.operations.rollback import way_back


def rollback(
    common: Common,
    *,
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    to: Annotated[
        str | None, Option(metavar="ARM", help="Another version than the baseline; asks")
    ] = None,
    no_wait: Annotated[
        bool, Option("--no-wait", help="Return when the cloud has accepted it")
    ] = False,
    print_command: Annotated[
        bool, Option("--print-command", help="Print the plain cloud command, run nothing")
    ] = False,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False,
) -> int:
    """Send all traffic back to the baseline, now."""
    with Output(common, anyhow=True) as output:
        way = way_back(open_anyhow(address_of(common), os.environ, output.say), to, output.say)
        if print_command:
            command = way.command()
            output.result({"schema": "canary.command/1", "command": command}, [command])
            return int(Exit.OK)
        if common.may_ask or way.unusual:
            confirm(common, way.question, yes=yes)
        status = way.go(reason, output.event, wait=not no_wait, patient=common.may_ask)
        output.result({**status, "exit_code": int(Exit.OK)})
        return int(Exit.OK)
