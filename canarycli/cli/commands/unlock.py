"""`canary unlock`: free an endpoint whose driver is gone, without waiting for its lease to end."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Named
from canarycli.errors import Exit
from canarycli.operations.unlock import free_endpoint, holder_of
from canarycli.operations.workspace import open_workspace


def unlock(
    common: Named,
    *,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Free it even from a driver that was just heard")
    ] = False,
) -> int:
    """Free an endpoint whose driver is gone.

    A lease ends by itself 90 seconds after its driver was last heard, and rollback needs
    none: this is for the odd case between. No traffic moves.
    """
    with Output(common) as output:
        work = open_workspace(address_of(common), os.environ, output.say)
        holder = holder_of(work)
        if holder.alive and not yes:
            if not common.may_ask:
                raise holder.busy()
            confirm(common, f"{holder.name} was heard just now. Free it all the same?", yes=False)
        who, endpoint = free_endpoint(work), work.target.name
        output.result(
            {"schema": "canary.unlocked/1", "endpoint": endpoint, "freed_from": who},
            [f"{endpoint} is free" + (f", {who} had it" if who else "; nobody had it")],
        )
        return int(Exit.OK)
