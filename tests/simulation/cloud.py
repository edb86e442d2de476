"""A cloud at the other end of a bad line: its endpoint is the simulator's, its habits a cloud's."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from simulation.timeline import Timeline, death

from canarycli.errors import Conflict, Denied, ProviderError, Rejected, Unavailable
from canarycli.metrics import Measurements, Metric, Window
from canarycli.provider import RELEASE_NOTE, ROLLED_BACK_NOTE, Endpoint, Limits, Notes, Reply
from canarycli.simulator import Simulator
from canarycli.testing import NOON
from canarycli.traffic import Traffic

Answer = TypeVar("Answer")

ENDPOINT, BASELINE, CANDIDATE = "fraud", "v41", "v42"
OLDER = "v40"
"""A third version, which nobody but a person who rolls back sends anything to."""

HOMES = frozenset({BASELINE, OLDER})
SECRET = "S3cr3t-of-the-story-0123456789"
PATIENCE = 5.0
"""Seconds after which a call without an answer is given up."""


class TrueClock:
    """The time as it is, which no machine has exactly."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._timeline.now)

    wall = now

    def sleep(self, seconds: float) -> None:
        self._timeline.wait(seconds)


@dataclass(frozen=True)
class Habits:
    """How a cloud differs from the others.

    Attributes:
        conditional: a raise names the revision it was decided on; else whatever is there when it
            lands is changed.
        late: seconds for which a request may be on its way.
        settle: seconds that a change takes.
        notes_first: notes are a call of their own.
    """

    conditional: bool
    late: float
    settle: float
    notes_first: bool = False


CLOUDS: Mapping[str, Habits] = {
    "vertex": Habits(conditional=True, late=0, settle=0),
    "azureml": Habits(conditional=False, late=30, settle=12),
    "sagemaker": Habits(conditional=False, late=60, settle=25, notes_first=True),
}


class Fault(StrEnum):
    """What goes wrong with one call."""

    CRASH_BEFORE = "the process dies before it"
    CRASH_AFTER = "the process dies after it"
    LOST = "its answer is lost"
    UNAVAILABLE = "it gets no answer"
    LATE = "it lands late"
    DOUBLED = "it lands twice"
    DENIED = "it is denied"
    REJECTED = "it is refused"
    SLOW = "it is slow"


WRITES_ONLY = frozenset({Fault.LATE, Fault.DOUBLED, Fault.REJECTED})


@dataclass
class Faults:
    """Draws what goes wrong, as long as anything may.

    Attributes:
        rate: how often.
        kinds: what may.
        asleep: which raise falls asleep on its way, whatever the rate; 0 for none.
        echoes: whether what is sent twice lands late, and not at once.
    """

    dice: random.Random
    rate: float
    kinds: tuple[Fault, ...]
    asleep: int = 0
    echoes: bool = False

    def draw(self, *, write: bool = False, raises: bool = False) -> Fault | None:
        """What goes wrong with this call."""
        if raises and self.asleep:
            self.asleep -= 1
            if not self.asleep:
                return Fault.LATE
        if self.dice.random() >= self.rate:
            return None
        kinds = [kind for kind in self.kinds if write or kind not in WRITES_ONLY]
        return self.dice.choice(kinds) if kinds else None


@dataclass(frozen=True)
class Landed:
    """One split that came to the cloud.

    Attributes:
        share: what others than the baseline have.
        release: of which it is, if it says so.
        copied: the copy of traffic that somebody gets.
        echo: it had been sent twice, and the other one was answered.
    """

    at: float
    share: float
    by: str
    release: str = ""
    copied: float = 0.0
    echo: bool = False


def beyond(traffic: Traffic) -> float:
    """What others have than those to which one goes back."""
    return sum(share for name, share in traffic.shares.items() if name not in HOMES)


def copied(traffic: Traffic) -> float:
    """What is copied, to whomever."""
    return sum(traffic.shadow.values())


@dataclass
class Cloud:
    """The endpoint, its notes, and everything that was done to it.

    Attributes:
        marked: when each mark of a rollback was first sent, in truth: its own time is a machine's.
    """

    timeline: Timeline
    habits: Habits
    script: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    landed: list[Landed] = field(default_factory=list)
    looked_at: float = 0.0
    echoing: bool = False
    brought: set[str] = field(default_factory=set)
    marked: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = TrueClock(self.timeline)
        settings = {
            "state": ":memory:",
            "endpoints": [ENDPOINT],
            "settle": self.habits.settle,
            "delay": 0,
            "startup": 20,
            "period": 10,
            "rate": 40,
            **self.script,
        }
        self.simulator = Simulator(settings, clock=self.clock)
        self.limits = replace(
            self.simulator.limits,
            late_request=timedelta(seconds=self.habits.late),
            notes_first=self.habits.notes_first,
        )

    def look(self) -> Endpoint:
        """The endpoint as it is, without a call."""
        return self.simulator.describe(ENDPOINT)

    @property
    def share(self) -> float:
        """What the candidate has in truth."""
        return beyond(self.look().traffic)

    @property
    def copied(self) -> float:
        """What is copied in truth."""
        return copied(self.look().traffic)

    @property
    def notes(self) -> Notes:
        """What is written on the endpoint."""
        return {**self.simulator.notes(self.look()), **self.tags}

    def write(self, seen: Endpoint, to: Traffic, notes: Notes, by: str, *, raises: bool) -> None:
        """A request for a split that has arrived; it says which revision it was decided on."""
        if not self.habits.conditional:
            seen = self.look()
        with_it = {} if self.habits.notes_first else notes
        before = self.look().revision
        self.simulator.shift(seen, to, with_it, raises=raises)
        if self.look().revision != before:
            release = notes.get(RELEASE_NOTE, "")
            here = Landed(self.timeline.now, beyond(to), by, release, copied(to), self.echoing)
            self.landed.append(here)

    def impose(self, share: float) -> None:
        """Somebody sets a split in the console, if there are two versions to choose from."""
        share = share if self.look().version(CANDIDATE) else 0.0
        self.simulator.impose(ENDPOINT, Traffic.split(BASELINE, CANDIDATE, share))
        self.landed.append(Landed(self.timeline.now, share, "console"))


