"""`canary plan --suggest`: stages from traffic and risk instead of habit."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import ceil
from pathlib import Path

from canarycli.config import bake_from_option
from canarycli.config.discover import discover, here
from canarycli.config.quantities import parse_margin
from canarycli.errors import PlanError, UsageError
from canarycli.forecast import Traffic, forecast
from canarycli.forecast.fitting import Fit, fit
from canarycli.judge.margins import tolerance
from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.operations.foresight import Foresight, foresee, foreseen
from canarycli.operations.start import Intent
from canarycli.plan import USUAL_NAME, Check, Margin, Plan
from canarycli.release.decide.sentences import span
from canarycli.release.preflight import preflight

NEW = "suggested"
"""The name of a plan that had none."""

LARGER = (1.5, 2, 3, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Aim:
    """The flags that say what the stages are made for."""

    budget: float | None = None
    margin: str | None = None
    max_duration: str | None = None
    write: bool = False
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Stages made from traffic and risk, with what is to be expected of them.

    Attributes:
        intent: the release with these stages, and what stands against it.
        seen: what is foreseen of it.
        made: the stages.
        check: the one that bounds the harm.
        traffic: the endpoint as it is.
    """

    intent: Intent
    seen: Foresight
    made: Fit
    check: Check
    traffic: Traffic


def suggest(intent: Intent, aim: Aim) -> Suggestion:
    """Make the stages from the endpoint's recent traffic.

    Raises:
        UsageError: nothing is known to make stages from, or none fit.
    """
    seen = foresee(intent, insist=True)
    check, traffic = _traffic(intent, seen)
    if aim.margin is not None:
        seen, check = _widened(seen, check, aim.margin)
    made = _fit(seen, check, traffic, aim)
    told = forecast(made.plan, traffic.per_minute, seen.known, seen.settle)
    release = replace(seen.release, plan=made.plan)
    seen = replace(seen, release=release, forecast=told)
    intent = replace(intent, flags=(*intent.flags, *_flags(made.plan, aim)))
    return Suggestion(_preflighted(intent, seen), seen, made, check, traffic)


def _flags(plan: Plan, aim: Aim) -> tuple[str, ...]:
    """What start has to be told to go by these stages."""
    if aim.write:
        return "--plan", _name(plan)
    if aim.out is not None:
        return "--plan", str(aim.out)
    stages = ",".join(f"{stage.percent:g}" for stage in plan.stages)
    longest = max((stage.bake for stage in plan.stages), default=timedelta())
    return "--stages", stages, "--bake", f"{ceil(longest / timedelta(minutes=1))}m"


def _name(plan: Plan) -> str:
    return NEW if plan.name == USUAL_NAME else plan.name


def _preflighted(intent: Intent, seen: Foresight) -> Intent:
    release = seen.release
    limits = intent.work.provider.limits
    troubles = preflight(release.plan, limits, intent.endpoint, release.baseline, release.candidate)
    return foreseen(replace(intent, troubles=troubles), seen)


def _traffic(intent: Intent, seen: Foresight) -> tuple[Check, Traffic]:
    """The check that bounds the harm, and the endpoint as it is."""
    if not seen.per_minute:
        raise UsageError(
            f"nothing is known of the traffic of {intent.endpoint.name}, "
            f"{seen.why or 'no request came in the last hour'}",
            hint="stages by hand: canary plan --stages 5,25,50,100",
        )
    gates = [check for check in seen.release.plan.gates if check.margin is not None]
    rated = [check for check in gates if "rate" in seen.known.get(check.name, {})]
    if not rated:
        raise UsageError(
            "stages are made from a check on errors, and the plan has none that is known here",
            hint="add a check such as errors with no_worse_by: 0.5pp",
        )
    check = min(rated, key=lambda c: not c.metric.counts_failures)
    facts = seen.known[check.name]
    finest = intent.work.provider.limits.finest_percent
    rate, phi = float(facts["rate"]), float(facts.get("phi", 1.0))
    return check, Traffic(seen.per_minute, rate, phi, seen.settle, finest)


def _fit(seen: Foresight, check: Check, traffic: Traffic, aim: Aim) -> Fit:
    most = bake_from_option(aim.max_duration, "--max-duration") if aim.max_duration else None
    margin = tolerance(check.margin or Margin(), traffic.rate)
    if margin <= 0:
        raise PlanError("--margin", "0 can never be shown", hint="such as --margin 20%")

    def made(budget: float | None) -> Fit:
        return fit(seen.release.plan, traffic, seen.known, budget=budget, margin=margin)

    try:
        found = made(aim.budget)
        if most is None or found.duration <= most:
            return found
        larger = ((found.budget * times, made(found.budget * times)) for times in LARGER)
        ways = (
            f"--budget-bad {budget:.0f} takes about {span(other.duration)}"
            for budget, other in larger
            if other.duration <= most
        )
    except ValueError as error:
        raise UsageError(f"no stages fit: {error}", hint="allow more with --budget-bad") from error
    raise UsageError(
        f"stages that put at most {found.budget:,.0f} bad responses at risk take about "
        f"{span(found.duration)}, longer than {span(most)}",
        hint=next(ways, "allow more with --margin or --max-duration"),
    )


def _widened(seen: Foresight, check: Check, text: str) -> tuple[Foresight, Check]:
    """The release with that margin on the check."""
    try:
        wider = check.with_margin(parse_margin(text, Unit.RATIO))
    except ValueError as error:
        raise PlanError("--margin", str(error), hint="such as --margin 20%") from error
    plan = seen.release.plan
    checks = tuple(wider if c.name == check.name else c for c in plan.checks)
    release = replace(seen.release, plan=replace(plan, checks=checks))
    return replace(seen, release=release), wider


def config_to_change(config: Path | None, env: Mapping[str, str]) -> Path:
    """The canary.yaml that `--write` puts stages into.

    Raises:
        UsageError: there is none, or it is TOML.
    """
    path = discover(config, cwd=here(), env=env)
    if path is None or path.suffix == ".toml":
        where = "there is no canary.yaml here" if path is None else f"{path.name} is TOML"
        raise UsageError(f"--write: {where}", hint="leave --write out and paste what is printed")
    return path


def write_stages(path: Path, made: Fit) -> str:
    """Put the stages into their plan in canary.yaml; says so in one line.

    Raises:
        UsageError: the file can't be changed in place.
    """
    name = _name(made.plan)
    from canarycli.config.editing import Uneditable, with_plan

    try:
        before = path.read_bytes().decode("utf-8")
        after = with_plan(before, name, made.plan)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_bytes(after.encode("utf-8"))
        fresh.chmod(path.stat().st_mode)
        fresh.replace(path.resolve())
    except Uneditable as error:
        raise UsageError(
            f"--write can't change {path.name} in place: {error}",
            hint="leave --write out and paste what is printed",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--write: {str(path)!r} can't be written: {error}") from error
    return f"wrote {len(made.plan.stages)} stages to plan {name} in {path.name}"
