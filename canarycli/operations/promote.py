"""Sends a release to its next stage, to a share, or to 100 % at once."""

from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
from canarycli.release import orders


def promote(
    drive: Drive,
    *,
    to: float | None = None,
    full: bool = False,
    reason: str = "",
    detach: bool = False,
) -> Ending:
    """Ask for it, then drive or follow.

    Args:
        drive: how this process goes on.
        to: the share to go to at once, None for the next stage's.
        full: to 100 % at once, without the judge.
        reason: kept in history.
        detach: come back once the share is in place.
    """
    who = drive.work.actor
    return carry_out(
        drive,
        lambda now: orders.promote(now, who, reason=reason, to=to, full=full),
        detach=detach,
    )
