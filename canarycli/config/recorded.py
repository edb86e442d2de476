"""Lets a plan's metrics of answers be read as an endpoint's `predictions:` says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from canarycli.metrics import Origin
from canarycli.plan import Plan
from canarycli.recorder import RECORDED

NAME = "recorded answers"


def recorded(plan: Plan, predictions: Mapping[str, Any], *, measured: bool = False) -> Plan:
    """The plan with its metrics of answers read as an endpoint's `predictions:` says.

    Args:
        plan: as it was written, for any endpoint.
        predictions: of the endpoint, {} where it says nothing.
        measured: its provider measures them itself.
    """
    if not predictions or measured:
        return plan
    origin = Origin(NAME, RECORDED, dict(predictions))
    checks = (
        replace(check, metric=replace(check.metric, origin=origin)) if check.metric.says else check
        for check in plan.checks
    )
    return replace(plan, checks=tuple(checks))
