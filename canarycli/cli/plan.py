"""`canary plan`: what start would do, without doing it."""

from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli import intent as planned
from canarycli.cli.foresight import foresee, foreseen
from canarycli.cli.intent import Intent, Wanted, intend
from canarycli.cli.options import Common
from canarycli.cli.output import Output
from canarycli.cli.planned import plan_document, plan_lines, refused
from canarycli.cli.suggesting import Aim, show_suggestion
from canarycli.errors import UsageError
from canarycli.plan import Plan


def plan(
    common: Common,
    *,
    new_model: Annotated[
        str | None,
        Option(
            "--new-model",
            "-m",
            metavar="MODEL",
            help="A version already on the endpoint, else a model to deploy",
        ),
    ] = None,
    share: planned.Percent = None,
    plan_word: planned.PlanWord = None,
    stages: planned.Stages = None,
    bake: planned.Bake = None,
    baseline: planned.Baseline = None,
    skip: planned.Skip = None,
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Write the plan to FILE, for start --plan FILE")
    ] = None,
    suggest: Annotated[
        bool, Option("--suggest", help="Make the stages from the endpoint's traffic")
    ] = False,
    budget_bad: Annotated[
        float | None,
        Option(
            metavar="N",
            min=1,
            help="With --suggest: bad responses an outage may cost; as at 5 % if left out",
        ),
    ] = None,
    margin: Annotated[
        str | None,
        Option(metavar="20%", help="With --suggest: how much worse may pass; else the check's"),
    ] = None,
    max_duration: Annotated[
        str | None, Option(metavar="2h", help="With --suggest: the whole may take so long")
    ] = None,
    write: Annotated[
        bool,
        Option("--write", help="With --suggest: put the stages into the plan in canary.yaml"),
    ] = False,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Take risks as agreed to, as start --yes does")
    ] = False,
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
            return show_suggestion(common, output, intent, aim, yes=yes)
        if out is not None:
            _write(out, intent.release.plan)
            output.say(f"wrote {out}")
        return show_plan(output, intent, yes=yes)


def show_plan(output: Output, intent: Intent, *, yes: bool) -> int:
    """Show the plan with its troubles; the exit code is the one start would end with at once."""
    seen = foresee(intent)
    intent = foreseen(intent, seen)
    output.result(plan_document(intent, seen), plan_lines(intent, seen))
    return refused(output, intent, yes=yes)


def _write(path: Path, intended: Plan) -> None:
    from canarycli.config.writing import write_plan

    try:
        path.write_text(write_plan(intended), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {str(path)!r} can't be written: {error.strerror}") from error
