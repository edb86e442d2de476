"""`canary resume`: go on with a paused release, or take over one nobody drives."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.artifacts import JUnit, Report, Summary
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import Interrupt, OkOn, Timeout
from canarycli.operations.artifacts import Artifacts
from canarycli.operations.resume import other_driver
from canarycli.operations.resume import resume as order
from canarycli.operations.workspace import open_workspace


def resume(
    common: Common,
    *,
    take_over: Annotated[
        bool, Option("--take-over", help="Drive it from here even if somebody else does; asks")
    ] = False,
    detach: Annotated[
        bool, Option("--detach", help="Return at once where somebody drives it")
    ] = False,
    timeout: Timeout = None,
    on_interrupt: Interrupt = None,
    ok_on: OkOn = None,
    junit: JUnit = None,
    summary: Summary = None,
    report: Report = None,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False,
) -> int:
    """Go on with a paused release, or take over one nobody drives."""
    with Output(common) as output:
        work = open_workspace(address_of(common), os.environ, output.say)
        record = work.open_record()
        if take_over and (holder := other_driver(work, record)):
            confirm(common, f"{holder} drives it. Take over?", yes=yes)
        on_its_way = journey(
            work,
            output,
            record.release.id,
            common=common,
            timeout=timeout,
            on_interrupt=on_interrupt,
            ok_on=ok_on,
            artifacts=Artifacts(junit, summary, report),
        )
        return on_its_way.show(
            lambda drive: order(drive, record, take_over=take_over, detach=detach),
            at_length=not detach,
        )
