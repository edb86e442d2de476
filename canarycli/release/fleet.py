"""One model over many endpoints: waves, a barrier between them, a budget of failures. Pure."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from canarycli.errors import Exit
from canarycli.late_methods import dataclass
from canarycli.release.record import OUTCOME_EXITS, Outcome, Release


class Course(StrEnum):
    """What a fleet does."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    ROLLING_BACK = "rolling_back"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Seat:
    """One endpoint of a fleet.

    Attributes:
        endpoint: its name in canary.yaml.
        model: what is released there.
        plan: by which plan, None for the endpoint's own.
        release: the release that was begun there, "" before.
        outcome: how it ended, None until it has.
        exit: what it adds to the fleet's exit code.
        why: why it ended so, or could not be begun.
    """

    endpoint: str
    model: str
    plan: str | None = None
    release: str = ""
    outcome: Outcome | None = None
    exit: int = int(Exit.OK)
    why: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more happens there."""
        return self.outcome is not None or self.unfit

    @property
    def unfit(self) -> bool:
        """Whether it could not be begun."""
        return not self.release and self.exit != Exit.OK

    @property
    def failed(self) -> bool:
        """Whether it counts against the budget."""
        return self.over and self.outcome is not Outcome.PROMOTED

    @property
    def open(self) -> bool:
        """Whether its release is under way."""
        return bool(self.release) and not self.over


@dataclass(frozen=True, slots=True)
class Wave:
    """Endpoints that go together.

    Attributes:
        bake: how long after its last release the next wave begins.
        passed_at: when its last release was seen to have ended.
    """

    name: str
    seats: tuple[Seat, ...]
    bake: timedelta = timedelta(0)
    passed_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether all of its releases are."""
        return all(seat.over for seat in self.seats)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody asked of a fleet, or what became of it."""

    at: datetime
    by: str
    message: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """All that must survive a crash; the releases have records of their own.

    Attributes:
        stop_after: so many releases may fail; with one more no further one begins.
        at_once: so many are open at most, 0 for any number.
        insists: its releases begin in spite of risks.
    """

    name: str
    waves: tuple[Wave, ...]
    started_at: datetime
    started_by: str
    stop_after: int = 0
    at_once: int = 0
    course: Course = Course.RUNNING
    why: str = ""
    journal: tuple[Said, ...] = field(default_factory=tuple)
    insists: bool = False

    @property
    def seats(self) -> tuple[Seat, ...]:
        """All of them, in the order of the waves."""
        return tuple(seat for wave in self.waves for seat in wave.seats)

    @property
    def wave(self) -> Wave:
        """The first that is not over, else the last."""
        return next((wave for wave in self.waves if not wave.over), self.waves[-1])

    @property
    def failures(self) -> int:
        """How many ended in another way than promoted."""
        return sum(seat.failed for seat in self.seats)

    @property
    def over(self) -> bool:
        """Nothing is begun any more, and nothing is under way."""
        ends = self.course in {Course.DONE, Course.STOPPED, Course.ROLLING_BACK}
        return ends and not any(seat.open for seat in self.seats)

    @property
    def exit(self) -> Exit:
        """The code of the worst release."""
        codes = [Exit(seat.exit) for seat in self.seats if seat.over]
        return max(codes, key=BADNESS.index, default=Exit.OK)

    @property
    def note(self) -> str:
        """What the note of each release says, so that it is known as the fleet's."""
        return f"fleet {self.name}"

    def owns(self, release: Release) -> bool:
        """Whether a release was begun by it."""
        return release.note == self.note and release.started_at >= self.started_at

    def said(self, by: str, message: str, now: datetime) -> "Fleet":
        """The fleet with a line more in its journal."""
        return replace(self, journal=(*self.journal, Said(now, by, message)))


BADNESS: tuple[Exit, ...] = (
    Exit.OK,
    Exit.RUNNING,
    Exit.TIMEOUT,
    Exit.PAUSED,
    Exit.STOPPED,
    Exit.BUSY,
    Exit.INCONCLUSIVE,
    Exit.NO_METRICS,
    Exit.USAGE,
    Exit.NOT_FOUND,
    Exit.DENIED,
    Exit.ERROR,
    Exit.DRIFT,
    Exit.CLOUD_FAILED,
    Exit.ROLLED_BACK,
    Exit.TERMINATED,
    Exit.INTERRUPTED,
    Exit.UNSAFE,
)
"""Exit codes, the worst last."""


