"""What would let a check tell that can't: more time, more traffic, or a wider margin."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

from canarycli.forecast.outlook import forecast
from canarycli.late_methods import dataclass
from canarycli.plan import Check, Margin, Plan

SLACK = 0.9
"""Of the traffic is counted on, so that what helps now still helps in a few minutes."""

SHARES = (1, 2, 5, 10, 15, 20, 25, 30, 40, 50)
WIDER = (1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10)


@dataclass(frozen=True, slots=True)
class Remedy:
    """The least that helps one check, each by itself; None where it alone does not help.

    Attributes:
        stage: the first at which the check can't pass in time, counted from 1.
        takes: how long it would take there, None for never.
        patience: `unclear_after` that would be enough.
        percent: a share for the first stages that would be enough.
        margin: a margin that would be enough.
    """

    stage: int
    takes: timedelta | None
    patience: timedelta | None
    percent: float | None
    margin: Margin | None


def remedy(
    check: Check, plan: Plan, per_minute: float, known: Mapping[str, Any], settle: timedelta
) -> Remedy:
    """What would help a check of `Forecast.undecidable`.

    Args:
        check: the check.
        plan: the plan it can't be decided in.
        per_minute: requests of the endpoint, both arms together.
        known: what is known of the metrics, from `levels`.
        settle: from a change of traffic to the first point that can be judged.
    """

    def helps(changed: Plan) -> bool:
        told = forecast(changed, SLACK * per_minute, known, settle)
        return check.name not in told.undecidable

    told = forecast(plan, per_minute, known, settle)
    mine = [o for o in told.outlooks if o.check == check.name]
    bakes = [stage.bake for stage in plan.stages]
    late = next(
        o
        for o in mine
        if o.passes_in is None or o.passes_in - o.late > max(plan.unclear_after, bakes[o.stage - 1])
    )
    times = [o.passes_in - o.late for o in mine if o.passes_in is not None]
    patience = _rounded(max(times) / SLACK) if len(times) == len(mine) else None
    shares = (s for s in SHARES if s > plan.stages[0].percent and helps(from_share(plan, s)))
    margins = (m for m in _wider(check.margin) if helps(_with(plan, check, m)))
    return Remedy(late.stage, late.passes_in, patience, next(shares, None), next(margins, None))


def from_share(plan: Plan, percent: float) -> Plan:
    """The same plan with no stage below that share."""
    stages = tuple(stage for stage in plan.stages if stage.percent > percent)
    first = [stage for stage in plan.stages if stage.percent <= percent]
    begin = (replace(first[-1], percent=percent),) if first else ()
    return replace(plan, stages=(*begin, *stages))


def _wider(margin: Margin | None) -> tuple[Margin, ...]:
    if margin is None:
        return ()
    return tuple(Margin(margin.relative * times, margin.absolute * times) for times in WIDER)


def _with(plan: Plan, check: Check, margin: Margin) -> Plan:
    wider = check.with_margin(margin)
    return replace(plan, checks=tuple(wider if c.name == check.name else c for c in plan.checks))


def _rounded(length: timedelta) -> timedelta:
    """Up to whole five minutes, from two hours on to whole half hours."""
    step = timedelta(minutes=5) if length <= timedelta(hours=2) else timedelta(minutes=30)
    return ceil(length / step) * step
