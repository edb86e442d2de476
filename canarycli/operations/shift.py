"""Sets the candidate's share by hand."""

from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
from canarycli.operations.frozen import refuse_frozen
from canarycli.release import orders


def shift(drive: Drive, share: float, *, reason: str = "") -> Ending:
    """Ask for a share, and come back once it is in place; the release is paused there."""
    who, work = drive.work.actor, drive.work
    release = work.open_record().release
    if share > release.target:
        refuse_frozen(release.plan, work.clock.now())
    return carry_out(drive, lambda now: orders.shift(now, who, share, reason=reason), detach=True)
