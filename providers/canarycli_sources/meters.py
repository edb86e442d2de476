"""Metrics of a cloud's own store as rows: each column of a metric is one of the store's series."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.measured import Answer, measurements
from canarycli_sources.rows import FORMS, NAMED, Columns, Row, series_of
from canarycli_sources.settings import Pace

Column = Mapping[datetime, float]
"""The values of one series by the start of their period."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One series of a store, for one arm.

    Attributes:
        name: the store's word for the metric.
        how: the metric's own `statistic`, "" for what is counted.
        labels: what tells the arm, sorted.
        space: the namespace, where the store has any.
    """

    name: str
    how: str
    labels: tuple[tuple[str, str], ...]
    space: str = ""

    def __str__(self) -> str:
        where = ", ".join(f"{key}={value}" for key, value in self.labels)
        return " ".join(filter(None, (self.space, self.name, self.how, f"{{{where}}}")))


Ask = Callable[[Sequence[Cell], Window], Mapping[Cell, Column]]


def measured(
    arms: Sequence[Arm],
    metrics: Collection[Metric],
    window: Window,
    pace: Pace,
    ask: Ask,
    *,
    usual: str,
) -> Measurements:
    """One look: every series once, in as few calls as the store takes.

    Args:
        arms: the versions.
        metrics: each with `n` and `bad`, `n` and `sum`, or `value`, as the store calls them.
        window: what was asked for; whole periods of it are.
        pace: of the source.
        ask: what the store has of the cells.
        usual: the statistic of a value that names none.
    """
    whole = pace.whole(window)
    table = {
        (metric.key, arm.version): _cells(metric, arm, usual) for metric in metrics for arm in arms
    }
    wanted = tuple(dict.fromkeys(cell for cells in table.values() for cell in cells.values()))
    found = ask(wanted, whole) if whole and wanted else {}

    def answers() -> Iterator[Answer]:
        for metric in metrics:
            rows = [
                row
                for arm in arms
                for row in _rows(metric, arm, table[metric.key, arm.version], found)
            ]
            query = "; ".join(
                str(cell) for arm in arms for cell in table[metric.key, arm.version].values()
            )
            yield metric, series_of(metric, rows, arms, whole, pace), query

    return measurements(arms, window, answers())


def _cells(metric: Metric, arm: Arm, usual: str) -> dict[str, Cell]:
    """The series behind each column of a metric, for one arm."""
    spec, columns = metric.source, Columns.of(metric.source)
    labels = spec.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        raise Unsupported(
            f"{metric.name}: nothing in its labels tells the versions apart",
            hint='labels: {version: "{arm}"}',
        )
    names = [name for name in columns.needed if name not in {columns.at, columns.arm}]
    if not all(isinstance(spec.get(key), str) for key in FORMS[columns.form]):
        raise Unsupported(
            f"{metric.name}: a metric of this store names its series",
            hint="n: and bad:, or n: and sum:, with a per: for a ratio, or value:",
        )
    where = tuple(sorted((str(key), _filled(str(text), arm)) for key, text in labels.items()))
    how = str(spec.get("statistic") or usual) if columns.form == "value" else ""
    return {name: Cell(name, how, where, str(spec.get("namespace") or "")) for name in names}


def _filled(text: str, arm: Arm) -> str:
    return arm.named(text.replace("{endpoint}", arm.endpoint))


def _rows(
    metric: Metric, arm: Arm, cells: Mapping[str, Cell], found: Mapping[Cell, Column]
) -> Iterator[Row]:
    """A row a period; what is bad and was never counted is none, where anything was."""
    columns = Columns.of(metric.source)
    values = {name: found.get(cell, {}) for name, cell in cells.items()}
    first = values[columns.value if columns.form == "value" else columns.n]
    usual = 0.0 if columns.form == "bad" else None
    name = arm.named(str(metric.source.get(NAMED, "{arm}")))
    for at in first:
        row: dict[str, Any] = {key: column.get(at, usual) for key, column in values.items()}
        yield {**row, columns.at: at, columns.arm: name}
