"""`canary start`: start a canary release and see it through."""

from typing import Annotated

from typer import Option

from canarycli.cli.commands.plan import show_plan
from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.journal import Event
from canarycli.operations import start as planned
from canarycli.operations.artifacts import JUnit, Papers, Report, Summary
from canarycli.operations.drive import Interrupt, OkOn, Timeout, driven, ride
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.start import Intent, Wanted, intend, refuse_busy
from canarycli.release.record import Release, State
from canarycli.traffic import percent


def start(
    common: Common,
    *,
    new_model: planned.NewModel,
    share: planned.Percent = None,
    plan: planned.PlanWord = None,
    stages: planned.Stages = None,
    bake: planned.Bake = None,
    baseline: planned.Baseline = None,
    skip: planned.Skip = None,
    detach: Annotated[
        bool,
        Option("--detach", help="Set the first stage and return; somebody else must drive"),
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Same as canary plan")] = False,
    timeout: Timeout = None,
    on_interrupt: Interrupt = None,
    ok_on: OkOn = None,
    junit: JUnit = None,
    summary: Summary = None,
    report: Report = None,
    note: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    ref: Annotated[
        str, Option(metavar="URL", help="A link kept in history; the CI run by itself")
    ] = "",
    yes: Annotated[
        bool,
        Option("--yes", "-y", help="Start without a prompt, risks included"),
    ] = False,
) -> int:
    """Start a canary release of a new model version."""
    wanted = Wanted(new_model, share, plan, stages, bake, baseline, tuple(skip or ()), note, ref)
    with Output(common) as output:
        intent = intend(common, wanted)
        if refuse_busy(intent):
            intent = intend(common, wanted)
        if dry_run:
            return show_plan(output, intent, yes=yes)
        intent.refuse_blocked()
        seen = foresee(intent, insist=True)
        intent = foreseen(intent, seen)
        for warning in seen.warnings:
            output.say(f"warning: {warning.message}")
        _agree(common, output, intent, yes=yes)
        journey = ride(
            intent.work,
            output,
            timeout=timeout,
            on_interrupt=on_interrupt,
            ok_on=ok_on,
            papers=Papers(junit, summary, report),
        )
        output.event(_planned(intent), intent.release.id)
        intent.work.controller(journey.hear).create(intent.release)
        output.event(_locked(intent), intent.release.id)
        if detach:
            return journey.run(seen=intent.endpoint, enough=_in_place)
        return journey.run(seen=intent.endpoint)


def _agree(common: Common, output: Output, intent: Intent, *, yes: bool) -> None:
    """Have a person agree to the risks."""
    if yes:
        return
    if not common.may_ask:
        intent.refuse_risks()
        return
    for trouble in intent.troubles:
        output.say(f"warning: {trouble.message}")
    release = intent.release
    first = percent(release.plan.stages[0].percent)
    question = f"Start {release.baseline} → {intent_name(release)} at {first}?"
    confirm(common, question, yes=False)


def intent_name(release: Release) -> str:
    """What people call the candidate: the version, or the model that is to become one."""
    return release.candidate or release.model


def _in_place(release: Release) -> bool:
    """Whether the first stage is set, so that somebody else can drive on."""
    moved = release.confirmed_at is not None and release.state is not State.DEPLOYING
    return moved or release.waits_for_a_person


def _planned(intent: Intent) -> Event:
    release = intent.release
    stages = ",".join(f"{stage.percent:g}" for stage in release.plan.stages)
    seconds = sum(stage.bake.total_seconds() for stage in release.plan.stages)
    return Event(
        "planned",
        release.started_at,
        f"{release.endpoint} {release.baseline} -> {intent_name(release)}, "
        f"plan {release.plan.name} {stages}, {release.id}",
        fields={
            "stages": [
                {"percent": s.percent, "bake": s.bake.total_seconds(), "then": s.then.value}
                for s in release.plan.stages
            ],
            "checks": [check.name for check in release.plan.checks],
            "expected_seconds": seconds,
        },
    )


def _locked(intent: Intent) -> Event:
    driver = intent.work.driver
    now = intent.work.clock.now()
    message = f"{intent.release.endpoint} is driven by {driver.name} as {intent.release.id}"
    return Event("locked", now, message, fields=driven(driver, now))
