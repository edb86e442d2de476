"""`canary shift`: set the candidate's share by hand."""

import os
from typing import Annotated

from typer import Option

from canarycli import orders
from canarycli.cli.driving import OnInterrupt, ride
from canarycli.cli.following import carry_out
from canarycli.cli.options import Common
from canarycli.cli.output import Output
from canarycli.cli.prompt import confirm
from canarycli.cli.session import actor, open_work
from canarycli.errors import PlanError
from canarycli.traffic import TOLERANCE, percent


def shift(
    common: Common,
    *,
    share: Annotated[
        float, Option("--percent", "-p", metavar="N", help="The candidate's share, 0 to 100")
    ],
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask; only needed to go up")] = False,
) -> int:
    """Set the candidate's share by hand."""
    if not 0 <= share <= 100:
        raise PlanError("--percent", f"{share:g} is not between 0 and 100")
    with Output(common) as output:
        work = open_work(common)
        release = work.open_record().release
        step = work.provider.limits.finest_percent
        if abs(share / step - round(share / step)) > TOLERANCE:
            raise PlanError("--percent", f"shares here are multiples of {percent(step)}")
        if share > release.target:
            confirm(common, f"Give {release.candidate} {percent(share)} of the traffic?", yes=yes)
        journey = ride(work, output, timeout=None, on_interrupt=OnInterrupt.HOLD, ok_on=None)
        who = actor(os.environ)
        return carry_out(
            journey, lambda now: orders.shift(now, who, share, reason=reason), detach=True
        )
