"""`canary cleanup`: delete what a finished release left deployed."""

import os
from datetime import datetime
from typing import Annotated

from typer import Option

from canarycli.cli.display.cleanup import show_rows
from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import ask
from canarycli.cli.options.common import Common
from canarycli.engine.cleanup import Leftover
from canarycli.errors import Exit, Stopped
from canarycli.operations.cleanup import Cleanup, at_clock, size


def cleanup(
    common: Common,
    *,
    every: Annotated[
        bool, Option("--all", help="Of every finished release known here, for cron")
    ] = False,
    version: Annotated[
        str, Option(metavar="VERSION", help="This one, whoever left it; no record is needed")
    ] = "",
    yes: Annotated[
        bool,
        Option("--yes", "-y", help="Do not ask, and do not keep an old baseline any longer"),
    ] = False,
) -> Exit:
    """Delete what a finished release left deployed."""
    with Output(common) as output:

        def agree(leftover: Leftover, now: datetime) -> bool:
            return yes or _agreed(common, leftover, now)

        cleaning = Cleanup(common.address, os.environ, agree, output.say, version)
        rows, code = cleaning.all() if every else ((cleaning.one(),), Exit.OK)
        show_rows(output, rows)
        return code


def _agreed(common: Common, leftover: Leftover, now: datetime) -> bool:
    """Whether to remove it now. Without a person the time it is kept decides.

    Raises:
        Stopped: they declined.
    """
    kept, name = leftover.kept(now), leftover.version.name
    if not common.may_ask:
        return not kept
    warning = f"; it is kept for a rollback until {at_clock(leftover.until)}" if kept else ""
    question = f"Remove {name} ({size(leftover)}) from {leftover.release.endpoint}{warning}?"
    if not ask(question, default=not kept, choice=common.color):
        raise Stopped("declined, nothing was changed")
    return True
