"""`canary resume`: go on with a paused release, or take over one nobody drives."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.journal import Event
from canarycli.operations.artifacts import JUnit, Papers, Report, Summary
from canarycli.operations.drive import Interrupt, OkOn, Timeout, driven, ride
from canarycli.operations.follow import arrived, carry_out
from canarycli.operations.workspace import actor, open_work
from canarycli.release import orders
from canarycli.release.record import State


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
        work = open_work(common)
        record = work.open_record()
        journey = ride(
            work,
            output,
            timeout=timeout,
            on_interrupt=on_interrupt,
            ok_on=ok_on,
            papers=Papers(junit, summary, report),
        )
        now, who = work.clock.now(), actor(os.environ)
        if take_over:
            if record.lease is not None and record.driven_by_another(work.driver.name, now):
                confirm(common, f"{record.lease.holder} drives it. Take over?", yes=yes)
            work.controller(journey.hear).take_over(work.key)
            journey.hear(
                Event(
                    "taken_over",
                    now,
                    f"driven by {work.driver.name} now",
                    fields=driven(work.driver, now),
                )
            )
        if record.release.state is State.PAUSED:
            journey.hear(Event("resumed", now, f"resumed by {who}", fields={"by": who}))
        if record.release.state is State.ROLLING_BACK:
            return journey.run(enough=arrived)
        return carry_out(journey, lambda release: orders.resume(release, now), detach=detach)
