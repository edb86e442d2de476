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


def usual_name(alarm: str | Mapping[str, str]) -> str:
    """What an alarm's check is called where nobody says.

    Also its metric's name: no built-in metric has a space, and an alarm may be called `cpu`.
    """
    return f"alarm {alarm if isinstance(alarm, str) else next(iter(alarm.values()), '')}"


def alarm_check(
    alarm: str | Mapping[str, str], *, name: str | None, role: Role, critical: bool
) -> Check:
    """The check that fails while the alarm rings: of CloudWatch, else by the word of its store."""
    named = {SOURCE: alarm} if isinstance(alarm, str) else alarm
    source = {store: {KEY: word} for store, word in named.items()}
    metric = Metric(usual_name(alarm), source=source)
    return Check(name or metric.key, metric, never_above=RINGS, role=role, critical=critical)


def alarm_of(check: Check) -> str | None:
    """The name of the alarm a check is about, None if it is about a metric."""
    for source in check.metric.source.values():
        if isinstance(source, Mapping) and KEY in source:
            return str(source[KEY])
    return None
