"""What `canary plan` shows: stages, when each check can tell, and what happens otherwise."""

import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.display.table import GAP, fitted, indented, room, table, to_paste
from canarycli.cli.options.common import Talk
from canarycli.config.alarms import alarm_of
from canarycli.errors import Exit
from canarycli.forecast import Forecast, Outlook
from canarycli.judge.wording import amount
from canarycli.operations.foresight import Foresight, foresee, foreseen, margin_text
from canarycli.operations.start import Intent
from canarycli.plan import USUAL_NAME, Better, Check, Plan, Shadow, Stage, Then, Wait
from canarycli.release.approving import approving
from canarycli.release.decide.sentences import span
from canarycli.traffic import percent

LONGEST_NAME = 32
"""A longer name of a metric is cut; `-v` and JSON have it whole."""


def show_plan(output: Output, intent: Intent, *, yes: bool) -> int:
    """Show the plan with its troubles; the exit code is the one start would end with at once."""
    seen = foresee(intent)
    intent = foreseen(intent, seen)
    for warning in seen.warnings:
        output.say(f"warning: {warning.message}")
    verbose = output.talk_level in {Talk.VERBOSE, Talk.DEBUG}
    lines = plan_lines(intent, seen, room(), queries=verbose)
    output.result(plan_document(intent, seen), lines)
    return refused(output, intent, yes=yes)


def plan_document(intent: Intent, seen: Foresight) -> dict[str, Any]:
    """The `canary.plan/1` object."""
    release, told = intent.release, seen.forecast
    return {
        "schema": "canary.plan/1",
        "endpoint": release.endpoint,
        "provider": release.provider,
        "region": release.place,
        "baseline": release.baseline,
        "candidate": release.candidate or None,
        "deploys": release.model or None,
        "uploads": intent.upload or None,
        "plan": release.plan.name,
        "shadow": _shadow_document(release.plan, seen),
        "stages": [
            {
                "percent": stage.percent,
                "bake": stage.bake,
                "then": stage.then,
                "leeway": stage.leeway,
                "requests": None if told is None else round(told.requests[n]),
            }
            for n, stage in enumerate(release.plan.stages)
        ],
        "checks": [
            {
                "name": check.name,
                "limit": limit_text(check),
                "query": seen.queries.get(check.metric.key),
            }
            for check in release.plan.checks
        ],
        "sources": [
            {
                "name": one.source,
                "questions": one.questions,
                "looks_a_day": one.a_day,
                "reads_bytes": one.cost.reads,
                "at_most_bytes": one.cost.most,
            }
            for one in seen.reads
        ],
        "smoke": [smoke.name for smoke in release.plan.smoke],
        "expected_seconds": _duration(release.plan, told),
        "forecast": forecast_document(seen),
        "troubles": [
            {"message": t.message, "hint": t.hint, "blocks": t.blocks, "exit_code": int(t.exit)}
            for t in intent.troubles
        ],
    }


def _shadow_document(plan: Plan, seen: Foresight) -> dict[str, Any] | None:
    if plan.shadow is None:
        return None
    copies = _copies(plan.shadow, seen)
    return {
        "percent": plan.shadow.percent,
        "bake": plan.shadow.bake,
        "requests": None if copies is None else round(copies),
    }


def forecast_document(seen: Foresight) -> dict[str, Any]:
    """What is foreseen, or why nothing is."""
    told = seen.forecast
    if told is None:
        return {"known": False, "why": seen.why}
    return {
        "known": True,
        "requests_per_minute": None if seen.per_minute is None else round(seen.per_minute, 1),
        "duration_seconds": told.duration,
        "undecidable": told.undecidable,
        "unknown": told.unknown,
        "checks": [
            {
                "name": outlook.check,
                "stage": outlook.stage,
                "passes_in_seconds": outlook.passes_in,
                "fails_in_seconds": outlook.fails_in,
                "assumed": outlook.assumed,
                "smallest": outlook.smallest,
                "unit": outlook.unit,
                "window_seconds": outlook.window,
            }
            for outlook in told.outlooks
        ],
    }


def plan_lines(
    intent: Intent, seen: Foresight, width: int | None = None, *, queries: bool = False
) -> Iterator[str]:
    """The screen.

    Args:
        intent: the release that would be started.
        seen: what is to be expected of it.
        width: the room there is, None for as much as it takes.
        queries: each check's whole question to its cloud, not only the metric's name.
    """
    yield from fitted(_plan_lines(intent, seen, width, queries=queries), width)


def _plan_lines(
    intent: Intent, seen: Foresight, width: int | None, *, queries: bool
) -> Iterator[str]:
    release = intent.release
    plan, name = release.plan, release.name
    bring = "to be uploaded and deployed" if intent.upload else "to be deployed"
    candidate = release.candidate or f"{release.model} ({bring})"
    inner = None if width is None else width - len(GAP)
    yield (
        f"{release.endpoint}  {release.baseline} → {candidate}   "
        f"{release.provider} {release.place}   {_plan_text(intent)}"
    )
    yield ""
    stages = list(_stage_rows(plan, release.baseline, name, seen))
    yield from indented(table(stages, inner, spare=(release.baseline, stages[0][4])))
    if plan.checks:
        yield ""
        checks = list(_check_rows(plan, seen, queries=queries))
        yield from indented(table(checks, inner, spare=("FROM",)))
    if seen.why:
        yield f"  {seen.why}, so it can't be said when a check can tell"
    yield ""
    yield from _warnings(intent, seen)
    yield from _last_lines(intent, seen, inner)


