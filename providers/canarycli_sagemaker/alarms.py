"""CloudWatch alarms that people have already, as a metric: 1 while it rings, 0 while it is fine."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from canarycli.errors import NotFound
from canarycli.late_methods import dataclass
from canarycli.metrics import Metric, Series, Value, Window
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is now."""

    name: str
    state: str
    since: datetime


def alarm_of(metric: Metric, endpoint: str, version: str) -> str | None:
    """The alarm a metric names under `cloudwatch: {alarm: NAME}`, None if it is no alarm."""
    source = metric.source.get("cloudwatch")
    if not isinstance(source, Mapping) or "alarm" not in source:
        return None
    return str(source["alarm"]).replace("{arm}", version).replace("{endpoint}", endpoint)


def read_alarms(clients: Clients, names: Collection[str]) -> dict[str, Alarm]:
    """The alarms of those names, in one call for a hundred.

    Raises:
        NotFound: one does not exist.
    """
    found: dict[str, Alarm] = {}
    listed = sorted(set(names))
    for first in range(0, len(listed), 100):
        doing = "read CloudWatch alarms"
        with clients.asking(doing):
            answer = clients.cloudwatch.describe_alarms(
                AlarmNames=listed[first : first + 100],
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            )
        checked(answer, doing, "ResponseMetadata")
        for alarm in (*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])):
            since = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
            name = str(alarm["AlarmName"])
            found[name] = Alarm(name, str(alarm["StateValue"]), since.astimezone(UTC))
    missing = [name for name in listed if name not in found]
    if missing:
        raise NotFound(f"there is no CloudWatch alarm {missing[0]!r}", hint="check the region")
    return found


def alarm_series(alarm: Alarm, window: Window, period: timedelta) -> Series:
    """The state in each period of the window; no points while the alarm has too little data.

    CloudWatch only says since when the state is what it is. A ringing alarm speaks for the whole
    window, so that it is heard at once; a quiet one only for the time since it became quiet.
    """
    if alarm.state not in {"ALARM", "OK"}:
        return Series((), period)
    rings = alarm.state == "ALARM"
    points = []
    at = window.start
    while at < window.end:
        if rings or at >= alarm.since:
            points.append(Value(at, float(rings)))
        at += period
    return Series(tuple(points), period)
