"""CloudWatch, for an endpoint of any cloud: many statistics by one call of GetMetricData.

A metric says `namespace`, `labels` (the dimensions, exactly these), and the names of CloudWatch's
metrics: `n` and `bad`, whose sums are counted, `n` and `sum`, or `value` with its `statistic`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.metrics import Statistic
from canarycli_sagemaker.monitoring import columns_of
from canarycli_sagemaker.settings import Settings
from canarycli_sources.meters import Cell, Column, measured
from canarycli_sources.settings import Pace

COUNTED, USUAL = "Sum", "Average"


class CloudWatch:
    """One account and region.

    Args:
        settings: `region`, `profile`; `period` (1m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._pace = Pace.of(settings)
        self._clients = Clients(Settings.parse(settings))

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`."""
        return measured(arms, metrics, window, self._pace, self._ask, usual=USUAL)

    def _ask(self, cells: Sequence[Cell], window: Window) -> Mapping[Cell, Column]:
        wanted = {cell: _statistic(cell) for cell in cells}
        doing, statistics = "read metrics from CloudWatch", tuple(dict.fromkeys(wanted.values()))
        found = columns_of(self._clients, doing, statistics, window, self._pace.period)
        return {cell: found.get(what, {}) for cell, what in wanted.items()}


def _statistic(cell: Cell) -> Statistic:
    return Statistic(cell.space, cell.name, cell.how or COUNTED, cell.labels)
