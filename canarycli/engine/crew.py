"""Drives every open release of a store from one process: a queue of times, a few threads."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Bell
from time import monotonic

from canarycli.clock import SystemClock
from canarycli.engine.controller import Controller
from canarycli.engine.figures import Figures
from canarycli.engine.loop import BLIND, Steps
from canarycli.engine.wakes import Lane, Wakes
from canarycli.errors import Busy, CanaryError, NotFound, StoreError, Unsafe
from canarycli.journal import Event
from canarycli.release.context import WATCHING
from canarycli.release.record import Release, State
from canarycli.store import Record, Store
from canarycli.store.around import Around

DISCOVER = 2.0
"""Seconds between two looks for releases that are new, or that somebody changed."""

AFTER_A_FAULT = timedelta(seconds=60)
"""How soon a release is looked at again whose look broke."""

THREADS = 48
"""Looks at once: most of them wait for a cloud, or for others to read metrics with."""

Told = Callable[[Release, Event], None]


class Noting(Around):
    """A store that remembers which version of each record this process knows."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.known: dict[str, str] = {}

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record."""
        record = self._store.load(key)
        if record is not None:
            self.known[key] = str(record.version)
        return record

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record."""
        saved = self._store.save(record, events)
        self.known[saved.release.key] = str(saved.version)
        return saved


@dataclass(frozen=True, slots=True)
class Hands:
    """What it takes to drive one release.

    Attributes:
        controller: with a provider that others of its account share.
        lane: of its account.
        speed: how fast its clock runs.
        done: called when it is driven here no more.
    """

    controller: Controller
    lane: Lane
    speed: float = 1.0
    done: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Member:
    """One release that is driven here, or that somebody else drives."""

    steps: Steps
    hands: Hands
    release: Release
    said: str = ""


