"""Looks at open releases, each when it is asked to: for whoever keeps their times."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from canarycli.clock import SystemClock
from canarycli.engine.controller import Controller
from canarycli.engine.figures import Figures
from canarycli.engine.steps import BLIND, Steps
from canarycli.engine.wakes import Lane
from canarycli.errors import Busy, CanaryError, NotFound, StoreError, Unsafe
from canarycli.journal import Event
from canarycli.release.context import WATCHING
from canarycli.release.record import Release
from canarycli.store import Record, Store
from canarycli.store.around import Around

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

    def peek(self, key: str) -> Record | None:
        """The same, without the knowledge that counts as having looked."""
        return self._store.load(key)

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
class Member:
    """One release that is driven here, or that somebody else drives."""

    steps: Steps
    hands: Hands
    release: Release
    said: str = ""


@dataclass(slots=True)
class Looks:
    """What is open here, and one look at each.

    Attributes:
        store: the records, as whoever makes the controllers uses them too.
        hands: what it takes to drive a release.
        tell: hears of what is no event of a release: that it can't be looked at.
        figures: what happened so far.
        wanted: which releases are driven here.
    """

    store: Noting
    hands: Callable[[Record], Hands]
    tell: Told
    figures: Figures = field(default_factory=Figures)
    wanted: Callable[[Release], bool] = lambda _: True
    members: dict[str, Member] = field(default_factory=dict)
    _strangers: dict[str, tuple[str, float]] = field(default_factory=dict)

    def marks(self) -> Mapping[str, str] | None:
        """What is open in the records, None where they can't be read."""
        try:
            marks = self.store.marks()
        except CanaryError as error:
            self.figures.count("faults", type(error).__name__)
            return None
        self.figures.alive()
        return marks

    def is_news(self, key: str, mark: str) -> bool:
        """Whether to look what it is, again where its record may be another one by now."""
        known = self._strangers.get(key)
        return known is None or known[0] != mark or monotonic() >= known[1]

    def changed(self, marks: Mapping[str, str]) -> list[str]:
        """What of this process somebody else has changed, or brought to its end."""
        known = self.store.known
        return [
            key
            for key in tuple(self.members)
            if key not in marks or (marks[key] and known.get(key) not in {None, marks[key]})
        ]

    def look(self, key: str, late: float = 0.0) -> float | None:
        """One look, so many seconds late; in how many to look again, None for never."""
        began = monotonic()
        wake = self._wake_after(key)
        self.figures.looked(late, monotonic() - began)
        if wake is None:
            self.leave(key)
            return None
        member = self.members.get(key)
        return wake.total_seconds() / (member.hands.speed if member else 1.0)

    def leave(self, key: str) -> None:
        """Drive it here no more."""
        left = self.members.pop(key, None)
        self.figures.stands(key, "")
        if left is not None:
            left.hands.done()

    def _wake_after(self, key: str) -> timedelta | None:
        """One look; when to look again, None for never."""
        try:
            member = self.members.get(key) or self._enlist(key)
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

    def _enlist(self, key: str) -> Member | None:
        record = self.store.load(key)
        if record is None or record.release.over or not self.wanted(record.release):
            until = monotonic() + AFTER_A_FAULT.total_seconds()
            self._strangers[key] = (str(record.version) if record else "", until)
            return None
        hands = self.hands(record)
        member = Member(Steps(hands.controller, key), hands, record.release)
        self.members[key] = member
        return member

    def _step(self, key: str, member: Member) -> timedelta | None:
        try:
            decision = member.steps.take()
        except (Busy, NotFound):
            return self._elsewhere(key, member)
        except Unsafe as error:
            self._say(key, error)
            return WATCHING
        if decision is None:
            self.figures.count("blind")
            return member.steps.pause
        member.release, member.said = decision.release, ""
        self.figures.stands(key, decision.release.state.value)
        if decision.release.over:
            outcome = decision.release.outcome
            self.figures.count("ended", outcome.value if outcome else "")
            member.hands.controller.let_go(key)
            return None
        return decision.wake

    def _elsewhere(self, key: str, member: Member) -> timedelta | None:
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
        member = self.members.get(key)
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

    def let_go(self) -> None:
        """Give every lease back, so that another crew need not wait for its end."""

        def free(item: tuple[str, Member]) -> None:
            with suppress(CanaryError):
                item[1].hands.controller.let_go(item[0])

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(free, list(self.members.items())))
