"""Carries out a person's order: by the driver there is, or by this process if there is none."""

from collections.abc import Callable
from datetime import timedelta

from canarycli.journal import Event
from canarycli.operations.drive import Ride
from canarycli.release.record import Release, State
from canarycli.store import Record

LISTEN = timedelta(seconds=2)
"""How often somebody else's progress is read."""


def carry_out(journey: Ride, order: Callable[[Release], Release], *, detach: bool) -> int:
    """Write the order into the record, then drive, or follow whoever drives."""
    work = journey.work
    record = work.controller(journey.hear).change(work.key, order)
    if record.driven_by_another(work.driver.name, work.clock.now()):
        return follow(journey, record, until_done=not detach)
    return journey.run(enough=arrived if detach else waits)


def follow(journey: Ride, record: Record, *, until_done: bool) -> int:
    """Show what another driver does until the outcome, or just until it has taken the order."""
    work, seen = journey.work, len(journey.work.store.events(record.release.id))
    until = None if journey.timeout is None else work.clock.now() + journey.timeout
    while True:
        # The record first: its events were noted with it, so that none of them is missed.
        release = _newest(journey, record)
        for event in work.store.events(record.release.id)[seen:]:
            journey.output.event(event, record.release.id)
            seen += 1
        late = until is not None and work.clock.now() >= until
        enough = waits if until_done else arrived
        if release.over or enough(release) or late:
            return journey.finish(release, enough=enough, until=until)
        if _abandoned(journey):
            message = "the driver is gone; this process drives on"
            journey.hear(Event("taken_over", work.clock.now(), message, "warning"))
            return journey.run(enough=enough)
        work.clock.sleep(LISTEN.total_seconds())


def waits(release: Release) -> bool:
    """Whether nothing more happens by itself."""
    return release.waits_for_a_person


def arrived(release: Release) -> bool:
    """Whether what was asked for is in place."""
    return release.ask is None and release.confirmed_at is not None


def _newest(journey: Ride, record: Record) -> Release:
    found = journey.work.store.find(record.release.id)
    return found.release if found else record.release


def _abandoned(journey: Ride) -> bool:
    record = journey.work.record()
    if record is None or record.release.state is State.ENDED:
        return False
    return record.lease is None or not record.lease.alive(journey.work.clock.now())
