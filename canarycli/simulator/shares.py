"""One version's share of the traffic over time."""

from bisect import bisect_right
from datetime import datetime
from itertools import pairwise

from canarycli.late_methods import dataclass
from canarycli.simulator.world import Scene


@dataclass(frozen=True, slots=True)
class Shares:
    """A step function of time: from `starts[i]` on the version got `percents[i]`.

    Before the first start it got what it got then: an endpoint has always been there.
    Shadow traffic counts, too: it is work, and it is measured.
    """

    starts: tuple[datetime, ...]
    percents: tuple[float, ...]

    @classmethod
    def of(cls, scene: Scene, version: str) -> "Shares":
        """The shares of one version of an endpoint."""
        splits = [change.traffic for change in scene.changes]
        return cls(
            tuple(change.lands for change in scene.changes),
            tuple(split.of(version) + split.shadow.get(version, 0.0) for split in splits),
        )

    @property
    def first(self) -> datetime | None:
        """When it first got traffic, None if it never did."""
        steps = zip(self.starts, self.percents, strict=True)
        return next((start for start, percent in steps if percent), None)

    def mean(self, start: datetime, end: datetime) -> float:
        """The mean share over a range of time."""
        before, until = bisect_right(self.starts, start), bisect_right(self.starts, end)
        at_start = self.percents[max(0, before - 1)]
        if before == until:
            return at_start
        cuts = (start, *self.starts[before:until], end)
        percents = (at_start, *self.percents[before:until])
        weighted = (
            (right - left).total_seconds() * percent
            for (left, right), percent in zip(pairwise(cuts), percents, strict=True)
        )
        return sum(weighted) / (end - start).total_seconds()
