"""`canary plan --suggest`: stages from traffic and risk instead of habit."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.display.plan import plan_document, plan_lines, refused, write_file
from canarycli.cli.display.status import table
from canarycli.cli.options.common import Common
from canarycli.config import bake_from_option
from canarycli.config.discover import discover
from canarycli.config.quantities import parse_margin
from canarycli.errors import Exit, PlanError, UsageError
from canarycli.forecast import Traffic, forecast
from canarycli.forecast.fitting import Fit, fit
from canarycli.judge.sources import tolerance
from canarycli.metrics import Unit
from canarycli.operations.foresight import Foresight, foresee, foreseen
from canarycli.operations.start import Intent
from canarycli.plan import Check, Margin
from canarycli.release.decide.sentences import span
from canarycli.release.preflight import preflight
from canarycli.traffic import percent

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


def show_suggestion(common: Common, output: Output, intent: Intent, aim: Aim, *, yes: bool) -> int:
    """Show the stages, and write them into canary.yaml if asked to.

    Raises:
        UsageError: nothing is known to make stages from, or none fit.
    """
    path = _file(common) if aim.write else None
    seen = foresee(intent, insist=True)
    check, traffic = _traffic(intent, seen)
    if aim.margin is not None:
        seen, check = _widened(seen, check, aim.margin)
    made = _fit(seen, check, traffic, aim)
    told = forecast(made.plan, traffic.per_minute, seen.known, seen.settle)
    release = replace(seen.release, plan=made.plan)
    seen = replace(seen, release=release, forecast=told)
    intent = _preflighted(intent, seen)
    document = {**plan_document(intent, seen), "suggestion": _document(made, check, traffic)}
    output.result(document, _lines(intent, seen, made, paste=path is None))
    refuse = refused(output, intent, yes=yes)
    if refuse:
        return refuse
    if aim.out is not None:
        write_file(output, aim.out, made.plan)
    if path is not None:
        name = made.plan.name
        output.say(_write(path, NEW if name == "command line" else name, made))
        if aim.margin is not None:
            output.say(f"they count on no_worse_by: {aim.margin} at check {check.name}")
    return int(Exit.OK)


def _preflighted(intent: Intent, seen: Foresight) -> Intent:
    release = seen.release
    limits = intent.work.provider.limits
    troubles = preflight(release.plan, limits, intent.endpoint, release.baseline, release.candidate)
    return foreseen(replace(intent, troubles=troubles), seen)


def _traffic(intent: Intent, seen: Foresight) -> tuple[Check, Traffic]:
    """The check that bounds the harm, and the endpoint as it is."""
    if not seen.per_minute:
        raise UsageError(
            f"nothing is known of the traffic of {intent.endpoint.name}: "
            f"{seen.why or 'no request came in the last hour'}",
            hint="stages by hand: canary plan --stages 5,25,50,100",
        )
    gates = [check for check in seen.release.plan.gates if check.no_worse_by is not None]
    rated = [check for check in gates if "rate" in seen.known.get(check.name, {})]
    if not rated:
        raise UsageError(
            "stages are made from a check on errors, and the plan has none that is known here",
            hint="add a check such as errors_5xx with no_worse_by: 0.5pp",
        )
    check = min(rated, key=lambda c: c.metric.name not in {"errors_5xx", "model_errors"})
    facts = seen.known[check.name]
    finest = intent.work.provider.limits.finest_percent
    rate, phi = float(facts["rate"]), float(facts.get("phi", 1.0))
    return check, Traffic(seen.per_minute, rate, phi, seen.settle, finest)


def _fit(seen: Foresight, check: Check, traffic: Traffic, aim: Aim) -> Fit:
    most = bake_from_option(aim.max_duration, "--max-duration") if aim.max_duration else None
    margin = tolerance(check.no_worse_by or Margin(), traffic.rate)
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
        wider = replace(check, no_worse_by=parse_margin(text, Unit.RATIO))
    except ValueError as error:
        raise PlanError("--margin", str(error), hint="such as --margin 20%") from error
    plan = seen.release.plan
    checks = tuple(wider if c.name == check.name else c for c in plan.checks)
    release = replace(seen.release, plan=replace(plan, checks=checks))
    return replace(seen, release=release), wider


def _document(made: Fit, check: Check, traffic: Traffic) -> dict[str, Any]:
    found = made.suggestion
    return {
        "check": check.name,
        "rate": traffic.rate,
        "budget_bad": round(made.budget, 1),
        "duration_seconds": made.duration,
        "stages": [
            {
                "percent": stage.percent,
                "bake": stage.bake,
                "at_risk": round(found.at_risk[n], 1),
                "rules_out": round(found.shows[n], 3) if n < len(found.shows) else None,
            }
            for n, stage in enumerate(made.plan.stages)
        ],
    }


def _lines(intent: Intent, seen: Foresight, made: Fit, *, paste: bool) -> Iterator[str]:
    from canarycli.config.writing import plan_data, write_yaml

    yield from plan_lines(intent, seen)
    yield ""
    found = made.suggestion
    rows = [("STAGE", "SHARE", "BAD RESPONSES AT RISK", "ITS END RULES OUT")]
    for n, stage in enumerate(made.plan.stages):
        ruled = f"x{found.shows[n]:.3g} the baseline's rate" if n < len(found.shows) else ""
        rows.append((str(n + 1), percent(stage.percent), f"{found.at_risk[n]:,.0f}", ruled))
    yield from (f"  {line}" for line in table(rows))
    if paste:
        yield ""
        yield "  to paste into a plan of canary.yaml, or add --write:"
        data = {"stages": plan_data(made.plan)["stages"]}
        yield from (f"    {line}" for line in write_yaml(data).splitlines())


def _file(common: Common) -> Path:
    path = discover(common.config, cwd=Path.cwd(), env=os.environ)
    if path is None or path.suffix == ".toml":
        where = "there is no canary.yaml here" if path is None else f"{path.name} is TOML"
        raise UsageError(f"--write: {where}", hint="leave --write out and paste what is printed")
    return path


def _write(path: Path, name: str, made: Fit) -> str:
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
