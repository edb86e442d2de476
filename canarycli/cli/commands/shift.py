"""`canary shift`: set the candidate's share by hand."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options import release as options
from canarycli.cli.options.common import Common
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.promote import Step
from canarycli.operations.share import check_share
from canarycli.operations.shift import shift as order
from canarycli.operations.workspace import open_workspace


def shift(
    common: Common,
    *,
    share: Annotated[
        float, Option("--percent", "-p", metavar="N", help="The candidate's share, 0 to 100")
    ],
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    override_freeze: options.OverrideFreeze = "",
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask; only needed to go up")] = False,
) -> int:
    """Set the candidate's share by hand."""
    with Output(common) as output:
        work = open_workspace(address_of(common), os.environ, output.say)
        release = work.open_record().release
        check_share(share, "--percent", work.provider.limits)
        if share > release.target:
            confirm(common, Step.of(release, to=share).question, yes=yes)
        # A share set by hand pauses the release, which is what was asked for.
        on_its_way = journey(
            work, output, release.id, common=common, on_interrupt=OnInterrupt.HOLD, ok_on="paused"
        )
        return on_its_way.show(
            lambda drive: order(drive, share, reason=reason, override=override_freeze),
            at_length=False,
        )
