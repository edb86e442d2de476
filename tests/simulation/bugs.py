"""Planted bugs, one for each promise: each bends what canary is given, never canary itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulation.cloud import BASELINE, CANDIDATE, SECRET, Line
from simulation.commands import Told
from simulation.machine import Machine, Shelf
from simulation.promises import Promise
from simulation.story import Bug
from simulation.twists import Twist

from canarycli.errors import Exit
from canarycli.journal import Event
from canarycli.metrics import Measurements, Metric, Window
from canarycli.provider import (
    BASELINE_NOTE,
    CANDIDATE_NOTE,
    ROLLED_BACK_NOTE,
    Endpoint,
    Limits,
    Notes,
    Reply,
)
from canarycli.store import Record
from canarycli.traffic import Traffic


@dataclass
class Bent:
    """A line to the cloud that works; the bugs below bend one call of it."""

    machine: Machine
    line: Line

    @property
    def limits(self) -> Limits:
        """As they are."""
        return self.line.limits

    @property
    def place(self) -> str:
        """As it is."""
        return self.line.place

    def describe(self, endpoint: str) -> Endpoint:
        """As it is."""
        return self.line.describe(endpoint)

    def notes(self, seen: Endpoint) -> Notes:
        """As they are."""
        return self.line.notes(seen)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """As it is asked."""
        return self.line.shift(seen, to, notes, raises=raises)

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """As they are."""
        return self.line.measure(endpoint, versions, metrics, window)

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """As it is asked."""
        return self.line.deploy(seen, model, like, options, release)

    def retire(self, seen: Endpoint, version: str) -> None:
        """As it is asked."""
        self.line.retire(seen, version)

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """As it is answered."""
        return self.line.smoke(endpoint, version, body, content_type)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """As it is."""
        return self.line.plain_command(endpoint, to)


class Greedy(Bent):
    """Asks for twice the share."""

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Twice."""
        share = min(100.0, 2 * to.of(CANDIDATE))
        return self.line.shift(
            seen, Traffic.split(BASELINE, CANDIDATE, share), notes, raises=raises
        )


class Vague(Bent):
    """Notes that there was a rollback, and not where to."""

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Without the arms."""
        arms = {BASELINE_NOTE, CANDIDATE_NOTE} if ROLLED_BACK_NOTE in notes else set()
        left = {name: note for name, note in notes.items() if name not in arms}
        return self.line.shift(seen, to, left, raises=raises)


class Copious(Bent):
    """Copies twice the traffic."""

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Twice."""
        copies = {name: min(100.0, 2 * share) for name, share in to.shadow.items()}
        return self.line.shift(seen, replace(to, shadow=copies), notes, raises=raises)


@dataclass
class Eager(Bent):
    """Brings a candidate in at each look, as if it were of another release."""

    count: int = 0

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """One more."""
        self.count += 1
        return self.line.deploy(seen, model, like, options, f"{release}-{self.count}")


class Polite(Bent):
    """Takes any answer for a good one."""

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """Well answered."""
        return replace(self.line.smoke(endpoint, version, body, content_type), status=200)


class Hopeful(Bent):
    """Takes every version for one in service."""

    def describe(self, endpoint: str) -> Endpoint:
        """In service, all of them."""
        seen = self.line.describe(endpoint)
        return replace(seen, versions=tuple(replace(v, in_service=True) for v in seen.versions))


class Deaf(Bent):
    """Reads the notes and heeds none."""

    def notes(self, seen: Endpoint) -> Notes:
        """Read for nothing."""
        self.line.notes(seen)
        return {}


class Inventive(Bent):
    """Takes the baseline's figures for the candidate's."""

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """Those of the baseline, for both."""
        found = self.line.measure(endpoint, versions, metrics, window)
        series: Mapping[str, Any] = dict.fromkeys(versions, found.series[BASELINE])
        return replace(found, series=series)


@dataclass
class Trusting(Bent):
    """Takes what was asked for for what is."""

    asked: Traffic | None = None

    def describe(self, endpoint: str) -> Endpoint:
        """As asked for, and settled."""
        seen = self.line.describe(endpoint)
        return replace(seen, traffic=self.asked, settled=True) if self.asked else seen

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Remembered before it is accepted."""
        self.asked = to
        return self.line.shift(seen, to, notes, raises=raises)


class Chatty(Bent):
    """Has a secret in the id of a request."""

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """And tells it."""
        self.line.shift(seen, to, notes, raises=raises)
        return f"req-{SECRET}"


@dataclass
class Loose:
    """Records that work; the bugs below bend one call of them."""

    machine: Machine
    shelf: Shelf

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shelf, name)


class Forgetful(Loose):
    """Takes no end down."""

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Unless it is over."""
        if record.release.over:
            return record
        return self.shelf.save(record, events)


class Lawless(Loose):
    """Knows no lease but one's own."""

    def load(self, key: str) -> Record | None:
        """As if nobody else drove."""
        record = self.shelf.load(key)
        if record and record.lease and record.lease.holder != self.shelf.by:
            return replace(record, lease=None)
        return record


class Blind(Loose):
    """Hides open releases from a sweep."""

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """None of them."""
        return () if still_open else self.shelf.newest()


def all_is_well(told: Told) -> None:
    """Every command ends with 0."""
    told.code = told.code and Exit.OK


BUGS: Mapping[str, tuple[Promise, Bug]] = {
    "asks for twice the share": (Promise.CEILING, Bug(Greedy)),
    "goes by the wall clock": (Promise.CEILING, Bug(steady=False)),
    "takes every version for one in service": (Promise.SERVING, Bug(Hopeful)),
    "forgets how a release ended": (Promise.CONVERGES, Bug(store=Forgetful)),
    "knows no lease": (Promise.ALONE, Bug(store=Lawless)),
    "heeds no notes": (Promise.ROLLBACK_WINS, Bug(Deaf)),
    "makes figures up": (Promise.EVIDENCE, Bug(Inventive)),
    "takes what it asked for for what is": (Promise.READ_BACK, Bug(Trusting)),
    "tells a secret": (Promise.SECRETS, Bug(Chatty)),
    "knows of no late requests": (Promise.STAYS, Bug(late=False, twists=frozenset({Twist.SHADOW}))),
    "sweeps nothing": (Promise.GUARDED, Bug(store=Blind)),
    "does not note where a rollback went": (
        Promise.STAYS,
        Bug(Vague, twists=frozenset({Twist.ELSEWHERE})),
    ),
    "copies twice the traffic": (
        Promise.CEILING,
        Bug(Copious, twists=frozenset({Twist.SHADOW})),
    ),
    "takes any answer for a good one": (
        Promise.ASKED,
        Bug(Polite, twists=frozenset({Twist.SMOKE})),
    ),
    "brings a candidate in at each look": (
        Promise.ONCE,
        Bug(Eager, twists=frozenset({Twist.DEPLOY, Twist.CREW})),
    ),
    "is a crew that knows no lease": (
        Promise.ALONE,
        Bug(store=Lawless, twists=frozenset({Twist.CREW})),
    ),
    "writes to a bucket whatever is there": (
        Promise.ALONE,
        Bug(conditional=False, twists=frozenset({Twist.BUCKET})),
    ),
    "always ends with 0": (Promise.TRUE_EXIT, Bug(told=all_is_well)),
}
"""What each does, the promise that it breaks, and the bug."""