@dataclass
class Line:
    """The cloud as one process reaches it: a provider with faults on every call.

    Attributes:
        sent: hears each split before it leaves.
        read: the notes as they were read last.
    """

    cloud: Cloud
    faults: Faults
    by: str
    sent: Callable[["Line", Endpoint, Traffic], None]
    read: Notes = field(default_factory=dict)
    seen: Endpoint | None = None

    @property
    def limits(self) -> Limits:
        """Those of the cloud."""
        return self.cloud.limits

    @property
    def place(self) -> str:
        """There is one."""
        return "local"

    def describe(self, endpoint: str) -> Endpoint:
        """Look."""
        self.seen = self._call("describe", lambda: self.cloud.simulator.describe(endpoint))
        self.cloud.looked_at = self.cloud.timeline.now
        return self.seen

    def notes(self, seen: Endpoint) -> Notes:  # noqa: ARG002 - there is one endpoint
        """Read what is written on it."""

        self.read = self._call("notes", lambda: dict(self.cloud.notes))
        return self.read

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Ask for a split, as the cloud's own provider does."""
        self.sent(self, seen, to)
        if ROLLED_BACK_NOTE in notes:
            self.cloud.marked.setdefault(notes[ROLLED_BACK_NOTE], self.cloud.timeline.now)
        if not self.cloud.habits.conditional:
            now = self._call("describe", self.cloud.look)
            if raises and now.revision != seen.revision:
                raise Conflict("the endpoint changed since it was looked at")
        if self.cloud.habits.notes_first and raises:
            before = self.read.get(ROLLED_BACK_NOTE)
            self._call("tag", lambda: self.cloud.tags.update(notes))
            tags = self._call("notes", lambda: dict(self.cloud.tags))
            if (tags.get(RELEASE_NOTE), tags.get(ROLLED_BACK_NOTE)) != (
                notes[RELEASE_NOTE],
                before,
            ):
                raise Conflict("somebody else has noted a change")
        fault = self.faults.draw(write=True, raises=raises)

        def write() -> None:
            self.cloud.write(seen, to, notes, self.by, raises=raises)

        self._call("shift", write, fault)
        if self.cloud.habits.notes_first and not raises:
            try:
                self._call("tag", lambda: self.cloud.tags.update(notes))
            except ProviderError:
                return ""
        return "req-1"

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """Read metrics."""
        simulator = self.cloud.simulator
        return self._call("measure", lambda: simulator.measure(endpoint, versions, metrics, window))

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a new version."""

        def deploy() -> str:
            name = self.cloud.simulator.deploy(seen, model, like, options, release)
            self.cloud.brought.add(name)
            return name

        return self._call("deploy", deploy)

    def retire(self, seen: Endpoint, version: str) -> None:
        """Ask for a version to go."""
        self._call("retire", lambda: self.cloud.simulator.retire(seen, version))

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """Ask one version."""
        simulator = self.cloud.simulator
        return self._call("smoke", lambda: simulator.smoke(endpoint, version, body, content_type))

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """What could be pasted."""
        return f"cloud set {endpoint} {to}"

    def _call(  # noqa: C901 - one case for each fault
        self, verb: str, do: Callable[[], Answer], fault: Fault | None = None
    ) -> Answer:
        timeline, dice = self.cloud.timeline, self.faults.dice
        fault = fault or (self.faults.draw() if verb != "shift" else None)
        timeline.wait(dice.uniform(0.05, 0.3))
        match fault:
            case Fault.CRASH_BEFORE:
                raise death(timeline.current)
            case Fault.UNAVAILABLE:
                timeline.wait(PATIENCE)
                raise Unavailable(f"no answer to {verb}; token={SECRET}")
            case Fault.DENIED:
                raise Denied(f"no permission to {verb} with {SECRET}")
            case Fault.REJECTED:
                raise Rejected(f"{verb} is against a policy")
            case Fault.SLOW:
                timeline.wait(dice.uniform(1, 25))
            case Fault.LATE:
                late = dice.uniform(0, self.cloud.habits.late or 60)
                timeline.later(late, lambda: _quietly(do))
                timeline.wait(PATIENCE)
                raise Unavailable(f"no answer to {verb}")
            case Fault.DOUBLED if self.faults.echoes:  # by something that heard nothing of it
                late = dice.uniform(0, self.cloud.habits.late or 60)
                timeline.later(late, lambda: self._echo(do))
                timeline.wait(PATIENCE)
        answer = do()
        if fault is Fault.DOUBLED and not self.faults.echoes:  # by something that waits for both
            timeline.wait(dice.uniform(0, 2))
            _quietly(do)
        if fault is Fault.CRASH_AFTER:
            raise death(timeline.current)
        timeline.wait(dice.uniform(0.02, 0.2))
        if fault is Fault.LOST:
            raise Unavailable(f"the answer to {verb} was lost")
        return answer

    def _echo(self, do: Callable[[], object]) -> None:
        self.cloud.echoing = True
        _quietly(do)
        self.cloud.echoing = False


def _quietly(do: Callable[[], object]) -> None:
    try:
        do()
    except ProviderError:  # refused on arrival, and nobody is there to be told
        return
