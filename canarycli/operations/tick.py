"""One step of a release, for whatever calls it again: cron, a CI job, a loop, an engine."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from canarycli.errors import Busy, CanaryError, Exit
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.accounts import Accounts, gathering
from canarycli.operations.workspace import Workspace, open_store
from canarycli.release.record import Release
from canarycli.store import Record

AT_ONCE = 32
"""Steps side by side: most of each is waiting for its cloud."""


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
    """Take one step of every open release; what goes wrong with one does not stop the others.

    They are taken side by side, with one client for each account, and metrics are read together
    where a cloud can do that.
    """
    lock, store = threading.Lock(), open_store(env)
    records = store.newest(still_open=True)
    accounts = Accounts(env, gather=gathering(len(records)))

    def in_turn(release_id: str, event: Event) -> None:
        with lock:
            listen(release_id, event)

    def step(record: Record) -> Ticked:
        try:
            return tick(accounts.workspace(record, store), record, in_turn)
        except CanaryError as error:
            return Ticked(record.release, failure=error)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tick") as pool:
        yield from pool.map(step, records)
