"""Gives every stage the time that its checks need, and says whether the whole is short enough."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

from canarycli.forecast.outlook import forecast
from canarycli.forecast.suggest import Suggestion, Traffic, suggest
from canarycli.late_methods import dataclass
from canarycli.plan import Plan, Role, Then

PATIENT = timedelta(days=366)
MINUTE = timedelta(minutes=1)
SLACK = 0.9
"""Of the traffic is counted on, so that the next minutes do not undo what fits."""

USUAL_SHARE = 0.05
"""Without a budget an outage may cost what it costs at this share."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A plan whose stages were made for an endpoint's traffic.

    Attributes:
        plan: with the suggested stages, each long enough for every check that can pass at all.
        suggestion: what the stages show and risk.
        budget: bad responses at risk at a time that they were made for.
        duration: of the whole, if all is well.
    """

    plan: Plan
    suggestion: Suggestion
    budget: float
    duration: timedelta


def fit(
    plan: Plan,
    traffic: Traffic,
    known: Mapping[str, Any],
    *,
    budget: float | None,
    margin: float,
) -> Fit:
    """The plan with suggested stages.

    Args:
        plan: whose checks and policies count; its stages do not.
        traffic: of the endpoint.
        known: what is known of the metrics, from `levels`.
        budget: bad responses an outage may cost; None for what it costs at 5 percent.
        margin: how much worse the candidate may be at last, 0.5 for half as much again.

    Raises:
        ValueError: no stages fit; says why.
    """
    exposed = traffic.per_minute * (traffic.settle / MINUTE + 2)
    spend = max(1.0, exposed * USUAL_SHARE) if budget is None else budget
    found = suggest(traffic, spend, margin)
    staged = replace(plan, stages=found.stages)
    flow = SLACK * traffic.per_minute
    told = forecast(replace(staged, unclear_after=PATIENT), flow, known, traffic.settle)
    gates = {check.name for check in plan.checks if check.role is Role.GATE}
    needs = [
        max(
            [stage.bake]
            + [
                o.passes_in
                for o in told.outlooks
                if o.stage == number and o.check in gates and o.passes_in is not None
            ]
        )
        for number, stage in enumerate(found.stages, 1)
    ]
    stages = tuple(
        replace(stage, bake=ceil(need / MINUTE) * MINUTE, then=Then.GO)
        for stage, need in zip(found.stages, needs, strict=True)
    )
    duration = sum((stage.bake for stage in stages), timedelta(0))
    return Fit(replace(plan, stages=stages), found, spend, duration)