@dataclass(slots=True)
class Crew:
    """Drives what is open, as long as it is not told to stop.

    Attributes:
        store: the records, as whoever makes the controllers uses them too.
        hands: what it takes to drive a release.
        tell: hears of what is no event of a release: that it can't be looked at.
        figures: what happened so far.
        wanted: which releases are this crew's.
        threads: looks at once.
        discover: seconds between two looks for what is new or changed by somebody.
    """

    store: Noting
    hands: Callable[[Record], Hands]
    tell: Told
    figures: Figures = field(default_factory=Figures)
    wanted: Callable[[Release], bool] = lambda _: True
    threads: int = THREADS
    discover: float = DISCOVER
    _wakes: Wakes = field(default_factory=Wakes)
    _members: dict[str, _Member] = field(default_factory=dict)
    _strangers: dict[str, tuple[str, float]] = field(default_factory=dict)
    _bell: Bell = field(default_factory=Bell)
    _again: float = 0.0

    def run(self, enough: Callable[[], bool]) -> None:
        """Drive until it is enough; then let go of everything, for another one to take over."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="look")
        try:
            while not enough():
                self._bell.clear()
                if monotonic() >= self._again:
                    self._again = monotonic() + self.discover
                    self._discover()
                self._send(pool)
                self._bell.wait(max(0.0, min(self._soonest(), self._again) - monotonic()))
        finally:
            pool.shutdown(cancel_futures=True)
            self._let_go()

    def hurry(self) -> None:
        """Have `enough` asked again now, and look for what is new."""
        self._again = 0.0
        self._bell.set()

    def __len__(self) -> int:
        return len(self._members)

    def _discover(self) -> None:
        """Look for what is new, changed by somebody, or gone."""
        try:
            marks = self.store.marks()
        except CanaryError as error:
            self.figures.count("faults", type(error).__name__)
            return
        self.figures.alive()
        now = monotonic()
        new = [key for key in marks if key not in self._wakes and self._is_news(key, marks[key])]
        # So that a thousand found at once are not looked at all at once, now and ever after.
        apart = WATCHING.total_seconds() / len(new) if len(new) > self.threads else 0.0
        for i, key in enumerate(new):
            self._wakes.put(key, now + i * apart)
        for key, mark in marks.items():
            if mark and key in self._members and self.store.known.get(key) not in {None, mark}:
                self._wakes.hurry(key)
        for key in [key for key in tuple(self._members) if key not in marks]:
            self._wakes.hurry(key)  # its last look tells how it ended

    def _is_news(self, key: str, mark: str) -> bool:
        """Whether to look what it is, again where its record may be another one by now."""
        known = self._strangers.get(key)
        return known is None or known[0] != mark or monotonic() >= known[1]

    def _send(self, pool: ThreadPoolExecutor) -> None:
        """Have everybody looked at whose turn it is."""
        now = monotonic()
        lanes = self._lanes()
        for key, due in self._wakes.take(now):
            member = self._members.get(key)
            if member is None or member.release.state is State.ROLLING_BACK:
                pool.submit(self._look, key, due)
            else:
                member.hands.lane.add(key, due)
        for lane in lanes:
            for key, due in lane.go(now):
                pool.submit(self._look, key, due)

    def _lanes(self) -> Collection[Lane]:
        # A tuple, for looks come to their end and leave meanwhile.
        return {
            id(one.hands.lane): one.hands.lane for one in tuple(self._members.values())
        }.values()

    def _soonest(self) -> float:
        now = monotonic()
        times = [self._wakes.soonest(), *(lane.soonest(now) for lane in self._lanes())]
        return min((at for at in times if at is not None), default=now + DISCOVER)

    def _look(self, key: str, due: float) -> None:
        began = monotonic()
        wake = self._wake_after(key)
        self.figures.looked(max(0.0, began - due), monotonic() - began)
        if wake is None:
            left = self._members.pop(key, None)
            self.figures.stands(key, "")
            if left is not None:
                left.hands.done()
            self._wakes.drop(key)
        else:
            member = self._members.get(key)
            speed = member.hands.speed if member else 1.0
            self._wakes.put(key, monotonic() + wake.total_seconds() / speed)
        self._bell.set()

    def _wake_after(self, key: str) -> timedelta | None:
        """One look; when to look again, None for never."""
        try:
            member = self._members.get(key) or self._enlist(key)
            if member is None:
                return None
            return self._step(key, member)
        except StoreError as error:
            self.figures.count("faults", type(error).__name__)
            return BLIND  # nothing is raised without a record, and nothing is forgotten
        except CanaryError as error:
            self._say(key, error)
            return AFTER_A_FAULT
        except Exception as error:  # noqa: BLE001 - one release must not stop the others
            self._say(key, error)
            return AFTER_A_FAULT

    def _enlist(self, key: str) -> _Member | None:
        record = self.store.load(key)
        if record is None or record.release.over or not self.wanted(record.release):
            until = monotonic() + AFTER_A_FAULT.total_seconds()
            self._strangers[key] = (str(record.version) if record else "", until)
            return None
        hands = self.hands(record)
        member = _Member(Steps(hands.controller, key), hands, record.release)
        self._members[key] = member
        return member

    def _step(self, key: str, member: _Member) -> timedelta | None:
        try:
            decision = member.steps.take()
        except (Busy, NotFound):
            return self._elsewhere(key, member)
        except Unsafe as error:
            self._say(key, error)
            return WATCHING
        if decision is None:
            self.figures.count("blind")
            return BLIND
        member.release, member.said = decision.release, ""
        self.figures.stands(key, decision.release.state.value)
        if decision.release.over:
            outcome = decision.release.outcome
            self.figures.count("ended", outcome.value if outcome else "")
            member.hands.controller.let_go(key)
            return None
        return decision.wake

    def _elsewhere(self, key: str, member: _Member) -> timedelta | None:
        """Somebody else drives it: look again when their lease ends, unless they renew it."""
        self.figures.stands(key, "driven_elsewhere")
        record = self.store.load(key)
        if record is None or record.release.over:
            return None
        member.release = record.release
        now = member.hands.controller.clock.wall()
        return max(record.lease.until - now, timedelta(0)) if record.lease else timedelta(0)

    def _say(self, key: str, error: Exception) -> None:
        """Tell why a release can't be looked at, once for each reason."""
        self.figures.count("faults", type(error).__name__)
        member = self._members.get(key)
        said = error.message if isinstance(error, CanaryError) else repr(error)
        record = None
        with suppress(CanaryError):
            record = self.store.load(key)
        if record is None or (member is not None and member.said == said):
            return
        if member is not None:
            member.said = said
        kind = "unsafe" if isinstance(error, Unsafe) else "fault"
        self.tell(record.release, Event(kind, SystemClock().now(), said, "error"))

    def _let_go(self) -> None:
        """Give every lease back, so that another crew need not wait for its end."""

        def free(item: tuple[str, _Member]) -> None:
            with suppress(CanaryError):
                item[1].hands.controller.let_go(item[0])

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(free, list(self._members.items())))