def _warnings(intent: Intent, seen: Foresight) -> Iterator[str]:
    """What speaks against it, in a paragraph of its own."""
    for trouble in intent.troubles:
        yield f"  {'✖' if trouble.blocks else '!'} {trouble.message}; {trouble.hint}"
    for remark in seen.remarks:
        yield f"  ! {remark}"
    if intent.troubles or seen.remarks:
        yield ""


def _last_lines(intent: Intent, seen: Foresight, inner: int | None) -> Iterator[str]:
    """What else it takes, and the command that would run it."""
    release, plan = intent.release, intent.release.plan
    model = intent.files or release.name
    run = shlex.join(["canary", "start", release.endpoint, "--new-model", model, *intent.flags])
    uploads = [("uploads", intent.upload)] if intent.upload else []
    last = [
        *uploads,
        *((f"source {one.source}", str(one)) for one in seen.reads),
        *_before(plan),
        *otherwise(plan, release.baseline),
        ("takes", takes(plan, seen)),
    ]
    last.append(("changes now", f"nothing. To run it: {run}"))
    if inner is None or max(map(len, table(last))) <= inner:
        yield from indented(table(last))
        return
    yield from indented(table([*last[:-1], ("changes now", "nothing. To run it:")], inner))
    yield from to_paste(run, inner)


def _plan_text(intent: Intent) -> str:
    """Which plan; where only its checks are used, that."""
    plan = intent.release.plan
    if plan.name == USUAL_NAME or not {"--percent", "--stages"} & set(intent.flags):
        return f"plan {plan.name}"
    held = next((n for n, stage in enumerate(plan.stages, 1) if stage.then is Then.HOLD), None)
    stages = ", ".join(percent(stage.percent) for stage in plan.stages[:held])
    return f"{stages}{', then hold' if held else ''}; checks of plan {plan.name}"


def refused(output: Output, intent: Intent, *, yes: bool) -> int:
    """The exit code that start would end with at once.

    JSON holds the troubles already, and one document is enough: they are not raised then.

    Raises:
        CanaryError: for people, what stands against the release.
    """
    standing = [trouble for trouble in intent.troubles if trouble.blocks or not yes]
    if output.for_people:
        intent.refuse_blocked()
        if not yes:
            intent.refuse_risks()
    for trouble in standing:
        output.say(f"{trouble.message}; {trouble.hint}")
    return int(standing[0].exit if standing else Exit.OK)


