"""Holds a release at its current stage."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from canarycli.engine.status import release_status
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.workspace import Workspace
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.store import Record


@dataclass(frozen=True, slots=True)
class Pause:
    """How long, and what then.

    Attributes:
        text: the length as the person wrote it.
        then: what happens when nobody resumes in time.
    """

    length: timedelta
    text: str
    then: Then = Then.ROLLBACK
    reason: str = ""


def pause(
    work: Workspace, asked: Pause, listen: Callable[[Event], None]
) -> tuple[Record, dict[str, Any]]:
    """Record the pause; returns the record with its status.

    Raises:
        NotFound: no release is open.
        CanaryError: it can't be paused now.
    """
    work.open_record()
    who, now = work.actor, work.clock.now()
    message = f"paused by {who} for {asked.text}, then {asked.then.value}"
    message += f": {asked.reason}" if asked.reason else ""
    until = (now + asked.length).isoformat()
    fields = {"by": who, "reason": asked.reason, "until": until}
    record = work.controller(listen).change(
        work.key,
        lambda release: orders.pause(
            release, who, now, length=asked.length, then=asked.then, reason=asked.reason
        ),
        Event("paused", now, message, "warning", fields),
    )
    work.poke(record.release)
    return record, release_status(record, None, now)
