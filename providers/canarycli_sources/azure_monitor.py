"""Azure Monitor, for an endpoint of any cloud: the metrics of one resource, minute by minute.

A metric says `namespace` where it is the person's own, `labels` (the dimensions), and the names of
Azure's metrics: `n` and `bad`, whose totals are counted, `n` and `sum`, or `value` with its
`statistic` (Average, Total, Count, Minimum, Maximum).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from canarycli.errors import Unsupported, UsageError
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_azureml.api import Session
from canarycli_azureml.clouds import cloud_named
from canarycli_azureml.custom import AGGREGATIONS
from canarycli_azureml.monitoring import MINUTE, Question, ask
from canarycli_azureml.settings import Settings
from canarycli_sources.meters import Cell, Column, measured
from canarycli_sources.settings import Pace

COUNTED, USUAL = "Total", "Average"
TOGETHER = 20
"""Metrics of one call."""


class AzureMonitor:
    """The metrics of one resource.

    Args:
        settings: `resource`, its id; `cloud` (public, usgov, china); `delay`.
        client: an `azure.core.PipelineClient` to use instead of one made from the environment.
    """

    def __init__(self, settings: Mapping[str, Any], *, client: Any = None) -> None:
        self._pace = Pace.of(settings)
        if self._pace.period != MINUTE:
            raise UsageError("Azure Monitor is read minute by minute", hint="leave period out")
        self._resource = "/" + str(settings.get("resource") or "").strip("/")
        if not self._resource.startswith("/subscriptions/"):
            raise UsageError(
                "an azure_monitor source needs resource",
                hint="resource: the id of what has the metrics, /subscriptions/...",
            )
        cloud = cloud_named(str(settings.get("cloud") or "public"))
        self._session = Session(Settings("", "", "", cloud), client)

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`."""
        return measured(arms, metrics, window, self._pace, self._ask, usual=USUAL)

    def _ask(self, cells: Sequence[Cell], window: Window) -> Mapping[Cell, Column]:
        alike: dict[tuple[Any, ...], list[Cell]] = defaultdict(list)
        for cell in cells:
            alike[cell.space, cell.how, cell.labels].append(cell)
        found: dict[Cell, Column] = {}
        for group in alike.values():
            for first in range(0, len(group), TOGETHER):
                found |= self._some(group[first : first + TOGETHER], window)
        return found

    def _some(self, cells: Sequence[Cell], window: Window) -> Mapping[Cell, Column]:
        first = cells[0]
        how = first.how or COUNTED
        if how not in AGGREGATIONS:
            raise Unsupported(
                f"Azure Monitor has no statistic {how!r}", hint=f"it has {', '.join(AGGREGATIONS)}"
            )
        question = Question(
            self._resource,
            tuple(cell.name for cell in cells),
            (),
            how,
            first.space,
            first.labels,
        )
        lines = ask(self._session, question, window, "reading metrics of Azure Monitor")
        return {cell: _summed(lines.get(cell.name, ())) for cell in cells}


def _summed(lines: Sequence[Any]) -> Column:
    """One line; a metric that comes as several is added up, which fits what is counted."""
    values: dict[datetime, float] = defaultdict(float)
    for line in lines:
        for at, value in line.values.items():
            values[at] += value
    return values
