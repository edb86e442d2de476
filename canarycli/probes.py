"""What every cloud's doctor says alike: how far a clock is off, how new the newest points are."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from canarycli.metrics import Measurements, Metric
from canarycli.provider import Probe

SKEW = timedelta(minutes=2)
"""Clouds refuse what is signed, or a token, with a clock that is some minutes off."""


def clock(date: str, whose: str, now: datetime) -> Iterator[Probe]:
    """How far this machine's clock is off; nothing where the cloud did not say what time it is.

    Args:
        date: a `Date` header of an answer that came just now.
        whose: the clock it is compared with, `Google's`.
        now: by this machine's clock.
    """
    try:
        off = now - parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return
    fine = abs(off) < SKEW
    detail = f"{abs(off.total_seconds()):.0f} s off {whose}"
    yield Probe("clock", fine, detail, () if fine else ("set this machine's clock",))


def newest_points(
    found: Measurements, versions: Collection[str], metrics: Collection[Metric]
) -> Iterator[Probe]:
    """How new the newest point of each metric on each version is, or what was asked for one."""
    for version in versions:
        for metric in metrics:
            newest = found.of(version, metric).newest
            detail = "no points" if newest is None else f"newest point {newest:%H:%M:%S} UTC"
            asked = (found.queries.get(metric.key, ""),) if newest is None else ()
            yield Probe(f"{metric.key} of {version}", newest is not None, detail, asked)
