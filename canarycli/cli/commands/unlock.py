"""`canary unlock`: free an endpoint whose driver is gone, without waiting for its lease to end."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.engine.lease import busy_with, free
from canarycli.errors import Exit, NotFound
from canarycli.operations.workspace import actor, open_work


def unlock(
    common: Common,
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
        work = open_work(common)
        record, now = work.record(), work.clock.now()
        if record is None:
            raise NotFound(
                f"no release of {work.target.name} is known here", hint="canary history lists them"
            )
        lease = record.lease
        if lease is not None and lease.alive(now) and not yes:
            if not common.may_ask:
                error = busy_with(record, now)
                error.hints = ("it may be gone all the same: canary unlock --yes",)
                raise error
            confirm(common, f"{lease.holder} was heard just now. Free it all the same?", yes=False)
        freed = free(work.store, work.key, actor(os.environ), now)
        endpoint, who = work.target.name, freed.holder if freed else None
        output.result(
            {"schema": "canary.unlocked/1", "endpoint": endpoint, "freed_from": who},
            [f"{endpoint} is free" + (f", {who} had it" if who else "; nobody had it")],
        )
        return int(Exit.OK)
