"""The split in force as sums, so that a look needs no more points than the newest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from canarycli.judge.finding import Arms
from canarycli.judge.pool import Tally
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Point


@dataclass(frozen=True, slots=True)
class Sums:
    """What one check has seen of the split in force, by arm and metric.

    Attributes:
        since: since when that split has been there.
        until: points that start before this are in the tallies.
        tallies: the sums of those points.
    """

    since: datetime
    until: datetime
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    @staticmethod
    def of_split(known: "Sums | None", arms: Arms) -> "Sums":
        """What is known of the split in force; nothing if it is a new one."""
        if known is not None and known.since == arms.since:
            return known
        return Sums(arms.since, arms.since)

    def up_to_now(self, metric: Metric, arm: str, measured: Measurements, end: datetime) -> Tally:
        """All whole periods of a metric on one arm, up to `end`."""
        known = self.tallies.get(_key(metric, arm), Tally())
        return known.plus(self._new(metric, arm, measured, end))

    def remembering(
        self, metrics: Collection[Metric], arms: Arms, measured: Measurements, until: datetime
    ) -> "Sums":
        """With the points that start before `until` taken in for good."""
        if until <= self.until:
            return self
        tallies = {}
        for arm in (arms.baseline, arms.candidate):
            for metric in metrics:
                points = self._new(metric, arm, measured, arms.now)
                old = [point for point in points if point.at < until]
                key = _key(metric, arm)
                tallies[key] = self.tallies.get(key, Tally()).plus(old)
        return Sums(self.since, until, tallies)

    def _new(
        self, metric: Metric, arm: str, measured: Measurements, end: datetime
    ) -> Sequence[Point]:
        series = measured.of(arm, metric)
        return [p for p in series.points if p.at >= self.until and p.at + series.period <= end]

    def to_json(self) -> list[Any]:
        """As JSON values."""
        sums = {key: tally.to_json() for key, tally in self.tallies.items() if tally.points}
        return [self.since.isoformat(), self.until.isoformat(), sums]

    @staticmethod
    def from_json(data: Sequence[Any]) -> "Sums":
        """From `to_json`."""
        since, until, tallies = data
        return Sums(
            datetime.fromisoformat(since),
            datetime.fromisoformat(until),
            {key: Tally.from_json(values) for key, values in tallies.items()},
        )


def _key(metric: Metric, arm: str) -> str:
    return f"{arm} {metric.key}"
