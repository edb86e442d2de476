"""`canary demo`: a whole release on a pretend endpoint, through the same code as a real one."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Local
from canarycli.config.quantities import parse_speed
from canarycli.errors import PlanError
from canarycli.journal import Event
from canarycli.operations.demo import Scenario, stage
from canarycli.operations.on_interrupt import OnInterrupt


def demo(
    common: Local,
    scenario: Annotated[Scenario, Option(help="What happens to the candidate")] = Scenario.HEALTHY,
    speed: Annotated[
        str, Option(metavar="30x", help="How many times faster than real time")
    ] = "60x",
) -> int:
    """Try it on a pretend endpoint, no cloud needed."""
    factor = _factor(speed)
    with Output(common) as output, tempfile.TemporaryDirectory() as folder:
        intent = stage(Path(folder), scenario, factor, os.environ)
        release, work = intent.release, intent.work
        output.say(
            f"a pretend endpoint with v41 and v42, {factor:g} times faster than real time; "
            f"no cloud is used"
        )
        on_its_way = journey(
            work, output, release.id, common=common, on_interrupt=OnInterrupt.ROLLBACK
        )
        listen = on_its_way.drive.listen
        stages = ", ".join(f"{stage.percent:g}%" for stage in release.plan.stages)
        message = f"{release.endpoint} v41 -> v42, scenario {scenario.value}, stages {stages}"
        listen(Event("planned", work.clock.now(), message))
        work.controller(listen).create(release)
        # Nothing of it is left that could be cleaned up.
        return on_its_way.show(lambda d: replace(d.run(seen=intent.endpoint), advice=()))


def _factor(speed: str) -> float:
    try:
        return parse_speed(speed)
    except ValueError as error:
        raise PlanError("--speed", str(error)) from error
