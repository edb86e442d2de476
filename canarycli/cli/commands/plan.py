"""`canary plan`: what start would do, without doing it."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.plan import show_plan
from canarycli.cli.display.suggestion import show_suggestion
from canarycli.cli.options import release as options
from canarycli.cli.options.common import Named
from canarycli.errors import UsageError
from canarycli.operations.plan import write_plan_file
from canarycli.operations.start import Wanted, intend
from canarycli.operations.suggest import Aim

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
    common: Named,
    *,
    new_model: MaybeModel = None,
    share: options.Percent = None,
    plan_word: options.PlanWord = None,
    stages: options.Stages = None,
    bake: options.Bake = None,
    baseline: options.Baseline = None,
    skip: options.Skip = None,
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
        intent = intend(
            address_of(common, offer=True), wanted, os.environ, stdin=sys.stdin, vague=suggest
        )
        if suggest:
            return show_suggestion(common, output, intent, replace(aim, out=out), yes=yes)
        if out is not None:
            output.say(write_plan_file(out, intent.release.plan))
        return show_plan(output, intent, yes=yes)
