"""Refuses a start on an endpoint that is in a release, of this machine or of another one."""

from collections.abc import Callable
from datetime import timedelta

from canarycli.engine.lease import busy_with, has_driver
from canarycli.engine.loop import drive
from canarycli.errors import Busy
from canarycli.operations.start import Intent
from canarycli.provider import CANDIDATE_NOTE, RELEASE_NOTE, Endpoint, Notes
from canarycli.release.record import State
from canarycli.store import Record

PATIENCE = timedelta(seconds=60)
"""How long a rollback that somebody left behind may take to be finished."""


def refuse_busy(intent: Intent, say: Callable[[str], None] = lambda _: None) -> bool:
    """Raise if the endpoint is in a release, here or by what its own notes say.

    A rollback that somebody left behind is finished first, and `say` hears of the wait; True if
    there was one, and the endpoint has changed since it was looked at.

    Raises:
        Busy: it is in a release.
    """
    work = intent.work
    record = work.record()
    if record is None or record.release.over:
        refuse_noted(intent.endpoint, intent.release.found or {}, record)
        return False
    now = work.clock.wall()
    if record.release.state is State.ROLLING_BACK and not has_driver(record, now):
        say(
            f"{record.release.id} rolls {record.release.endpoint} back and nobody sees it to "
            f"its end; doing that first, for {PATIENCE.total_seconds():g} s at most"
        )
        until = work.clock.now() + PATIENCE
        if drive(work.controller(lambda _: None), work.key, until=until).over:
            return True
    raise busy_with(record, now)


def refuse_noted(endpoint: Endpoint, notes: Notes, record: Record | None) -> None:
    """Raise if the endpoint's notes tell of a release of another machine that is under way.

    Raises:
        Busy: they do.
    """
    release, candidate = notes.get(RELEASE_NOTE), notes.get(CANDIDATE_NOTE, "")
    under_way = 0 < endpoint.traffic.of(candidate) < 100
    if not release or not under_way or (record is not None and record.release.id == release):
        return
    raise Busy(
        f"{endpoint.name} is in release {release} of another machine, as its own notes say",
        facts=[f"traffic: {endpoint.traffic}"],
        hint=(
            "go on with it from where it was started",
            f"or end it: canary rollback -e {endpoint.name}",
        ),
    )
