"""`canary demo`: a whole release on a pretend endpoint, through the same code as a real one."""

import os
import tempfile
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Local
from canarycli.config import plan_from_options
from canarycli.config.quantities import parse_speed
from canarycli.errors import PlanError
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.operations.drive import OnInterrupt, ride
from canarycli.operations.start import Intent, with_history
from canarycli.operations.workspace import Target, Work, actor, work_on
from canarycli.plan import Plan, Wait
from canarycli.release.request import Request, prepare
from canarycli.store import LocalStore


class Scenario(StrEnum):
    """What happens to the candidate of the demo."""

    HEALTHY = "healthy"
    FAILING = "failing"
    SLOW = "slow"
    NO_DATA = "no-data"


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
        work = _stage_set(Path(folder), scenario, factor)
        endpoint = work.provider.describe(work.target.name)
        request = Request(
            provider=work.target.provider,
            place=work.provider.place,
            model="v42",
            plan=_plan(),
            by=actor(os.environ),
        )
        intent = Intent(
            work,
            endpoint,
            prepare(request, endpoint, release_id=new_id(), now=work.clock.now()),
            (),
        )
        release, _ = with_history(intent)
        output.say(
            f"a pretend endpoint with v41 and v42, {factor:g} times faster than real time; "
            f"no cloud is used"
        )
        journey = ride(work, output, timeout=None, on_interrupt=OnInterrupt.ROLLBACK, ok_on=None)
        stages = ", ".join(f"{stage.percent:g}%" for stage in release.plan.stages)
        message = f"{release.endpoint} v41 -> v42, scenario {scenario.value}, stages {stages}"
        output.event(Event("planned", work.clock.now(), message), release.id)
        work.controller(journey.hear).create(release)
        return journey.run(seen=endpoint)


def _factor(speed: str) -> float:
    try:
        return parse_speed(speed)
    except ValueError as error:
        raise PlanError("--speed", str(error)) from error


def _stage_set(folder: Path, scenario: Scenario, speed: float) -> Work:
    settings = {
        "state": str(folder / "simulator.json"),
        "scenario": scenario.value,
        "speed": speed,
    }
    target = Target("demo", "simulator", settings)
    return work_on(target, LocalStore(folder), os.environ)


def _plan() -> Plan:
    usual = plan_from_options(stages="5,25,50,100", bake=timedelta(minutes=3))
    return replace(
        usual,
        name="demo",
        read_every=timedelta(seconds=30),
        unclear_after=timedelta(minutes=30),
        on_unclear=Wait(timedelta(minutes=3)),
        on_no_metrics=Wait(timedelta(minutes=3)),
    )
