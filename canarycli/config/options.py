"""The plan a release goes by: flags of the command line, a plan of the config, or a plan file."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from canarycli.config.ending import USUAL_BAKE, with_end
from canarycli.config.problem import complain, nearest
from canarycli.config.values import Config
from canarycli.durations import parse_duration
from canarycli.errors import PlanError
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage

USUAL_CHECKS = (
    Check("errors", Metric("errors"), no_worse_by=Margin(absolute=0.005)),
    Check("latency_p90", Metric("latency_p90"), no_worse_by=Margin(relative=0.2)),
)
"""What a release without a plan is judged by; a p99 would need ten times the requests of a p90."""


OLDER_ERRORS = replace(USUAL_CHECKS[0], name="errors_5xx", metric=Metric("errors_5xx"))
"""What stands for the usual `errors` on a cloud that only counts server errors."""


def on_cloud(plan: Plan, metrics: Collection[str]) -> Plan:
    """The plan with a usual check that the cloud's metrics can answer; a person's own stay."""
    if "errors" in metrics or USUAL_CHECKS[0] not in plan.checks:
        return plan
    return replace(
        plan, checks=tuple(OLDER_ERRORS if c == USUAL_CHECKS[0] else c for c in plan.checks)
    )


def plan_from_options(
    *,
    stages: str | None = None,
    percent: float | str | None = None,
    bake: timedelta | str | None = None,
    checks: Sequence[Check] | None = None,
    base: Plan | None = None,
) -> Plan:
    """The plan of the command line.

    `--percent 5` is one stage at 5% that holds for `canary promote`; `--stages 5,25,50,100` goes
    on by itself. Either replaces the stages of `base`, whose checks and policies stay. `--bake`
    alone gives every stage of `base` that time. At 100% nothing is left to compare with: that
    stage only bakes where a plan file says so.

    Args:
        stages: percents with commas between.
        percent: the share of the one stage.
        bake: least time per stage, 15m where nobody says.
        checks: what to judge by; those of `base`, else `USUAL_CHECKS`.
        base: the plan of `--plan` or of the endpoint.

    Raises:
        PlanError: a flag has a bad value, two flags contradict, or there is no plan at all.
    """
    if stages is not None and percent is not None:
        raise PlanError("--percent", "it can't go with --stages, use one of them")
    least = bake_from_option(bake) if isinstance(bake, str) else bake
    shares: tuple[float, ...] = ()
    if percent is not None:
        shares = (_share("--percent", percent),)
    elif stages is not None:
        shares = _rising(stages)
    plan = _plan(shares, least, base)
    return plan if checks is None else replace(plan, checks=tuple(checks))


def bake_from_option(text: str, flag: str = "--bake") -> timedelta:
    """A duration from the command line.

    Raises:
        PlanError: it has no unit, or is not a duration; names the flag.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise PlanError(flag, str(error), hint=f"such as {flag} 15m") from error


def plan_from_word(word: str, config: Config, *, cwd: Path, stdin: TextIO | None = None) -> Plan:
    """The plan `--plan` means: a name in the config, a file with just a plan, or `-` for stdin.

    Raises:
        PlanError: there is no such plan or file, or it has mistakes.
    """
    if word == "-":
        return _parse((stdin or sys.stdin).read(), "stdin", cwd)
    if word in config.plans:
        return config.plans[word]
    file = cwd / Path(word).expanduser()
    if not file.is_file():
        known = ", ".join(config.plans)
        hint = f"the config has {known}" if known else "write a plan file, or use --stages"
        message = f"there is no plan or file {word!r}{nearest(word, config.plans)}"
        raise PlanError("--plan", message, hint=hint)
    try:
        return _parse(file.read_text(encoding="utf-8-sig"), word, file.parent)
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(word, f"it can't be read: {error}") from error


def _plan(shares: Sequence[float], bake: timedelta | None, base: Plan | None) -> Plan:
    least = USUAL_BAKE if bake is None else bake
    if shares:
        written = tuple(Stage(s, timedelta(0) if s >= 100 else least) for s in shares)
        whole = with_end(written)
        return Plan(whole, USUAL_CHECKS) if base is None else replace(base, stages=whole)
    if base is None:
        raise PlanError(
            "--plan",
            "no plan is given and the endpoint names none",
            hint=("one stage: --percent 5", "several: --stages 5,25,50,100"),
        )
    if bake is None:
        return base
    return replace(
        base,
        stages=tuple(s if s.percent >= 100 else replace(s, bake=bake) for s in base.stages),
    )


def _rising(text: str) -> tuple[float, ...]:
    shares = tuple(_share("--stages", word) for word in text.split(","))
    for earlier, later in pairwise(shares):
        if later <= earlier:
            raise PlanError(
                "--stages",
                f"stages must rise, and {later:g}% follows {earlier:g}%",
                hint="such as --stages 5,25,50,100",
            )
    return shares


def _share(flag: str, value: float | str) -> float:
    text = str(value).strip().removesuffix("%")
    try:
        share = float(text)
    except ValueError:
        raise PlanError(flag, f"{str(value)!r} is not a number", hint=f"such as {flag} 5") from None
    if not 0 < share <= 100:
        raise PlanError(flag, f"{share:g} is not above 0 and up to 100", hint=f"such as {flag} 5")
    return share


def _parse(text: str, name: str, folder: Path) -> Plan:
    from canarycli.config.build import build_plan
    from canarycli.config.document import read_document
    from canarycli.config.plans import PlanModel
    from canarycli.config.rules import plan_flaws
    from canarycli.config.validate import validate

    document = read_document(text, name)
    model, problems = validate(document, PlanModel, plan_flaws)
    if model is None:
        raise complain(
            document.problems if document.data is None and document.problems else problems
        )
    return build_plan(model, Path(name).stem, folder)
