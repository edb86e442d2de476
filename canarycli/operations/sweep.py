"""What becomes of releases that nobody drives any more."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from canarycli.clock import Clock, SystemClock
from canarycli.engine.lease import last_sign
from canarycli.engine.loop import drive
from canarycli.engine.retries import PATIENCE
from canarycli.errors import CanaryError, Exit
from canarycli.journal import Event
from canarycli.operations.accounts import Accounts, gathering
from canarycli.operations.drive import roll_back
from canarycli.operations.workspace import Workspace, open_store
from canarycli.plan import Lost
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Record


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which releases are swept up, and how.

    Attributes:
        older_than: only what nobody has driven for so long.
        do: for all of them; None for what each plan's `on_driver_lost` says.
        endpoint: only of that one, None for all.
    """

    older_than: timedelta
    do: Lost | None = None
    endpoint: str | None = None


def sweep(
    wanted: Wanted, env: Mapping[str, str], listen: Callable[[str, Event], None]
) -> tuple["Swept", ...]:
    """Resume or roll back every release nobody drives, all at once, each to its end.

    A release that waits for a person is judged once, and goes back if it fails.
    """
    lock = threading.Lock()

    def in_turn(release_id: str, event: Event) -> None:
        with lock:
            listen(release_id, event)

    swept = tuple(_lost(wanted, env, in_turn))
    threads = [threading.Thread(target=one.run, daemon=True) for one in swept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in swept:
        if one.fault is not None:
            raise one.fault
    return swept


@dataclass(slots=True)
class Swept:
    """A release that nobody drove, and what became of it here.

    Attributes:
        work: None where its cloud can't even be asked; `failure` says why.
        release: as it was found, then as it was left.
        do: what is done with it, None where it waits for a person and is only judged.
        listen: hears every event with the release it is of.
        failure: why it could not be done, None while nothing went wrong.
        fault: an error of canary's own.
    """

    work: Workspace | None
    release: Release
    do: Lost | None
    listen: Callable[[str, Event], None]
    failure: CanaryError | None = None
    fault: Exception | None = None

    def run(self) -> None:
        """Do it; what goes wrong with one must not stop the others."""
        if self.work is None:
            return
        try:
            if self.do is None:
                self._judge()
            elif self.do is Lost.ROLLBACK or self.release.state is State.ROLLING_BACK:
                self.release = roll_back(self.work, self._hear, "nobody drove it")
            else:
                self.release = drive(self.work.controller(self._hear), self.work.key)
        except CanaryError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - raised again where all are done
            self.fault = error

    def _judge(self) -> None:
        """Guard a release that waits for a person: one look, and the way back if it fails."""
        assert self.work is not None
        controller = self.work.controller(self._hear)
        self.release = controller.tick(self.work.key).release
        if self.release.rests:
            controller.let_go(self.work.key)
        else:
            self.release = drive(controller, self.work.key)

    @property
    def code(self) -> int:
        """What this release adds to the exit code: 3 for one that went back, whoever wanted it."""
        if self.failure is not None:
            return int(self.failure.exit)
        if self.release.rests:
            return int(Exit.OK)
        stopped = self.release.outcome is Outcome.STOPPED
        return int(Exit.ROLLED_BACK if stopped else self.release.exit)

    def _hear(self, event: Event) -> None:
        self.listen(self.release.id, event)


def _lost(
    wanted: Wanted, env: Mapping[str, str], listen: Callable[[str, Event], None]
) -> Iterator[Swept]:
    """Every open release that nobody drives."""
    store = open_store(env)
    every = store.newest(still_open=True)
    records = [one for one in every if wanted.endpoint in {None, one.release.endpoint}]
    # Unlike a driver, who looks again by itself: nobody may before the next sweep.
    accounts = Accounts(env, patience=PATIENCE, gather=gathering(len(records)))
    for record in records:
        work, failure = None, None
        try:
            work = accounts.workspace(record, store)
        except CanaryError as error:
            failure = error
        found = as_found(wanted, record, work, listen, failure)
        if found is not None:
            yield found


def as_found(
    wanted: Wanted,
    record: Record,
    work: Workspace | None,
    listen: Callable[[str, Event], None],
    failure: CanaryError | None = None,
) -> Swept | None:
    """An open release as it is to be swept up, None where somebody drives it."""
    clock: Clock = work.clock if work else SystemClock()
    if not _nobody(record, clock, wanted.older_than):
        return None
    release = record.release
    lost = wanted.do or release.plan.on_driver_lost
    what = None if release.rests else lost
    return Swept(work, release, what, listen, failure)


def _nobody(record: Record, clock: Clock, patience: timedelta) -> bool:
    now = clock.wall()
    driven = record.lease is not None and record.lease.alive(now)
    return not driven and (record.release.rests or now - last_sign(record) >= patience)
