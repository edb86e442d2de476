"""Questions to Azure Monitor and the answers' series, in its own words and units."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.metrics import Window
from canarycli_azureml.api import METRICS, Session
from canarycli_azureml.errors import Unanswered

NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
MINUTE = timedelta(minutes=1)
TOP = "1000"
"""Azure cuts an answer to ten series without a word; 20 deployments have far fewer than these."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call of the metrics API, minute by minute.

    Attributes:
        path: the resource's id.
        names: metrics of one namespace with the same dimensions, at most 20.
        split: dimensions to split by; all of them, where samples are to be added up.
        aggregation: one of Average, Total, Count, Minimum, Maximum.
        where: what else a dimension must be.
    """

    path: str
    names: tuple[str, ...]
    split: tuple[str, ...] = ()
    aggregation: str = "Average"
    namespace: str = NAMESPACE
    where: tuple[tuple[str, str], ...] = ()

    @property
    def filter(self) -> str:
        """The `$filter`, "" for none."""
        clauses = [f"{name} eq '{_escaped(value)}'" for name, value in self.where]
        clauses += [f"{name} eq '*'" for name in self.split]
        return " and ".join(clauses)

    def __str__(self) -> str:
        where = f" where {self.filter}" if self.filter else ""
        return f"{self.aggregation} of {', '.join(self.names)}{where}, PT1M"


@dataclass(frozen=True, slots=True)
class Line:
    """One time series: its dimensions in lower case, and the minutes that have a value."""

    dimensions: Mapping[str, str]
    values: Mapping[datetime, float]

    def is_of(self, version: str) -> bool:
        """Whether it is the line of that deployment."""
        return self.dimensions.get("deployment", "").lower() == version.lower()


def ask(
    session: Session, question: Question, window: Window, doing: str
) -> dict[str, tuple[Line, ...]]:
    """The lines of every metric asked for, by its name; minutes without a value are absent.

    Raises:
        Unanswered: the answer is not Azure Monitor's.
    """
    query = {
        "api-version": METRICS,
        "metricnames": ",".join(question.names),
        "metricnamespace": question.namespace,
        "aggregation": question.aggregation,
        "interval": "PT1M",
        "timespan": f"{_text(_floor(window.start))}/{_text(_ceiling(window.end))}",
    }
    if question.filter:
        query |= {"$filter": question.filter, "top": TOP}
    path = f"{question.path}/providers/Microsoft.Insights/metrics"
    found = session.get(path, doing, **query)
    try:
        return {
            str(metric["name"]["value"]): tuple(_lines(metric, question.aggregation, window))
            for metric in found["value"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise Unanswered(f"{doing}: the answer is not Azure Monitor's") from error


def _lines(metric: Mapping[str, Any], aggregation: str, window: Window) -> Iterator[Line]:
    for series in metric["timeseries"]:
        yield Line(
            {
                str(entry["name"]["value"]).lower(): str(entry["value"])
                for entry in series.get("metadatavalues") or ()
            },
            dict(_values(series["data"], aggregation.lower(), window)),
        )


def _values(
    data: Sequence[Mapping[str, Any]], key: str, window: Window
) -> Iterator[tuple[datetime, float]]:
    for point in data:
        at = datetime.fromisoformat(str(point["timeStamp"])).astimezone(UTC)
        if point.get(key) is not None and at in window:
            yield at, float(point[key])


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _ceiling(at: datetime) -> datetime:
    whole = _floor(at)
    return whole if whole == at else whole + MINUTE


def _text(at: datetime) -> str:
    # With `+00:00` the plus would have to be percent-encoded; some proxies undo that.
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _escaped(value: str) -> str:
    return value.replace("'", "''")
