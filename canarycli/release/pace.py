"""Which checks a look reads, and how often: seldom where it could not tell anything new."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zlib import crc32

from canarycli.plan import Check, Role

FEWEST = 3.0
"""Requests of the candidate without which a look can't fail it: as many bad ones are needed."""

SPARSEST = 5.0
"""How many times `read_every` two reads are apart at most."""

SETTLING = timedelta(minutes=15)
"""After a change of the split reads are as dense as the plan says, whatever was seen so far."""


def pace(read_every: timedelta, per_minute: float) -> timedelta:
    """The time between two reads, at so many candidate requests a minute; 0 is not known."""
    new = per_minute * (read_every / timedelta(minutes=1))
    if new <= 0:
        return read_every
    return read_every * min(SPARSEST, max(1.0, FEWEST / new))


def pace_now(
    read_every: timedelta, served: float, since: datetime | None, now: datetime
) -> timedelta:
    """The same from the requests a candidate was judged on since the split is in force."""
    if since is None or now - since < SETTLING:
        return read_every
    return pace(read_every, served / ((now - since) / timedelta(minutes=1)))


def is_read(read_at: datetime, now: datetime, every: timedelta) -> bool:
    """Whether a look reads that comes so long after the last read."""
    return now - read_at >= every


def is_read_in_turn(key: str, read_at: datetime, now: datetime, every: timedelta) -> bool:
    """The same at the endpoint's own moment of each interval.

    So a thousand releases that were all read at once, after an outage say, are spread over the
    interval from then on. Two reads are half an interval apart at least.
    """
    ahead = crc32(key.encode()) / 2**32 * every

    def turn(at: datetime) -> int:
        return int((at.timestamp() + ahead.total_seconds()) // every.total_seconds())

    return turn(now) != turn(read_at) and is_read(read_at, now, every / 2)


def due(
    checks: tuple[Check, ...],
    looked: Mapping[str, datetime | None],
    every: timedelta,
    now: datetime,
) -> tuple[Check, ...]:
    """The checks to read at this look: limits that are only watched each fifth time.

    Args:
        checks: the plan's.
        looked: up to when each was read, None for not in the split in force.
        every: the time between two looks that read.
        now: up to when points are settled.
    """
    often = SPARSEST * every - every / 2

    def wanted(check: Check) -> bool:
        last = looked.get(check.name)
        relaxed = check.role is Role.WATCH and check.margin is None
        return not relaxed or last is None or now - last >= often

    return tuple(check for check in checks if wanted(check))
