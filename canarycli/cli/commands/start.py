"""`canary start`: start a canary release and see it through."""

from typing import Annotated

from typer import Option

from canarycli.cli.options import release as options
from canarycli.cli.options.artifacts import JUnit, Report, Summary
from canarycli.cli.options.common import Named
from canarycli.cli.options.driving import Interrupt, OkOn, Timeout
from canarycli.operations.engine_kind import EngineKind


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
    engine: Annotated[
        EngineKind | None,
        Option(help="Who drives: this process, or Temporal; else as canary.yaml says"),
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
    # Whoever asks for the help does not wait for what starts a release.
    from canarycli.cli.display.starting import Starting
    from canarycli.operations.artifacts import Artifacts
    from canarycli.operations.start import Wanted

    left_out = tuple(skip or ())
    wanted = Wanted(
        new_model, share, plan, stages, bake, baseline, left_out, note, ref, override_freeze
    )
    starting = Starting(
        common,
        wanted,
        Artifacts(junit, summary, report),
        timeout,
        on_interrupt,
        ok_on,
        engine,
        yes=yes,
    )
    return starting.foresee() if dry_run else starting.start(wait, stay, detach=detach)
