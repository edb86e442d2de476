"""Cloud Monitoring, for an endpoint of any cloud: one call for each series of an arm.

A metric says `labels`, and the types of Monitoring's metrics: `n` and `bad`, counters whose
increase is counted, `n` and `sum`, or `value` with its `statistic` (mean, sum, min, max, count,
rate).
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from canarycli.errors import Rejected, Unsupported
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.meters import Cell, Column, measured
from canarycli_sources.settings import Pace
from canarycli_vertex.api import Api
from canarycli_vertex.custom import REDUCERS
from canarycli_vertex.monitoring import Question, ask, quoted
from canarycli_vertex.settings import Settings

COUNTED, USUAL = "distribution", "mean"
"""What is counted takes the increase of a counter, as a distribution does."""

LABEL = re.compile(r"(?:(?:metric|resource)\.labels\.)?[A-Za-z_][A-Za-z0-9_]*")


class CloudMonitoring:
    """The metrics of one project.

    Args:
        settings: `project`, `monitoring_url`, `impersonate`; `period` (1m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._pace = Pace.of(settings)
        place = Settings.of_project(settings, os.environ)
        self._api = Api(replace(place, metric_period=self._pace.period))

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`."""
        return measured(arms, metrics, window, self._pace, self._ask, usual=USUAL)

    def _ask(self, cells: Sequence[Cell], window: Window) -> Mapping[Cell, Column]:
        questions = {cell: _question(cell) for cell in cells}
        return {cell: self._column(question, window) for cell, question in questions.items()}

    def _column(self, question: Question, window: Window) -> Column:
        try:
            return {one.at: one.number for one in ask(self._api, question, window)}
        except TypeError as error:
            raise Rejected(
                f"{question} is a distribution, and a number is needed", hint="statistic: count"
            ) from error


def _question(cell: Cell) -> Question:
    if (cell.how or COUNTED) not in REDUCERS:
        raise Unsupported(
            f"Cloud Monitoring has no statistic {cell.how!r}", hint=f"it has {', '.join(REDUCERS)}"
        )
    aligner, reducer = REDUCERS[cell.how or COUNTED]
    terms = [f"metric.type={quoted(cell.name)}"]
    for name, text in cell.labels:
        if not LABEL.fullmatch(name):
            raise Unsupported(f"{name!r} can't be a label")
        full = name if "." in name else f"metric.labels.{name}"
        terms.append(f"{full}={quoted(text)}")
    return Question(" AND ".join(terms), aligner, reducer, ())
