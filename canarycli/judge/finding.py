"""What the judge says about one check, in numbers and in one sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.plan import Role


class Verdict(StrEnum):
    """The state of one check, or the worst of several."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no_data"


WARM_UP = 2
"""Periods after a change of the split in which a new copy may still be loading its model."""

WORST_FIRST = (Verdict.FAIL, Verdict.NO_DATA, Verdict.INCONCLUSIVE, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check at one look.

    The numbers are the ones decided on. `low` to `high` is the interval of `diff` (or of
    `candidate`, for a check without a baseline) that holds at every look at once; `limit` is on
    the same scale. None where there is nothing to say.

    Attributes:
        check: the check's name.
        verdict: pass, fail, inconclusive or no_data.
        sentence: the finding for people, with its numbers.
        unit: of `baseline`, `candidate`, `diff`, `low`, `high` and `limit`; `diff`, `low`, `high`
            and `limit` are fractions of the baseline's value where `relative` is set.
        n_baseline: requests on the baseline that were judged.
        n_candidate: the same for the candidate.
        age: how old the newest point was.
        proven: the judge's promise covers looking often, so one failing read is enough.
        role: a `watch` finding never decides.
        critical: one failing read is enough, as the plan says.
        more_requests: about so many more candidate requests until it can tell, if known.
        query: the question in the cloud's own words.
        limit_low: the limit on the other side, where neither more nor less is better.
        delay: how late the metric comes, None for the provider's own delay.
        source: what canary.yaml calls the source of the numbers, "" for the endpoint's own cloud.
        sampled: the part of the recorded answers that was read, None where none are read.
        labelled: the part of each arm's answers that has a label by now, by role; {} without.
        at_end: no stage waits for its pass, the end of the probation does.
        guard: there is no baseline to compare with; `limit` is one on `candidate`. A fail that
            is not `proven` may be an outage that would have hit the baseline alike.
    """

    check: str
    verdict: Verdict
    sentence: str
    unit: Unit = Unit.NONE
    relative: bool = False
    baseline: float | None = None
    candidate: float | None = None
    diff: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    n_baseline: float | None = None
    n_candidate: float | None = None
    age: timedelta | None = None
    proven: bool = False
    role: Role = Role.GATE
    critical: bool = False
    more_requests: float | None = None
    query: str = ""
    guard: bool = False
    limit_low: float | None = None
    delay: timedelta | None = None
    at_end: bool = False
    source: str = ""
    sampled: float | None = None
    labelled: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Split:
    """A share that was in force: since it was seen in place, until the next was asked for."""

    share: float
    since: datetime
    until: datetime | None = None

    @property
    def compares(self) -> bool:
        """Whether both arms had traffic."""
        return 0 < self.share < 100


@dataclass(frozen=True, slots=True)
class Arms:
    """Who is compared, and since when the split in force has been in place.

    Attributes:
        baseline: version name.
        candidate: version name.
        share: the candidate's percent of the live traffic.
        since: when that share was first seen in place; points that began earlier are mixed.
        now: the time of the look.
        delay: points younger than this may still grow.
        warm_up: how long after a change of the split a new copy may still be loading its model,
            None for two periods.
        leeway: how many times its limit a check may still be from the baseline for a pass now.
        noise: by how much the error rates of two equal arms differ on this endpoint.
        splits: all there were in this release, oldest first, for checks that gate its end.
        until: when the last of them ended, None while it is in force; see `whole`.
    """

    baseline: str
    candidate: str
    share: float
    since: datetime
    now: datetime
    delay: timedelta
    warm_up: timedelta | None = None
    leeway: float = 1.0
    noise: float = 0.0
    splits: tuple[Split, ...] = ()
    until: datetime | None = None

    def of(self, *, at_end: bool) -> "Arms":
        """What a check is judged in: the split in force, or all that compared the arms."""
        if not at_end:
            return replace(self, splits=())
        compared = tuple(split for split in self.splits if split.compares)
        if not compared:
            return replace(self, splits=())
        first, last = compared[0], compared[-1]
        return replace(
            self,
            share=last.share,
            since=first.since,
            splits=compared,
            until=last.until,
            leeway=1.0,
        )

    def in_time(self, delay: timedelta) -> "Arms":
        """With a metric's own delay; once nothing is compared any more its time stands still."""
        now = self.now if self.until is None else min(self.now, self.until + delay)
        return replace(self, delay=delay, now=now)

    def share_at(self, at: datetime, period: timedelta) -> float:
        """The candidate's percent in a period, 0 while it was changing and two periods after.

        What is judged in one split has its share throughout.
        """
        if not self.splits:
            return self.share
        for split in self.splits:
            whole = split.until is None or at + period <= split.until
            if split.since + WARM_UP * period <= at and whole:
                return split.share
        return 0.0


State = Mapping[str, Any]
"""What the judge must remember between two looks: JSON values, by check name; {} at the start."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings of one look and the state to bring along to the next."""

    findings: tuple[Finding, ...]
    state: State = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks that decide on a stage; pass if none does."""
        return worst(f.verdict for f in deciding(self.findings))


def deciding(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What a stage is decided on: its gates, and a fail of those that gate the end."""
    return (
        f for f in findings if f.role is Role.GATE and (not f.at_end or f.verdict is Verdict.FAIL)
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts: fail, no_data, inconclusive, pass; pass if there are none."""
    found = set(verdicts)
    return next((v for v in WORST_FIRST if v in found), Verdict.PASS)
