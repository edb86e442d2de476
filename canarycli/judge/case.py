"""One check at one look, between bringing its evidence up to date and saying what was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.finding import Arms
from canarycli.judge.limits import Facts
from canarycli.judge.margins import Promise
from canarycli.judge.memory import Memory
from canarycli.judge.pool import REQUESTS, Pooled, Tally
from canarycli.judge.presence import Presence
from canarycli.judge.sources import SPREAD, SPREAD_OF, Look
from canarycli.judge.sums import Sums
from canarycli.metrics import Measurements, Metric
from canarycli.plan import Check


@dataclass(slots=True)
class Case:
    """One check at one look.

    Attributes:
        check: the rule.
        promise: its part of what is promised.
        arms: who is compared.
        memory: what to remember for the next look.
        measured: all that was measured at this look.
        facts: what the finding carries in any case.
        presence: who is heard, up to now.
        sums: the split in force before what may still change.
        evidence: on settled periods, None before there was any data.
        early: evidence against with the youngest periods included.
        alarm: the guard sounds, see `guard`.
        young: the rows of those periods.
        look: the points that were judged.
    """

    check: Check
    promise: Promise
    arms: Arms
    memory: Memory
    measured: Measurements
    facts: Facts
    presence: Presence
    sums: Sums
    evidence: Evidence | None = None
    early: float = 0.0
    alarm: bool = False
    young: Sequence[Row] = ()
    look: Look = Look()  # noqa: RUF009 - frozen

    @property
    def alone(self) -> bool:
        """The candidate has everything."""
        return self.arms.share >= 100

    @property
    def stake(self) -> float:
        """The check's part of the release's e-value, the youngest periods included."""
        return self.promise.weight * self.early

    def tally(self, metric: Metric, *, ours: bool) -> Tally:
        """A metric on one arm over the split in force."""
        arm = self.arms.candidate if ours else self.arms.baseline
        return self.sums.up_to_now(metric, arm, self.measured, self.arms.now)

    @property
    def metric(self) -> Metric:
        """The metric that is judged: a percentile's histogram where that is better known."""
        own = self.tally(self.check.metric, ours=False).histogram is not None
        return self.check.metric if own or self.memory.kind != SPREAD else SPREAD_OF

    def in_force(self, *, ours: bool) -> Pooled:
        """The check's metric over the split in force, as one number with its requests."""
        pooled = self.tally(self.metric, ours=ours).pooled(self.check.metric)
        if pooled.n is not None or not pooled:
            return pooled
        return replace(pooled, n=self.tally(REQUESTS, ours=ours).pooled(REQUESTS).n)
