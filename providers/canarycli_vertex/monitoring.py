"""Asks Cloud Monitoring for time series and reads its answer into points.

A point of Google's ends at its `endTime`; a point of ours is named by the start of its period.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.metrics import Window
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood
from canarycli_vertex.wire import Params

ARM = "deployed_model_id"
PREFIX = "aiplatform.googleapis.com/prediction/online/"


@dataclass(frozen=True, slots=True)
class Question:
    """One `timeSeries.list`: a filter, and how series are brought to minutes and put together.

    Attributes:
        filter: exactly one metric type, in Monitoring's filter language.
        aligner: what happens within a minute of one series.
        reducer: what happens between the series of one group.
        by: the metric labels that make up a group.
    """

    filter: str
    aligner: str = "ALIGN_DELTA"
    reducer: str = "REDUCE_SUM"
    by: tuple[str, ...] = (ARM,)

    def __str__(self) -> str:
        return f"{self.filter} | {self.aligner}, {self.reducer} by {', '.join(self.by) or 'none'}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One point of one group: a number or the JSON of a distribution."""

    labels: Mapping[str, str]
    at: datetime
    value: float | Json

    @property
    def number(self) -> float:
        """The value, if it is a number.

        Raises:
            TypeError: it is a distribution.
        """
        if isinstance(self.value, dict):
            raise TypeError("a distribution where a number was expected")
        return self.value


def about(metric: str, endpoint_id: str, versions: Collection[str], *more: str) -> str:
    """The filter for one of Vertex's own metrics on some versions of an endpoint."""
    return " AND ".join(
        [
            f"metric.type={quoted(PREFIX + metric)}",
            f"resource.labels.endpoint_id={quoted(endpoint_id)}",
            one_of(f"metric.labels.{ARM}", versions),
            *more,
        ]
    )


def one_of(label: str, words: Collection[str]) -> str:
    """A comparison with one word or several."""
    texts = [quoted(word) for word in sorted(words)]
    return f"{label}={texts[0]}" if len(texts) == 1 else f"{label}=one_of({','.join(texts)})"


def quoted(text: str) -> str:
    """A string of the filter language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def whole_periods(window: Window, period: timedelta) -> Window:
    """The periods that lie in the window as a whole.

    Monitoring counts periods back from the end of the interval, so only whole minutes give
    points that start and end where a minute does.
    """
    length = period.total_seconds()
    start, end = window.start.timestamp(), window.end.timestamp()
    return Window(
        datetime.fromtimestamp(-(-start // length) * length, UTC),
        datetime.fromtimestamp(end // length * length, UTC),
    )


def ask(api: Api, question: Question, window: Window) -> list[Reading]:
    """Every point of every group in a window of whole periods; nothing where there is no data."""
    period = api.settings.metric_period
    if not window:
        return []
    params: Params = {
        "filter": question.filter,
        "interval.startTime": _rfc3339(window.start),
        "interval.endTime": _rfc3339(window.end),
        "aggregation.alignmentPeriod": f"{period.total_seconds():g}s",
        "aggregation.perSeriesAligner": question.aligner,
        "aggregation.crossSeriesReducer": question.reducer,
        "aggregation.groupByFields": [f"metric.labels.{label}" for label in question.by],
        "view": "FULL",
    }
    with understood("metrics"):
        found = [reading for one in api.time_series(params) for reading in _readings(one, period)]
    return [reading for reading in found if reading.at in window]


def _readings(series: Json, period: timedelta) -> Iterator[Reading]:
    labels = {str(k): str(v) for k, v in series.get("metric", {}).get("labels", {}).items()}
    for point in series.get("points", ()):
        end = datetime.fromisoformat(point["interval"]["endTime"])
        yield Reading(labels, end - period, _value(point["value"]))


def _value(value: Mapping[str, Any]) -> float | Json:
    if "distributionValue" in value:
        return dict(value["distributionValue"])
    if "int64Value" in value:
        return float(int(value["int64Value"]))
    if "boolValue" in value:
        return float(bool(value["boolValue"]))
    return float(value["doubleValue"])


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
