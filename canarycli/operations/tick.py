"""One step of a release, for whatever calls it again: cron, a CI job, a loop, an engine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from canarycli.errors import Busy, CanaryError, Exit
from canarycli.journal import Event
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace, open_store, work_on
from canarycli.release.record import Release
from canarycli.store import Record


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one step came to.

    Attributes:
        release: as it is now.
        wake_in: when to come back, None where nothing more happens by itself.
        busy: who drives it, "" if nobody else does.
        failure: why the step could not be taken, None if it was.
    """

    release: Release
    wake_in: timedelta | None = None
    busy: str = ""
    failure: CanaryError | None = None

    @property
    def exit(self) -> Exit:
        """What it tells the caller."""
        if self.failure is not None:
            return Exit(self.failure.exit)
        return Exit.BUSY if self.busy else self.release.exit


def tick(work: Workspace, record: Record, listen: Callable[[str, Event], None]) -> Ticked:
    """Take one step of the endpoint's open release."""
    release_id = record.release.id
    controller = work.controller(lambda event: listen(release_id, event))
    try:
        decision = controller.tick(work.key)
    except Busy as error:
        return Ticked(record.release, busy=error.message)
    finally:
        controller.let_go(work.key)
    release = decision.release
    waits = release.over or release.waits_for_a_person
    return Ticked(release, None if waits else decision.wake)


def tick_named(work: Workspace, listen: Callable[[str, Event], None]) -> Ticked:
    """The same of the release that was named; one that is over says so, however often asked.

    Raises:
        NotFound: none was named, and none is open.
    """
    record = work.target.record
    if record is not None and record.release.over:
        return Ticked(record.release)
    return tick(work, work.open_record(), listen)


def tick_all(env: Mapping[str, str], listen: Callable[[str, Event], None]) -> Iterator[Ticked]:
    """Take one step of every open release; what goes wrong with one does not stop the others."""
    store = open_store(env)
    for record in store.newest(still_open=True):
        release = record.release
        target = Target(release.endpoint, release.provider, release.settings, None, record)
        try:
            yield tick(work_on(target, store, env), record, listen)
        except CanaryError as error:
            yield Ticked(release, failure=error)
