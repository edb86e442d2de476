"""The contract between canary and a store of figures that is no endpoint's own cloud.

A warehouse, a Prometheus server, the shop's database: they know what the model said and what it
was worth, by version. A source only reads, and only what one look needs. A release asks it beside
the endpoint's own cloud; one that fails takes the data of its own checks, and nothing else.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window

BASELINE, CANDIDATE = "baseline", "candidate"
"""The roles of the two arms, for stores that call them so."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One version by every name it may have elsewhere.

    Attributes:
        version: the provider's name for it; the key in `Measurements`.
        role: `baseline` or `candidate`.
        endpoint: the endpoint it is on.
    """

    version: str
    role: str
    endpoint: str = ""

    def named(self, form: str) -> str:
        """What a store calls this arm, by a form such as `{arm}` or `fraud-{role}`."""
        return form.replace("{role}", self.role).replace("{arm}", self.version)


class Source(Protocol):
    """Where figures about versions are kept, besides the endpoint's own cloud.

    A class called with the settings mapping, under an entry point of the group
    `canarycli.sources`. It raises `UsageError` when it is made with settings that make no sense
    (a variable that is not set), `ProviderError` when it is asked, and nothing of its own.
    Returns or raises within about half a minute. Reads only; same question, same answer.
    """

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """The points of each metric on each arm, by `Arm.version` and `Metric.key`.

        Only whole periods inside the window, aligned to the clock. No data is an empty series,
        which says its period and delay all the same. Each metric's `queries` entry is the
        question as it was sent, with no secret in it.

        Raises:
            Unsupported: a metric's `source` says what this store can't answer.
        """
        ...


@runtime_checkable
class Sliced(Protocol):
    """A source that can tell a metric's requests apart by a field: `Metric.by` and `Metric.takes`.

    `measure` counts for each metric what it takes; one without a value takes everything.
    """

    def values(self, arms: Sequence[Arm], metric: Metric, window: Window) -> Mapping[str, float]:
        """How many requests have each value of the metric's field.

        Raises:
            Unsupported: this metric can't be told apart.
        """
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What one look makes a store read.

    Attributes:
        reads: bytes that it would read, None where the store does not say so beforehand.
        most: bytes above which it is refused before the first one is read.
    """

    reads: int | None = None
    most: int | None = None


@runtime_checkable
class Costed(Protocol):
    """A source that bills for what it reads, and says beforehand how much that is."""

    def cost(self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window) -> Cost:
        """What asking for that would read; asking costs nothing itself.

        Raises:
            Rejected: it is over the limit, or the store has none.
        """
        ...
