"""Lets a plan's metrics of answers be read as an endpoint's `predictions:` and `labels:` say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from canarycli.labels import LABELLED as JOINED
from canarycli.metrics import LABELLED, LENGTHS, Metric, Origin
from canarycli.plan import Plan
from canarycli.recorder import RECORDED

NAME, WITH_LABELS = "recorded answers", "labelled answers"


def recorded(
    plan: Plan,
    predictions: Mapping[str, Any],
    labels: Mapping[str, Any] | None = None,
    *,
    measured: bool = False,
) -> Plan:
    """The plan with its metrics of answers read as an endpoint's canary.yaml says.

    Args:
        plan: as it was written, for any endpoint.
        predictions: of the endpoint, {} where it says nothing.
        labels: of the endpoint, likewise.
        measured: its provider measures them itself.
    """
    if not predictions or measured:
        return plan
    said = Origin(NAME, RECORDED, dict(predictions))
    known = Origin(WITH_LABELS, JOINED, {**predictions, "labels": dict(labels)}) if labels else said

    def read(metric: Metric, cap: float | None) -> Metric:
        if not metric.says:
            return metric
        cut = f"{cap:.12g}" if cap is not None and metric.name in LENGTHS else metric.about
        return replace(metric, origin=known if metric.name in LABELLED else said, about=cut)

    checks = (replace(check, metric=read(check.metric, check.cap)) for check in plan.checks)
    return replace(plan, checks=tuple(checks))
