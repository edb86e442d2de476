"""The optional verb of a provider whose cloud answers for many endpoints in one call."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from canarycli.errors import ProviderError
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window


@dataclass(frozen=True, slots=True)
class Reading:
    """What `measure` is asked for, as one of several."""

    endpoint: str
    versions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    window: Window


@runtime_checkable
class Batching(Protocol):
    """A provider whose cloud answers for many endpoints in one call.

    For whoever drives many releases; what `measure` says of one must be what this says of it.
    """

    def measure_many(
        self, readings: Sequence[Reading], /
    ) -> Sequence[Measurements | ProviderError]:
        """The answer to each, in order; an error where only that one can't be asked."""
        ...

    def full(self, readings: Sequence[Reading], /) -> bool:
        """Whether one more would take another call. No call."""
        ...
