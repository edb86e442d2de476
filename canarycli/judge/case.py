"""One check at one look, between bringing its evidence up to date and saying what was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.finding import Arms
from canarycli.judge.limits import Facts
from canarycli.judge.margins import Promise
from canarycli.judge.memory import Memory
from canarycli.judge.pool import REQUESTS, Pooled, pool
from canarycli.judge.sources import Look
from canarycli.metrics import Measurements, Series, Window
from canarycli.plan import Check


@dataclass(slots=True)
class Case:
    """One check at one look.

    Attributes:
        check: the rule.
        promise: its part of what is promised.
        arms: who is compared.
        memory: what to remember for the next look.
        evidence: on settled periods, None before there was any data.
        early: evidence against with the youngest periods included.
        young: the rows of those periods.
        measured: all that was measured at this look.
        look: the points that were judged.
        facts: what the finding carries in any case.
    """

    check: Check
    promise: Promise
    arms: Arms
    memory: Memory
    evidence: Evidence | None
    early: float
    young: Sequence[Row]
    measured: Measurements
    look: Look
    facts: Facts

    @property
    def stake(self) -> float:
        """The check's part of the release's e-value, the youngest periods included."""
        return self.promise.weight * self.early

    def in_force(self, series: Series) -> Pooled:
        """A series over the split in force, as one number with its requests."""
        window = Window(self.arms.since, self.arms.now)
        pooled = pool(series.within(window), self.check.metric)
        if pooled.n is not None or not pooled:
            return pooled
        arm = self.arms.candidate if series is self.look.ours else self.arms.baseline
        traffic = pool(self.measured.of(arm, REQUESTS).within(window), REQUESTS)
        return replace(pooled, n=traffic.n)
