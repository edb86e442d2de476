"""Which periods of a look are judged, and how they come into a check's memory."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.finding import WARM_UP, Arms
from canarycli.judge.memory import Entry, Memory
from canarycli.judge.presence import UNKNOWN, Presence
from canarycli.judge.sources import RATE, Look
from canarycli.metrics import Counts, Measurements, Metric, Point

EARLY_REQUESTS = 100
"""Requests each arm needs before a period that may still grow counts towards a fail."""


def in_time(
    memory: Memory, metric: Metric, measured: Measurements, arms: Arms
) -> tuple[Memory, Arms]:
    """Both with the delay that the metric's own series say, or said when they were last heard."""
    series = (measured.of(arm, metric) for arm in (arms.baseline, arms.candidate))
    said = [one.delay.total_seconds() for one in series if one.delay is not None]
    memory = replace(memory, delay=max(said)) if said else memory
    if memory.delay is None:
        return memory, arms.in_time(arms.delay)
    return memory, arms.in_time(timedelta(seconds=memory.delay))


Kind = TypeVar("Kind", bound=Evidence | None)


class Periods:
    """Which periods belong to the split in force, are settled, or are warm-up."""

    def __init__(self, arms: Arms, period: timedelta, lag: float = 0.0) -> None:
        self.arms, self.period = arms, period
        self.late = timedelta(seconds=lag) > arms.delay
        self.settled = max(arms.since, arms.now - max(arms.delay, timedelta(seconds=lag)))
        warm_up = WARM_UP * period if arms.warm_up is None else arms.warm_up
        self.warm = arms.since + warm_up

    def counts(self, at: datetime) -> bool:
        """It began after the split was in place and is over."""
        return at >= self.arms.since and at + self.period <= self.arms.now

    def done(self, at: datetime) -> bool:
        """It no longer grows."""
        return self.counts(at) and at + self.period <= self.settled


def taken(memory: Memory, look: Look, clock: Periods) -> Memory:
    """The memory with revised and new settled periods."""
    entries = list(_entries(memory.kind, look, clock))
    before = memory.lag
    memory = memory.revised(entries, clock.arms.now)
    if memory.lag > before:
        clock = Periods(clock.arms, clock.period, memory.lag)
    first = memory.since is not None and memory.since != clock.arms.since
    for entry in entries:
        if memory.done is not None and entry.at < memory.done:
            continue
        if clock.done(entry.at):
            begun = replace(entry, stage=clock.arms.share if first else 0.0)
            memory = memory.add(begun, entry.at + clock.period)
            memory, first = replace(memory, since=clock.arms.since), False
    return replace(memory, looked=clock.settled, period=clock.period.total_seconds())


def _entries(kind: str, look: Look, clock: Periods) -> Iterator[Entry]:
    have_c = {point.at: point for point in look.ours.points}
    have_b = {point.at: point for point in look.theirs.points}
    alone = clock.arms.share >= 100
    for at, row in look.rows.items():
        if not clock.counts(at):
            continue
        ours, theirs = have_c.get(at), have_b.get(at)
        # A baseline's point may only be late; without traffic it would have one that says so.
        whole = row if theirs is not None or alone else None
        if clock.arms.splits and not clock.arms.share_at(at, clock.period):
            whole = None
        judged = warming(whole, kind) if at < clock.warm else whole
        yield Entry(at, judged, (heard_of(ours), heard_of(theirs)), odd=_odd(ours) or _odd(theirs))


def heard_of(point: Point | None) -> float | None:
    """A point's requests, None without one."""
    if point is None:
        return None
    return UNKNOWN if point.n is None else point.n


def _odd(point: Point | None) -> bool:
    return isinstance(point, Counts) and not 0 <= point.bad <= point.n


def warming(row: tuple[float, ...] | None, kind: str) -> tuple[float, ...] | None:
    """While it warms up a candidate is only held to failing less than half of its requests.

    Or than the baseline does in the same period: what most requests are is no failure.
    """
    if kind != RATE or row is None:
        return None
    n_c, x_c, x_pass, n_b, x_b = row
    return n_c, x_c, x_pass, min(-1.0, -n_b), x_b


def young(memory: Memory, look: Look, clock: Periods) -> list[Row]:
    """Whole periods with enough requests that may still grow.

    Where points were seen to change late, nothing but most requests failing is read in them.
    """
    if memory.kind != RATE or clock.arms.splits:
        return []
    rows = [
        row
        for at, row in look.rows.items()
        if row is not None
        and row[0] >= EARLY_REQUESTS
        and (row[3] >= EARLY_REQUESTS or clock.arms.share >= 100)
        and clock.counts(at)
        and at >= clock.warm
        and (memory.done is None or at >= memory.done)
    ]
    return [warming(row, RATE) or row for row in rows] if clock.late else list(rows)


def brought_up(memory: Memory, fresh: Callable[[], Kind]) -> tuple[Kind, Presence, Memory]:
    """Evidence and presence with all that is remembered.

    Afresh if another canary wrote them another way.
    """
    evidence, presence = fresh(), Presence()
    try:
        return evidence, presence, memory.settle(evidence, presence)
    except ValueError:
        evidence, presence = fresh(), Presence()
        blank = replace(memory, packed="", heard="")
        return evidence, presence, blank.settle(evidence, presence)


def presence_now(memory: Memory, presence: Presence, look: Look, clock: Periods) -> Presence:
    """Who is heard, up to now: with periods that may still grow, and with those without a point."""
    arms = clock.arms
    if memory.since is not None and memory.since != arms.since:
        presence.begin_split(arms.since.timestamp(), arms.share)
    folded = presence.until
    for series, ear in ((look.ours, presence.candidate), (look.theirs, presence.baseline)):
        heard = [p.at for p in series.points if p.at >= arms.since and heard_of(p)]
        if heard and (ear.heard <= 0 or heard[-1].timestamp() >= folded):
            ear.speak()
            presence.until = max(presence.until, (heard[-1] + clock.period).timestamp())
    presence.pass_over(clock.settled.timestamp(), clock.period.total_seconds())
    return presence
