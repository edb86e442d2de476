"""Goes on with a paused release, or takes over one that nobody drives."""

from datetime import datetime

from canarycli.journal import Event
from canarycli.operations.drive import Drive, Ending, driven
from canarycli.operations.follow import arrived, carry_out
from canarycli.operations.workspace import Workspace
from canarycli.release import orders
from canarycli.release.record import Release, State
from canarycli.store import Record


def other_driver(work: Workspace, record: Record) -> str:
    """Who else drives it now, "" for nobody."""
    if record.lease is None or not record.driven_by_another(work.driver.name, work.clock.wall()):
        return ""
    return record.lease.holder


def resume(drive: Drive, record: Record, *, take_over: bool, detach: bool) -> Ending:
    """Go on, then drive or follow.

    Args:
        drive: how this process goes on.
        record: the open release.
        take_over: drive it from here even if somebody else does.
        detach: come back at once where somebody drives it.
    """
    work, release = drive.work, record.release
    now, who = work.clock.now(), work.actor
    if take_over:
        message = f"driven by {work.driver.name} now"
        taken = Event("taken_over", now, message, fields=driven(work.driver, work.clock))
        work.controller(drive.listen).take_over(work.key, taken)
    if release.state is State.ROLLING_BACK:
        return drive.run(enough=arrived)
    noted = resumed(release, who, now)
    return carry_out(drive, lambda now_: orders.resume(now_, now), *noted, detach=detach)


def resumed(release: Release, by: str, now: datetime) -> tuple[Event, ...]:
    """What history says of a person who ends a pause; nothing where there is none."""
    if release.state is not State.PAUSED:
        return ()
    return (Event("resumed", now, f"resumed by {by}", fields={"by": by}),)