def _before(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.smoke:
        names = ", ".join(smoke.name for smoke in plan.smoke)
        yield "before any traffic", f"the candidate must answer {names}"


def limit_text(check: Check) -> str:
    """A check's limit in words."""
    if alarm_of(check) is not None:
        return "never in alarm"
    if check.margin is not None:
        margin = margin_text(check, check.margin)
        if check.two_sided:
            return f"within {margin.replace('+', '±', 1)}"
        if check.better is Better.HIGHER:
            return f"at least {margin.replace('+', '-', 1)}"
        return f"at most {margin}"
    word, limit = "above", check.never_above
    if limit is None:
        word, limit = "below", check.never_below or 0.0
    return f"never {word} {amount(limit, check.metric.unit)}"


def _stage_rows(plan: Plan, baseline: str, name: str, seen: Foresight) -> Iterator[tuple[str, ...]]:
    yield "STAGE", baseline, name, "BAKE", f"REQUESTS ON {name}", "MOVES ON WHEN"
    if plan.shadow is not None:
        share = f"{percent(plan.shadow.percent)} copy"
        copies, bake = _copies(plan.shadow, seen), plan.shadow.bake
        yield "shadow", "100%", share, _bake(bake), _about(copies), "all checks pass"
    for number, stage in enumerate(plan.stages, 1):
        ends = number == len(plan.stages) and stage.then is not Then.HOLD
        moves = _moves_on(stage)
        if ends:
            moves = "on probation" if plan.watched_after else "ends: promoted"
        shares = percent(100 - stage.percent), percent(stage.percent)
        yield str(number), *shares, _bake(stage.bake), _requests(stage, number, seen), moves


def _moves_on(stage: Stage) -> str:
    """When a stage leads to the next."""
    moves = "all checks pass" if stage.then is Then.GO else "a person runs canary promote"
    if stage.approvals:
        moves = approving(stage)
    return f"{moves}, within {stage.leeway:.3g} times their limits" if stage.leeway > 1 else moves


def _bake(bake: timedelta) -> str:
    return span(bake) if bake else ""


def _copies(shadow: Shadow, seen: Foresight) -> float | None:
    """The requests that are copied during the bake, None where nothing tells."""
    if seen.per_minute is None:
        return None
    return seen.per_minute * shadow.percent / 100 * (shadow.bake / timedelta(minutes=1))


def _requests(stage: Stage, number: int, seen: Foresight) -> str:
    if seen.forecast is None or not stage.bake:
        return ""
    return _about(seen.forecast.requests[number - 1])


def _about(requests: float | None) -> str:
    return f"≈ {float(f'{requests:.2g}'):,.0f}" if requests else ""


def _check_rows(plan: Plan, seen: Foresight, *, queries: bool) -> Iterator[tuple[str, ...]]:
    yield "CHECK", "LIMIT", "FROM", "CAN TELL BY STAGE"
    for check in plan.checks:
        query = seen.queries.get(check.metric.key, "").partition("\n")[0]
        source = query if queries else _metric_name(query)
        yield check.name, limit_text(check), source, _tells(check, plan, seen)


def _metric_name(query: str) -> str:
    """What a cloud's question asks for, without its filters: `response_count`."""
    named = re.search(r'metric\.type\s*=\s*"([^"]+)"', query)
    name = named[1].rpartition("/")[2] if named else query
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _tells(check: Check, plan: Plan, seen: Foresight) -> str:
    told = seen.forecast
    if told is None:
        return ""
    if check.name in told.unknown or check.name not in {o.check for o in told.outlooks}:
        return "nothing is known of it yet"
    mine = [outlook for outlook in told.outlooks if outlook.check == check.name]
    if check.at_end:
        short = "never: too few in all stages" if check.name in told.short else "all of them"
        late = f", labels after {span(mine[0].late)}" if mine and mine[0].late else ""
        return f"gates the end: {short}{late}"
    first = next((o for o in mine if _in_time(o, plan)), None)
    if first is None:
        return f"never: {_slow(mine[-1], plan)}" if mine else "nothing is known of it yet"
    text = f"{first.stage}  after ≈ {span(first.passes_in or timedelta(0))}"
    if first.window is not None:
        text += f", in windows of {span(first.window)}"
    if first.stage == 1:
        return text
    return f"{text}; {percent(plan.stages[0].percent)} is too little traffic for it"


def _in_time(outlook: Outlook, plan: Plan) -> bool:
    patience = plan.patience(plan.stages[outlook.stage - 1])
    return outlook.passes_in is not None and outlook.passes_in - outlook.late <= patience


def _slow(outlook: Outlook, plan: Plan) -> str:
    share = percent(plan.stages[outlook.stage - 1].percent)
    if outlook.passes_in is None:
        return f"not even at {share}"
    return f"it takes ≈ {span(outlook.passes_in)} at {share}"


def otherwise(plan: Plan, baseline: str) -> Iterator[tuple[str, str]]:
    """What happens where it does not pass: when, and what then."""
    if not plan.gates:
        return
    patient = all(check.margin is None for check in plan.gates) and plan.fails_after > 1
    reads = f" {plan.fails_after} reads in a row" if patient else ""
    back = f"roll back to {baseline} 100% at once"
    yield (
        f"if a check fails{reads}",
        back if plan.on_fail is Then.ROLLBACK else "pause for a person",
    )
    patience = plan.unclear_after + plan.on_unclear.pause
    after = "roll back" if plan.on_unclear.then is Then.ROLLBACK else "hold"
    yield (
        f"if it can't tell within {span(patience)}",
        f"{after}; it pauses for the last {span(plan.on_unclear.pause)}",
    )
    if plan.on_no_metrics != plan.on_unclear:
        yield "if metrics are missing", _waits(plan.on_no_metrics)
    if plan.watched_after:
        late = ", ".join(check.name for check in plan.gates if check.at_end)
        yield (
            "once it has all traffic",
            f"on probation for {span(plan.watched_after)}"
            + (f", or till {late} passes" * bool(late)),
        )


def _waits(wait: Wait) -> str:
    after = "roll back" if wait.then is Then.ROLLBACK else "hold"
    return f"pause for {span(wait.pause)}, then {after}"


def takes(plan: Plan, seen: Foresight) -> str:
    """How long a release lasts that nothing stops."""
    told = seen.forecast
    holds = [percent(stage.percent) for stage in plan.stages if stage.then is Then.HOLD]
    waits = f" plus the wait at {' and '.join(holds)}" if holds else ""
    if told is not None and told.duration is None:
        least, slow = span(_duration(plan, None)), " and ".join(told.undecidable)
        return f"at least {least}" + (f", and {slow} can't tell in time" if slow else "")
    return f"about {span(_minutes(_duration(plan, told)))}{waits}"


def _duration(plan: Plan, told: Forecast | None) -> timedelta:
    """Of a release that nothing stops: as foreseen, else what is to bake at least."""
    bakes = sum((stage.bake for stage in plan.stages), timedelta(0))
    stages = told.duration if told and told.duration else bakes
    return stages + (plan.shadow.bake if plan.shadow else timedelta(0))


def _minutes(length: timedelta) -> timedelta:
    """Whole minutes, from two minutes on."""
    minute = timedelta(minutes=1)
    return length if length < 2 * minute else round(length / minute) * minute
