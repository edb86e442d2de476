"""A whole release on a pretend endpoint, through the same code as a real one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from canarycli.config import plan_from_options
from canarycli.ids import new_id
from canarycli.metrics import Metric
from canarycli.operations.start import Intent, with_history
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace, work_on
from canarycli.plan import Better, Check, Margin, Plan, Wait
from canarycli.release.request import Request, prepare
from canarycli.store import LocalStore

LABELS = timedelta(minutes=20)
"""How late it is known what would have been right, in the demo's own time."""


class Scenario(StrEnum):
    """What happens to the candidate of the demo."""

    HEALTHY = "healthy"
    FAILING = "failing"
    SLOW = "slow"
    NO_DATA = "no-data"
    WORSE_ANSWERS = "worse-answers"
    LATE_LABELS = "late-labels"


def stage(folder: Path, scenario: Scenario, speed: float, env: Mapping[str, str]) -> Intent:
    """A release of v42 over v41, ready to be recorded, with all its state in a folder."""
    work = _stage_set(folder, scenario, speed, env)
    endpoint = work.provider.describe(work.target.name)
    request = Request(
        provider=work.target.provider,
        place=work.provider.place,
        model="v42",
        plan=_plan(scenario),
        by=work.actor,
    )
    release = prepare(request, endpoint, release_id=new_id(), now=work.clock.now())
    taught, _ = with_history(Intent(work, endpoint, release, ()))
    return Intent(work, endpoint, taught, ())


def _stage_set(folder: Path, scenario: Scenario, speed: float, env: Mapping[str, str]) -> Workspace:
    settings = {
        "state": str(folder / "simulator.json"),
        "scenario": scenario.value,
        "speed": speed,
        "labels": {"delay": LABELS.total_seconds(), "coverage": 0.5},
    }
    target = Target("demo", "simulator", settings)
    return replace(work_on(target, LocalStore(folder), env), told=())


SAYS = (
    Check("class_share(fraud)", Metric("class_share", about="fraud"), differs_by=Margin(0, 0.01)),
    Check("answer_empty", Metric("answer_empty"), no_worse_by=Margin(0, 0.002)),
)
RIGHT = Check("accuracy", Metric("accuracy"), no_worse_by=Margin(0, 0.01), better=Better.HIGHER)


def _plan(scenario: Scenario) -> Plan:
    usual = plan_from_options(stages="5,25,50,100", bake=timedelta(minutes=3))
    more = {Scenario.WORSE_ANSWERS: SAYS, Scenario.LATE_LABELS: (RIGHT,)}
    return replace(
        usual,
        name="demo",
        checks=(*usual.checks, *more.get(scenario, ())),
        read_every=timedelta(seconds=30),
        unclear_after=timedelta(minutes=30),
        on_unclear=Wait(timedelta(minutes=3)),
        on_no_metrics=Wait(timedelta(minutes=3)),
    )
