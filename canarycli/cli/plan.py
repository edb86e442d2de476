"""`canary plan`: what start would do, without doing it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from canarycli.cli import intent as planned
from canarycli.cli.intent import Intent, Wanted, intend
from canarycli.cli.options import Common
from canarycli.cli.output import Output
from canarycli.cli.show import table
from canarycli.codec import to_json
from canarycli.errors import Exit, UsageError
from canarycli.plan import Check, Plan, Stage, Then
from canarycli.traffic import percent


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
        Path | None, Option(metavar="FILE", help="Write the plan as JSON, for start --plan FILE")
    ] = None,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Take risks as agreed to, as start --yes does")
    ] = False,
) -> int:
    """Show what start would do, without doing it."""
    wanted = Wanted(new_model, share, plan_word, stages, bake, baseline, tuple(skip or ()))
    with Output(common) as output:
        intent = intend(common, wanted)
        code = show_plan(output, intent, yes=yes)
        if out is not None:
            _write(out, intent.release.plan)
            output.say(f"wrote {out}")
        return code


def show_plan(output: Output, intent: Intent, *, yes: bool) -> int:
    """Show the plan with its troubles; the exit code is the one start would end with at once."""
    output.result(_document(intent), _lines(intent))
    intent.refuse_blocked()
    if not yes:
        intent.refuse_risks()
    return int(Exit.OK)


def _document(intent: Intent) -> dict[str, Any]:
    release = intent.release
    return {
        "schema": "canary.plan/1",
        "endpoint": release.endpoint,
        "provider": release.provider,
        "region": release.place,
        "baseline": release.baseline,
        "candidate": release.candidate or None,
        "deploys": release.model or None,
        "plan": release.plan.name,
        "stages": [
            {"percent": s.percent, "bake": s.bake.total_seconds(), "then": s.then.value}
            for s in release.plan.stages
        ],
        "checks": [{"name": c.name, "limit": limit_text(c)} for c in release.plan.checks],
        "expected_seconds": sum(s.bake.total_seconds() for s in release.plan.stages),
        "troubles": [
            {"message": t.message, "hint": t.hint, "blocks": t.blocks, "exit_code": int(t.exit)}
            for t in intent.troubles
        ],
    }


def _lines(intent: Intent) -> Iterator[str]:
    release = intent.release
    candidate = release.candidate or f"{release.model} (to be deployed)"
    yield (
        f"{release.endpoint}  {release.baseline} → {candidate}   "
        f"{release.provider} {release.place}   plan {release.plan.name}"
    )
    yield ""
    head = ("STAGE", release.baseline, release.candidate or release.model, "BAKE", "MOVES ON WHEN")
    rows = [_stage_row(number, s, release.plan) for number, s in enumerate(release.plan.stages, 1)]
    yield from (f"  {line}" for line in table([head, *rows]))
    if release.plan.checks:
        yield ""
        checks = [("CHECK", "LIMIT")] + [(c.name, limit_text(c)) for c in release.plan.checks]
        yield from (f"  {line}" for line in table(checks))
    yield ""
    for trouble in intent.troubles:
        yield f"  {'✖' if trouble.blocks else '!'} {trouble.message}; {trouble.hint}"
    yield (
        f"  changes now  nothing. To run it: canary start {release.endpoint} "
        f"--new-model {release.candidate or release.model}"
    )


def _stage_row(number: int, stage: Stage, whole: Plan) -> tuple[str, ...]:
    moves = "a person runs canary promote" if stage.then is Then.HOLD else "all checks pass"
    if number == len(whole.stages) and stage.then is not Then.HOLD:
        moves = "ends: promoted"
    bake = f"{stage.bake.total_seconds() / 60:g} min" if stage.bake else ""
    return str(number), percent(100 - stage.percent), percent(stage.percent), bake, moves


def limit_text(check: Check) -> str:
    """A check's limit in words."""
    if check.no_worse_by is not None:
        return f"no worse than the baseline by {check.no_worse_by}"
    if check.never_above is not None:
        return f"never above {check.never_above:g} {check.metric.unit.value}"
    return f"never below {check.never_below:g} {check.metric.unit.value}"


def _write(path: Path, intended: Plan) -> None:
    try:
        path.write_text(json.dumps(to_json(intended), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {str(path)!r} can't be written: {error.strerror}") from error