@dataclass(frozen=True, slots=True)
class Move:
    """What to save, then which endpoints to begin on.

    Attributes:
        begin: seats of the wave in force, in order.
    """

    fleet: Fleet
    begin: tuple[Seat, ...] = ()


def decide(fleet: Fleet, releases: Mapping[str, Release], now: datetime) -> Move:
    """Where a fleet stands by its releases, and which begin next.

    A wave begins when all releases of the one before have ended and its bake is over. One failure
    more than the budget, and nothing begins any more; what is under way goes on by its own plan.
    """
    fleet = _seen(fleet, releases, now)
    if fleet.course is not Course.RUNNING:
        return Move(fleet)
    if fleet.failures > fleet.stop_after:
        why = f"{fleet.failures} of {len(fleet.seats)} failed, and {fleet.stop_after} may"
        stopped = replace(fleet, course=Course.STOPPED, why=why)
        return Move(stopped.said("canary", f"stopped: {why}", now))
    wave = _in_force(fleet, now)
    if wave is None:
        if not all(wave.over for wave in fleet.waves):
            return Move(fleet)
        done = replace(fleet, course=Course.DONE)
        return Move(done.said("canary", "every wave is over", now))
    under_way = sum(seat.open for seat in fleet.seats)
    room = fleet.at_once - under_way if fleet.at_once else len(wave.seats)
    waiting = [seat for seat in wave.seats if not seat.release and not seat.over]
    return Move(fleet, tuple(waiting[: max(0, room)]))


def begun(fleet: Fleet, endpoint: str, release: str) -> Fleet:
    """The fleet with the release that was begun on an endpoint."""
    return _with_seat(fleet, endpoint, release=release)


def unfit(fleet: Fleet, endpoint: str, code: int, why: str) -> Fleet:
    """The fleet with an endpoint on which no release can be begun."""
    return _with_seat(fleet, endpoint, exit=code, why=why)


def has_it(fleet: Fleet, endpoint: str, why: str) -> Fleet:
    """The fleet with an endpoint where the model has all traffic already."""
    return _with_seat(fleet, endpoint, outcome=Outcome.PROMOTED, why=why)


def returned(fleet: Fleet, endpoint: str, why: str) -> Fleet:
    """The fleet with an endpoint that went back, whatever it had come to."""
    stopped = Outcome.STOPPED
    return _with_seat(fleet, endpoint, outcome=stopped, exit=int(OUTCOME_EXITS[stopped]), why=why)


def _in_force(fleet: Fleet, now: datetime) -> Wave | None:
    """The wave whose releases begin now; None while one bakes, or where all are over."""
    for before, wave in zip((None, *fleet.waves), fleet.waves, strict=False):
        if before is not None and before.passed_at and now < before.passed_at + before.bake:
            return None
        if not wave.over:
            return wave
    return None


def _seen(fleet: Fleet, releases: Mapping[str, Release], now: datetime) -> Fleet:
    waves = []
    for wave in fleet.waves:
        seats = tuple(_seat_seen(seat, releases.get(seat.release)) for seat in wave.seats)
        passed = wave.passed_at or (now if all(seat.over for seat in seats) else None)
        waves.append(replace(wave, seats=seats, passed_at=passed))
    return replace(fleet, waves=tuple(waves))


def _seat_seen(seat: Seat, release: Release | None) -> Seat:
    if seat.over or release is None or not release.over:
        return seat
    return replace(seat, outcome=release.outcome, exit=int(release.exit), why=release.why)


def _with_seat(fleet: Fleet, endpoint: str, **changes: Any) -> Fleet:
    def changed(seat: Seat) -> Seat:
        return replace(seat, **changes) if seat.endpoint == endpoint else seat

    waves = (replace(wave, seats=tuple(map(changed, wave.seats))) for wave in fleet.waves)
    return replace(fleet, waves=tuple(waves))
