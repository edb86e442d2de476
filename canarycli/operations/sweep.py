"""What becomes of releases that nobody drives any more."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from canarycli.clock import Clock, SystemClock
from canarycli.engine.by_hand import WORDS, way_home, ways_in
from canarycli.engine.lease import has_driver, is_heard
from canarycli.engine.loop import drive
from canarycli.engine.retries import PATIENCE
from canarycli.errors import CanaryError, Exit
from canarycli.journal import Event
from canarycli.operations.accounts import Accounts, gathering
from canarycli.operations.drive import roll_back
from canarycli.operations.workspace import Workspace, open_store
from canarycli.plan import Lost
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Record, Store

AGAIN = timedelta(seconds=15)
"""While some are still brought to their end, it is looked so often for others."""


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
    wanted: Wanted,
    env: Mapping[str, str],
    listen: Callable[[str, Event], None],
    *,
    again: timedelta = AGAIN,
) -> tuple["Swept", ...]:
    """Resume or roll back every release nobody drives, all at once, each to its end.

    A release that waits for a person is judged once, and goes back if it fails. As one end may take
    long, what nobody drives any more meanwhile is taken up too: cron may start no other sweep.
    """
    lock = threading.Lock()

    def in_turn(release_id: str, event: Event) -> None:
        with lock:
            listen(release_id, event)

    search = _Search.begun(wanted, env, in_turn)
    swept = search.more()
    threads = _started(swept)
    while _at_work(threads, again):
        with suppress(CanaryError):  # records that can't be read just now keep nobody from theirs
            more = search.more()
            swept, threads = swept + more, threads + _started(more)
    for one in swept:
        if one.fault is not None:
            raise one.fault
    return tuple(swept)


def _started(swept: Sequence["Swept"]) -> list[threading.Thread]:
    threads = [threading.Thread(target=one.run, daemon=True) for one in swept]
    for thread in threads:
        thread.start()
    return threads


def _at_work(threads: Sequence[threading.Thread], length: timedelta) -> bool:
    """Whether any is at work still after so long; waits no longer than they are."""
    end = monotonic() + length.total_seconds()
    for thread in threads:
        thread.join(max(end - monotonic(), 0))
    return any(thread.is_alive() for thread in threads)


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

    @property
    def by_hand(self) -> str:
        """The cloud's own command for the way back, "" unless a person must look."""
        if self.work is None or self.code != Exit.UNSAFE:
            return ""
        named = ways_in(self.failure) if self.failure is not None else ()
        way = named[-1] if named else way_home(self.work.provider, self.release)
        return way.removeprefix(WORDS)

    def _hear(self, event: Event) -> None:
        self.listen(self.release.id, event)


@dataclass(slots=True)
class _Search:
    """Finds open releases that nobody drives, each once."""

    wanted: Wanted
    store: Store
    accounts: Accounts
    listen: Callable[[str, Event], None]
    taken: set[str] = field(default_factory=set)

    @classmethod
    def begun(
        cls, wanted: Wanted, env: Mapping[str, str], listen: Callable[[str, Event], None]
    ) -> "_Search":
        store = open_store(env)
        every = store.newest(still_open=True)
        # Unlike a driver, who looks again by itself: nobody may before the next sweep.
        accounts = Accounts(env, patience=PATIENCE, gather=gathering(len(every)))
        return cls(wanted, store, accounts, listen)

    def more(self) -> list[Swept]:
        """Those that were not found before."""
        only, every = self.wanted.endpoint, self.store.newest(still_open=True)
        new = [one for one in every if one.release.id not in self.taken]
        found = [self._found(one) for one in new if only in {None, one.release.endpoint}]
        more = [one for one in found if one is not None]
        self.taken |= {one.release.id for one in more}
        return more

    def _found(self, record: Record) -> Swept | None:
        work, failure = None, None
        try:
            work = self.accounts.workspace(record, self.store)
        except CanaryError as error:
            failure = error
        return as_found(self.wanted, record, work, self.listen, failure)


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
    left = record.release.rests or not is_heard(record, now, patience)
    return left and not has_driver(record, now)
