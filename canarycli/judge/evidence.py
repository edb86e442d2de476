"""What a check knows so far, whatever the form of its metric: evidence for and against."""

from collections.abc import Sequence
from typing import Protocol

Row = Sequence[float]
"""One period of both arms as numbers; what they mean is up to the kind of evidence."""


class Evidence(Protocol):
    """E-values of one check, brought up to date a period at a time."""

    @property
    def minutes(self) -> int:
        """Periods taken in."""
        ...

    @property
    def evidence(self) -> float:
        """Against a candidate inside the fail margin."""
        ...

    @property
    def assurance(self) -> float:
        """For a candidate inside the pass margin."""
        ...

    def begin_stage(self) -> None:
        """A new split is in force."""
        ...

    def step(self, row: Row) -> None:
        """Take one period in."""
        ...

    def numbers(self) -> list[float]:
        """The state as numbers."""
        ...

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back.

        Raises:
            ValueError: it is no state of this kind.
        """
        ...


class Several:
    """A few things that make one check, like the shares above three latency thresholds.

    Evidence against is the weighted mean, which is an e-process whatever the parts have to do
    with each other. Evidence for is the least, of those there was anything to judge of.
    """

    __slots__ = ("parts", "weights")

    def __init__(self, parts: Sequence[Evidence], weights: Sequence[float]) -> None:
        self.parts, self.weights = tuple(parts), tuple(weights)

    @property
    def minutes(self) -> int:
        """See `Evidence`."""
        return max(part.minutes for part in self.parts)

    @property
    def evidence(self) -> float:
        """See `Evidence`."""
        return sum(w * p.evidence for w, p in zip(self.weights, self.parts, strict=True))

    @property
    def assurance(self) -> float:
        """See `Evidence`."""
        return min((part.assurance for part in self.parts if part.minutes), default=0.0)

    def begin_stage(self) -> None:
        """See `Evidence`."""
        for part in self.parts:
            part.begin_stage()

    def step(self, row: Row) -> None:
        """See `Evidence`: the parts' rows one after the other."""
        width = len(row) // len(self.parts)
        for i, part in enumerate(self.parts):
            part.step(row[width * i : width * (i + 1)])

    def numbers(self) -> list[float]:
        """See `Evidence`."""
        return [number for part in self.parts for number in part.numbers()]

    def load(self, numbers: Sequence[float]) -> None:
        """See `Evidence`."""
        size = len(numbers) // len(self.parts)
        for i, part in enumerate(self.parts):
            part.load(numbers[size * i : size * (i + 1)])
