"""`canary start`: start a canary release and see it through."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

from typer import Option

from canarycli.cli.display.journey import Journey, journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.plan import about, show_plan
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options import release as options
from canarycli.cli.options.artifacts import JUnit, Report, Summary
from canarycli.cli.options.common import Common, Named
from canarycli.cli.options.driving import Interrupt, OkOn, Timeout
from canarycli.config import bake_from_option
from canarycli.operations.address import Address
from canarycli.operations.artifacts import Artifacts
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.guard import Stay
from canarycli.operations.start import (
    Intent,
    Wanted,
    in_place,
    intend,
    refuse_busy,
)
from canarycli.operations.turn import Turn
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import open_workspace

T = TypeVar("T")


def start(
    common: Named,
    *,
    new_model: options.NewModel,
    share: options.Percent = None,
    plan: options.PlanWord = None,
    stages: options.Stages = None,
    bake: options.Bake = None,
    baseline: options.Baseline = None,
    skip: options.Skip = None,
    detach: Annotated[
        bool,
        Option("--detach", help="Set the first stage and return; somebody else must drive"),
    ] = False,
    stay: Annotated[
        str | None,
        Option(metavar="4h", help="Guard a hold so long; on a terminal until you leave, else 0s"),
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Same as canary plan")] = False,
    wait: Annotated[
        str | None,
        Option(metavar="30m", help="Wait so long for a release that is on the endpoint already"),
    ] = None,
    timeout: Timeout = None,
    on_interrupt: Interrupt = None,
    ok_on: OkOn = None,
    junit: JUnit = None,
    summary: Summary = None,
    report: Report = None,
    override_freeze: options.OverrideFreeze = "",
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
    left_out = tuple(skip or ())
    wanted = Wanted(
        new_model, share, plan, stages, bake, baseline, left_out, note, ref, override_freeze
    )
    artifacts = Artifacts(junit, summary, report)
    with Output(common) as output:
        address = address_of(common, offer=True)
        if dry_run:
            return show_plan(output, _ready(address, wanted), yes=yes)

        def begin() -> tuple[Intent, Journey]:
            intent = _ready(address, wanted)
            intent.refuse_blocked()
            seen = foresee(intent, insist=True)
            intent = foreseen(intent, seen)
            for warning in seen.warnings:
                output.say(f"warning: {warning.message}")
            _agree(common, output, intent, about(intent, seen), yes=yes)
            on_its_way = journey(
                intent.work,
                output,
                intent.release.id,
                common=common,
                timeout=timeout,
                on_interrupt=on_interrupt,
                ok_on=ok_on,
                artifacts=artifacts,
            )
            record_start(intent, on_its_way.drive.listen)
            return intent, on_its_way

        intent, on_its_way = _in_turn(address, wait, output, begin)
        drive = on_its_way.drive
        enough = in_place if detach else Stay(drive.work.clock, _stay(stay), drive.listen)
        return on_its_way.show(
            lambda drive: drive.run(seen=intent.look, enough=enough), at_length=not detach
        )


def _in_turn(address: Address, wait: str | None, output: Output, begin: Callable[[], T]) -> T:
    """Begin at once, or with `--wait` when the endpoint is free."""
    if wait is None:
        return begin()
    patience = bake_from_option(wait, "--wait")
    return Turn(open_workspace(address, os.environ, output.say), patience, output.say).take(begin)


def _ready(address: Address, wanted: Wanted) -> Intent:
    """What is to be started, on an endpoint that no release is on.

    Raises:
        Busy: one is.
    """
    intent = _intend(address, wanted)
    return _intend(address, wanted) if refuse_busy(intent) else intent


def _stay(word: str | None) -> timedelta | None:
    """How long to guard a hold: as asked; on a terminal as long as it lasts; else not at all."""
    if word is not None:
        return bake_from_option(word, "--stay")
    return None if sys.stdin.isatty() and sys.stdout.isatty() else timedelta(0)


def _intend(address: Address, wanted: Wanted) -> Intent:
    return intend(address, wanted, os.environ, stdin=sys.stdin)


def _agree(common: Common, output: Output, intent: Intent, question: str, *, yes: bool) -> None:
    """Have a person agree to the risks."""
    if yes:
        return
    if not common.may_ask:
        intent.refuse_risks()
        return
    for trouble in intent.troubles:
        output.say(f"warning: {trouble.message}")
    confirm(common, question, yes=False)
