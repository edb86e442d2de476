"""What stores have in common that are asked in SQL, and those that answer one at a time."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from canarycli.labels import Label
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.rows import Row, labels_of, values_of
from canarycli_sources.settings import Pace
from canarycli_sources.sql import Asked, labelling, measured, questions


class InSql(ABC):
    """A store that is asked in SQL."""

    _pace: Pace

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics with the same query and names for the arms are one question."""
        return measured(arms, metrics, window, self._pace, self._rows)

    def values(self, arms: Sequence[Arm], metric: Metric, window: Window) -> Mapping[str, float]:
        """See `Sliced`: the field is a column of the rows."""
        (asked,) = questions(arms, [metric], self._pace.whole(window)).values()
        return values_of(metric, self._rows([asked])[asked], arms)

    @abstractmethod
    def _rows(self, asked: Collection[Asked]) -> Mapping[Asked, Sequence[Row]]:
        """The rows of each question, refused where they are too many for a look."""


class Warehouse(InSql):
    """One that answers one question at a time, figures and labels alike."""

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; what `:keys` is stands for, each warehouse says."""
        yield from labels_of(self._every(labelling(spec, keys, window)), spec)

    def _rows(self, asked: Collection[Asked]) -> Mapping[Asked, Sequence[Row]]:
        return {one: self._found(one) for one in asked}

    @abstractmethod
    def _found(self, asked: Asked) -> Sequence[Row]:
        """The rows of one question, refused where they are too many for a look."""

    def _every(self, asked: Asked) -> Iterable[Row]:
        """The rows of one question about labels."""
        return self._found(asked)
