"""Who has an endpoint: the error that says so, the lease taken away, the signs of life."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from canarycli.clock import Clock, speed_of
from canarycli.engine.races import until_won
from canarycli.errors import Busy, CanaryError, NotFound
from canarycli.journal import Event
from canarycli.release.record import State
from canarycli.store import Lease, Record, Store
from canarycli.store.contract import LEASE

GUARD = timedelta(seconds=30)
"""A raise is only asked for with at least this much of the lease left."""

BRISK = timedelta(seconds=1)
"""A save that took longer was slow: others may have written since."""

FASTEST = 20.0
"""A pretend clock may be as fast as this before leases are longer by it: a driver that is alive
needs some real seconds to be heard.
"""


def busy_with(record: Record, now: datetime) -> Busy:
    """The error that says who has the endpoint, and how to go on."""
    release = record.release
    driven = has_driver(record, now)
    facts = [
        f"{release.baseline} → {release.candidate} at {release.target:g}%, "
        + (_driver(record, now) if driven else "nobody drives it")
    ]
    verb = "promote" if release.state is State.HELD else "resume"
    way = (
        f"follow it: canary watch {release.id}" if driven else f"go on: canary {verb} {release.id}"
    )
    return Busy(
        f"{release.endpoint} is busy with release {release.id}",
        facts=facts,
        hint=(way, f"end it: canary rollback {release.id}"),
    )


def may_raise(store: Store, saved: Record, now: datetime) -> bool:
    """Whether a raise may still be asked for that was saved before.

    Not with too little left of the lease; and where the save was slow, not over what others wrote
    into the record meanwhile: a rollback perhaps.
    """
    lease = saved.lease
    if lease is None or now >= lease.until - GUARD:
        return False
    if timedelta(0) <= now - lease.heard < BRISK:
        return True
    with suppress(CanaryError):
        record = store.load(saved.release.key)
        return record is not None and record.version == saved.version
    return False


def free(store: Store, key: str, by: str, clock: Clock) -> Lease | None:
    """Take the lease from whoever has it, so that anybody may drive; the lease there was.

    A driver that is alive after all takes it again at its next look.

    Raises:
        NotFound: no release is known for the endpoint.
        Busy: the record changes faster than it can be written.
    """

    def take() -> Lease | None:
        record = store.load(key)
        if record is None:
            raise NotFound(f"no release is known for {key}", hint="canary history lists them")
        if record.lease is None:
            return None
        holder, now = record.lease.holder, clock.wall()
        told = Event(
            "lease_lost", now, f"{by} freed it from {holder}", "warning", {"driver": holder}
        )
        store.save(replace(record, lease=None), (told,))
        return record.lease

    return until_won(take, clock, by, key)


def length_of(clock: Clock) -> timedelta:
    """How long a driver that is not heard keeps an endpoint, by this clock."""
    return LEASE * max(1.0, speed_of(clock) / FASTEST)


def is_driven(record: Record, now: datetime) -> bool:
    """Whether a driver is alive, or anybody looked lately."""
    return has_driver(record, now) or is_heard(record, now, LEASE)


def has_driver(record: Record, now: datetime) -> bool:
    """Whether whoever drives it is alive."""
    return record.lease is not None and record.lease.alive(now)


def is_heard(record: Record, now: datetime, within: timedelta) -> bool:
    """Whether anybody drove or looked less than so long ago.

    What lies further ahead than that is of a clock that was wrong, and counts for nothing.
    """
    release = record.release
    signs = (release.started_at, release.seen_at, record.lease.heard if record.lease else None)
    return any(sign is not None and abs(now - sign) < within for sign in signs)


def _driver(record: Record, now: datetime) -> str:
    if record.lease is None:
        return "nobody drives it"
    ago = max(0, round((now - record.lease.heard).total_seconds()))
    return f"driven by {record.lease.holder}, last heard {ago} s ago"
