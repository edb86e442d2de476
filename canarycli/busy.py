"""The error that says who has an endpoint, and how to go on."""

from datetime import datetime

from canarycli.errors import Busy
from canarycli.store import Record


def busy_with(record: Record, now: datetime) -> Busy:
    """The error that says who has the endpoint, and how to go on."""
    release, lease = record.release, record.lease
    facts = [
        f"{release.baseline} → {release.candidate} at {release.target:g}%, "
        + (_driver(record, now) if lease and lease.alive(now) else "nobody drives it")
    ]
    return Busy(
        f"{release.endpoint} is busy with release {release.id}",
        facts=facts,
        hint=(f"follow it: canary status {release.id}", f"end it: canary rollback {release.id}"),
    )


def _driver(record: Record, now: datetime) -> str:
    if record.lease is None:
        return "nobody drives it"
    ago = max(0, round((now - record.lease.heard).total_seconds()))
    return f"driven by {record.lease.holder}, last heard {ago} s ago"
