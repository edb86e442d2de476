"""Datadog: many metrics of both arms by one question to its timeseries API.

A metric says `labels` (tags), and the names of Datadog's metrics: `n` and `bad`, whose counts are
added up, `n` and `sum`, or `value` with its `statistic` (avg, sum, min, max). Datadog binds
nothing, so names and tags are taken only as Datadog itself takes them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from canarycli.errors import Rejected, Unsupported, UsageError
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.meters import Cell, Column, measured
from canarycli_sources.settings import Pace
from canarycli_sources.web import Web

SITE = "datadoghq.com"
PATH = "/api/v2/query/timeseries"
USUAL = "avg"
STATISTICS = ("avg", "sum", "min", "max")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
TAG = re.compile(r"[\w./:-]+")


class Datadog:
    """One organisation's metrics.

    Args:
        settings: `site` (datadoghq.com) or `url`; `api_key_env` and `app_key_env`, the variables
            that have the keys; `period` (1m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        keys = {"DD-API-KEY": "api_key_env", "DD-APPLICATION-KEY": "app_key_env"}
        for key in keys.values():
            if not settings.get(key):
                raise UsageError(f"a datadog source needs {key}: the variable that has the key")
        self._pace = Pace.of(settings)
        self._web = Web(
            {
                "url": settings.get("url") or f"https://api.{settings.get('site') or SITE}",
                "header_env": {header: settings[key] for header, key in keys.items()},
            }
        )

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`."""
        return measured(arms, metrics, window, self._pace, self._ask, usual=USUAL)

    def _ask(self, cells: Sequence[Cell], window: Window) -> Mapping[Cell, Column]:
        seconds = int(self._pace.period.total_seconds())
        asked = {
            "from": int(window.start.timestamp() * 1000),
            "to": int(window.end.timestamp() * 1000),
            "interval": seconds * 1000,
            "queries": [
                {"data_source": "metrics", "name": f"q{n}", "query": _query(cell, seconds)}
                for n, cell in enumerate(cells)
            ],
            "formulas": [{"formula": f"q{n}"} for n in range(len(cells))],
        }
        body = {"data": {"type": "timeseries_request", "attributes": asked}}
        answer = self._web.post(PATH, body)
        try:
            return self._columns(cells, answer["data"]["attributes"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Rejected("datadog's answer is no list of series") from error

    def _columns(self, cells: Sequence[Cell], said: Mapping[str, Any]) -> Mapping[Cell, Column]:
        times = [datetime.fromtimestamp(ms / 1000, UTC) for ms in said["times"]]
        if len(times) > 1 and times[1] - times[0] != self._pace.period:
            raise Rejected(
                f"datadog has no points a {self._pace.period} apart, only {times[1] - times[0]}",
                hint="set period to that",
            )
        found: dict[Cell, Column] = {}
        for about, values in zip(said["series"], said["values"], strict=True):
            pairs = zip(times, values, strict=True)
            found[cells[int(about["query_index"])]] = {
                at: float(value) for at, value in pairs if value is not None
            }
        return found


def _query(cell: Cell, seconds: int) -> str:
    if cell.how and cell.how not in STATISTICS:
        raise Unsupported(
            f"datadog has no statistic {cell.how!r}", hint=f"it has {', '.join(STATISTICS)}"
        )
    if not NAME.fullmatch(cell.name):
        raise Unsupported(f"{cell.name!r} can't be a metric of datadog")
    tags = [f"{key}:{value}" for key, value in cell.labels]
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise Unsupported(f"{tag!r} can't be a tag of datadog")
    what = f"{cell.how or 'sum'}:{cell.name}{{{','.join(tags)}}}"
    if cell.how:
        return f"{what}.rollup({cell.how}, {seconds})"
    return f"{what}.as_count().rollup(sum, {seconds})"
