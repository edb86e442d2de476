"""`canary promote`: move to the next stage, or to 100 % with --full."""

import os
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options import release as options
from canarycli.cli.options.artifacts import JUnit, Report, Summary
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import Interrupt, OkOn, Timeout
from canarycli.operations.artifacts import Artifacts
from canarycli.operations.promote import Step
from canarycli.operations.promote import promote as order
from canarycli.operations.share import check_share
from canarycli.operations.workspace import open_workspace


def promote(
    common: Common,
    *,
    to: Annotated[float | None, Option(metavar="N", help="Go to this share at once")] = None,
    full: Annotated[
        bool, Option("--full", help="Go to 100 % at once, without the judge; asks")
    ] = False,
    detach: Annotated[bool, Option("--detach", help="Return once the share is in place")] = False,
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    signed: Annotated[
        Path | None,
        Option(metavar="COMMENT", help="Approve by a comment, its signature in COMMENT.sig"),
    ] = None,
    override_freeze: options.OverrideFreeze = "",
    timeout: Timeout = None,
    on_interrupt: Interrupt = None,
    ok_on: OkOn = None,
    junit: JUnit = None,
    summary: Summary = None,
    report: Report = None,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False,
) -> int:
    """Move to the next stage, or to 100% with --full.

    On a terminal it asks before a step that leaves out a stage, the judge or the bake at
    100 %.
    """
    with Output(common) as output:
        work = open_workspace(address_of(common), os.environ, output.say)
        release = work.open_record().release
        if to is not None:
            check_share(to, "--to", work.provider.limits)
        step = Step.of(release, to=to, full=full)
        if full or (step.skips and common.may_ask):
            confirm(common, step.question, yes=yes)
        on_its_way = journey(
            work,
            output,
            release.id,
            common=common,
            timeout=timeout,
            on_interrupt=on_interrupt,
            ok_on=ok_on,
            artifacts=Artifacts(junit, summary, report),
        )
        return on_its_way.show(
            lambda drive: order(
                drive,
                to=to,
                full=full,
                reason=reason,
                detach=detach,
                override=override_freeze,
                signed=signed,
            ),
            at_length=not detach,
        )
