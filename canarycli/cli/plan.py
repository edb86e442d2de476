"""`canary plan`: what start would do, without doing it."""

from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli import intent as planned
from canarycli.cli.foresight import foresee, foreseen
from canarycli.cli.intent import Intent, Wanted, intend
from canarycli.cli.options import Common
from canarycli.cli.output import Output
from canarycli.cli.planned import plan_document, plan_lines
from canarycli.errors import Exit, UsageError
from canarycli.plan import Plan


def plan(
    common: Common,
    *,
    new_model: planned.NewModel,
    share: planned.Percent = None,
    plan_word: planned.PlanWord = None,
    stages: planned.Stages = None,
    bake: planned.Bake = None,
    baseline: planned.Baseline = None,
    skip: planned.Skip = None,
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Write the plan to FILE, for start --plan FILE")
    ] = None,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Take risks as agreed to, as start --yes does")
    ] = False,
) -> int:
    """Show what start would do, without doing it.

    When each check can tell is worked out from the endpoint's recent traffic; a check that
    never can is a risk that start refuses without --yes.
    """
    wanted = Wanted(new_model, share, plan_word, stages, bake, baseline, tuple(skip or ()))
    with Output(common) as output:
        intent = intend(common, wanted)
        if out is not None:
            _write(out, intent.release.plan)
            output.say(f"wrote {out}")
        return show_plan(output, intent, yes=yes)


def show_plan(output: Output, intent: Intent, *, yes: bool) -> int:
    """Show the plan with its troubles; the exit code is the one start would end with at once."""
    seen = foresee(intent)
    intent = foreseen(intent, seen)
    output.result(plan_document(intent, seen), plan_lines(intent, seen))
    intent.refuse_blocked()
    if not yes:
        intent.refuse_risks()
    return int(Exit.OK)


def _write(path: Path, intended: Plan) -> None:
    from canarycli.config.writing import write_plan

    try:
        path.write_text(write_plan(intended), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {str(path)!r} can't be written: {error.strerror}") from error
