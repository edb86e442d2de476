"""A person's own metric: `azure_monitor: {name, aggregation, namespace, dimensions}`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Metric, Point, Value
from canarycli_azureml.monitoring import NAMESPACE, Line, Question
from canarycli_azureml.offered import WORD

ARM = "{arm}"
DEPLOYMENT = "deployment"
KEYS = ("name", "aggregation", "namespace", "dimensions")
AGGREGATIONS = ("Average", "Total", "Count", "Minimum", "Maximum")

OF_A_DEPLOYMENT = frozenset(
    {
        "CpuUtilizationPercentage",
        "CpuMemoryUtilizationPercentage",
        "GpuUtilizationPercentage",
        "GpuMemoryUtilizationPercentage",
        "GpuEnergyJoules",
        "DiskUtilization",
        "DeploymentCapacity",
    }
)
"""Azure's metrics below a deployment instead of its endpoint."""

BY_DEPLOYMENT = (
    "RequestsPerMinute",
    "RequestLatency",
    "DataCollectionEventsPerMinute",
    "DataCollectionErrorsPerMinute",
)
"""Azure's metrics of an endpoint, or the beginning of them, that know the deployment."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a metric is kept; `{arm}` in a dimension stands for the deployment."""

    name: str
    aggregation: str = "Average"
    namespace: str = NAMESPACE
    dimensions: Mapping[str, str] | None = None

    @property
    def by_deployment(self) -> bool:
        """Whether one question is about all versions, told apart by the deployment."""
        known = self.namespace == NAMESPACE and self.name.startswith(BY_DEPLOYMENT)
        return known and (self.dimensions or {DEPLOYMENT: ARM}) == {DEPLOYMENT: ARM}

    def question(self, endpoint: str, version: str) -> Question:
        """What to ask for one version; without a dimension for it, all versions read alike."""
        given = (self.dimensions or {}).items()
        where = tuple((key, value.replace(ARM, version)) for key, value in given)
        if self.name in OF_A_DEPLOYMENT and self.namespace == NAMESPACE:
            path = f"{endpoint}/deployments/{quote(version, safe='')}"
            space = f"{NAMESPACE}/deployments"
            return Question(path, (self.name,), (), self.aggregation, space, where)
        if self.by_deployment:
            return Question(endpoint, (self.name,), (DEPLOYMENT,), self.aggregation)
        return Question(endpoint, (self.name,), (), self.aggregation, self.namespace, where)


def parse(metric: Metric) -> Source:
    """The source of a custom metric.

    Raises:
        Unsupported: it is none of Azure Monitor's.
    """
    given = metric.source.get(WORD)
    if not isinstance(given, Mapping) or not given.get("name") or set(given) - set(KEYS):
        raise Unsupported(
            f"azureml can't read metric {metric.name!r}",
            hint=f"its source is {WORD}: {{name: …, aggregation: Average}}",
        )
    dimensions = {str(k): str(v) for k, v in (given.get("dimensions") or {}).items()}
    return Source(
        str(given["name"]),
        _aggregation(metric.name, given.get("aggregation") or "Average"),
        str(given.get("namespace") or NAMESPACE),
        dimensions,
    )


def _aggregation(name: str, word: Any) -> str:
    found = next((a for a in AGGREGATIONS if a.lower() == str(word).lower()), None)
    if found is None:
        raise Unsupported(
            f"metric {name!r}: Azure Monitor has no aggregation {word!r}",
            hint=f"it has {', '.join(AGGREGATIONS)}",
        )
    return found


def points(source: Source, version: str, lines: Sequence[Line]) -> list[Point]:
    """One value a minute; lines of the same minute are put together as the aggregation says."""
    minutes: dict[datetime, list[float]] = {}
    own = [line for line in lines if line.is_of(version)] if source.by_deployment else lines
    for line in own:
        for at, value in line.values.items():
            minutes.setdefault(at, []).append(value)
    together = _TOGETHER[source.aggregation]
    silent = source.name == "RequestsPerMinute"  # where 0 also means that nothing arrived yet
    return [Value(at, together(v)) for at, v in minutes.items() if not (silent and not any(v))]


_TOGETHER: Mapping[str, Callable[[list[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Total": sum,
    "Count": sum,
    "Minimum": min,
    "Maximum": max,
}
