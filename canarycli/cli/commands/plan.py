"""`canary plan`: what start would do, without doing it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.plan import plan_document, plan_lines, refused, write_file
from canarycli.cli.options.common import Common
from canarycli.errors import UsageError
from canarycli.operations import start as planned
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.start import Intent, Wanted, intend
from canarycli.operations.suggest import Aim, show_suggestion

MaybeModel = Annotated[
    str | None,
    Option(
        "--new-model",
        "-m",
        metavar="MODEL",
        help="A version already on the endpoint, else a model to deploy",
    ),
]
Out = Annotated[
    Path | None, Option(metavar="FILE", help="Write the plan to FILE, for start --plan FILE")
]
Suggest = Annotated[bool, Option("--suggest", help="Make the stages from the endpoint's traffic")]
Budget = Annotated[
    float | None,
    Option(
        metavar="N",
        min=1,
        help="With --suggest: bad responses an outage may cost; as at 5 % if left out",
    ),
]
MarginWord = Annotated[
    str | None,
    Option(metavar="20%", help="With --suggest: how much worse may pass; else the check's"),
]
Longest = Annotated[
    str | None, Option(metavar="2h", help="With --suggest: the whole may take so long")
]
Write = Annotated[
    bool,
    Option("--write", help="With --suggest: put the stages into the plan in canary.yaml"),
]
Yes = Annotated[bool, Option("--yes", "-y", help="Take risks as agreed to, as start --yes does")]


def plan(
    common: Common,
    *,
    new_model: MaybeModel = None,
    share: planned.Percent = None,
    plan_word: planned.PlanWord = None,
    stages: planned.Stages = None,
    bake: planned.Bake = None,
    baseline: planned.Baseline = None,
    skip: planned.Skip = None,
    out: Out = None,
    suggest: Suggest = False,
    budget_bad: Budget = None,
    margin: MarginWord = None,
    max_duration: Longest = None,
    write: Write = False,
    yes: Yes = False,
) -> int:
    """Show what start would do, without doing it.

    When each check can tell is worked out from the endpoint's recent traffic; a check that
    never can is a risk that start refuses without --yes.
    """
    aim = Aim(budget_bad, margin, max_duration, write)
    if not suggest and aim != Aim():
        raise UsageError(
            "--budget-bad, --margin, --max-duration and --write say how to suggest stages",
            hint="add --suggest",
        )
    if not suggest and new_model is None:
        raise UsageError("missing option '--new-model' / '-m'", hint="canary plan --help")
    wanted = Wanted(new_model or "", share, plan_word, stages, bake, baseline, tuple(skip or ()))
    with Output(common) as output:
        intent = intend(common, wanted, vague=suggest)
        if suggest:
            return show_suggestion(common, output, intent, replace(aim, out=out), yes=yes)
        if out is not None:
            write_file(output, out, intent.release.plan)
        return show_plan(output, intent, yes=yes)


def show_plan(output: Output, intent: Intent, *, yes: bool) -> int:
    """Show the plan with its troubles; the exit code is the one start would end with at once."""
    seen = foresee(intent)
    intent = foreseen(intent, seen)
    for warning in seen.warnings:
        output.say(f"warning: {warning.message}")
    output.result(plan_document(intent, seen), plan_lines(intent, seen))
    return refused(output, intent, yes=yes)
