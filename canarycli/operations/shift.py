"""Sets the candidate's share by hand."""

from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
from canarycli.operations.frozen import overridden, refuse_frozen
from canarycli.release import orders


def shift(drive: Drive, share: float, *, reason: str = "", override: str = "") -> Ending:
    """Ask for a share, and come back once it is in place; the release is paused there.

    Args:
        drive: how this process goes on.
        share: the candidate's, in percent.
        reason: kept in history.
        override: why it is to go up in a change freeze.

    Raises:
        UsageError: a freeze is in force, and it would go up.
    """
    who, work = drive.work.actor, drive.work
    release, now = work.open_record().release, work.clock.now()
    up = share > release.target
    if up:
        refuse_frozen(release.plan, now, override)
    said = (overridden(who, override, now),) if up and override else ()
    return carry_out(
        drive,
        lambda known: orders.shift(known, who, share, reason=reason or override, override=override),
        *said,
        detach=True,
    )
