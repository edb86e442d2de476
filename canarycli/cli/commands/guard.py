"""`canary guard`: stay with a release at its hold, and take it back where it fails."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import Interrupt, OkOn
from canarycli.config import bake_from_option
from canarycli.operations.guard import guard as stay_with
from canarycli.operations.workspace import open_workspace


def guard(
    common: Common,
    length: Annotated[
        str | None, Option("--for", metavar="4h", help="How long; until it is over if left out")
    ] = None,
    on_interrupt: Interrupt = None,
    ok_on: OkOn = None,
) -> int:
    """Stay with a release at its hold, and roll it back if it fails.

    It is judged as while it bakes, until somebody promotes it or rolls it back, the plan's
    hold_at_most ends it, or the time is up.
    """
    with Output(common) as output:
        work = open_workspace(common.address, os.environ)
        record = work.open_record()
        span = bake_from_option(length, "--for") if length else None
        on_its_way = journey(
            work, output, record.release.id, common=common, on_interrupt=on_interrupt, ok_on=ok_on
        )
        return on_its_way.show(lambda drive: stay_with(drive, record, span))
