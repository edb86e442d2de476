"""Alarms that people have already as checks: `{alarm: high-5xx}` in canary.yaml."""

from collections.abc import Mapping
from typing import Any

from canarycli.metrics import Metric
from canarycli.plan import Check, Role

SOURCE, KEY = "cloudwatch", "alarm"
RINGS = 0.5
"""An alarm is 1 while it rings and 0 while it is quiet, so its mean tells by any limit between."""


def is_alarm(written: Any) -> bool:
    """Whether a check in canary.yaml names an alarm where others name a metric."""
    return isinstance(written, Mapping) and KEY in written


def usual_name(alarm: str) -> str:
    """What an alarm's check is called where nobody says.

    Also its metric's name: no built-in metric has a space, and an alarm may be called `cpu`.
    """
    return f"alarm {alarm}"


def alarm_check(alarm: str, *, name: str | None, role: Role, critical: bool) -> Check:
    """The check that fails while the alarm rings."""
    metric = Metric(usual_name(alarm), source={SOURCE: {KEY: alarm}})
    return Check(name or metric.key, metric, never_above=RINGS, role=role, critical=critical)


def alarm_of(check: Check) -> str | None:
    """The name of the alarm a check is about, None if it is about a metric."""
    source = check.metric.source.get(SOURCE)
    alarm = source.get(KEY) if isinstance(source, Mapping) else None
    return None if alarm is None else str(alarm)
