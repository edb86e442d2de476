"""A cloud that refuses a change for good, in the middle of a release: few tries, then a way on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from engine.rehearsal import CANDIDATE, HOLDING, Rehearsal, seconds
from engine.test_waiting import Out

from canarycli.engine.controller import Controller
from canarycli.engine.loop import drive
from canarycli.engine.retries import Patient
from canarycli.errors import (
    Denied,
    Exit,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    Unsafe,
    Unsupported,
)
from canarycli.journal import Event
from canarycli.provider import Endpoint, Notes
from canarycli.release.orders import promote, shift
from canarycli.release.record import Outcome, Release, State
from canarycli.traffic import Traffic

WORD = "a policy forbids it"


@dataclass
class Refusing:
    """The simulator as a cloud that takes so many writes and then refuses those above a share."""

    rehearsal: Rehearsal
    error: type[ProviderError]
    taken: int = 1
    above: float = -1
    refused: list[float] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rehearsal.simulator, name)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        self.taken -= 1
        if self.taken < 0 and to.of(CANDIDATE) > self.above:
            self.refused.append(to.of(CANDIDATE))
            raise self.error(WORD)
        return self.rehearsal.simulator.shift(seen, to, notes, raises=raises)

    @property
    def controller(self) -> Controller:
        provider = Patient(self, self.rehearsal.clock)
        return replace(self.rehearsal.controller(), provider=provider)


def up(release: Release) -> Release:
    return promote(release, "ann")


def down(release: Release) -> Release:
    return shift(release, "ann", 10)


REFUSALS = (Denied, Rejected, NotFound, Unsupported)


@pytest.mark.parametrize("error", REFUSALS)
def test_a_refusal_of_everything_is_unsafe_within_a_minute_and_few_calls(
    error: type[ProviderError],
) -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    cloud = Refusing(rehearsal, error)
    looks: list[datetime] = []

    def note(release: Release) -> bool:
        looks.append(rehearsal.clock.now())
        return release.over

    with pytest.raises(Unsafe, match=WORD) as told:
        drive(cloud.controller, rehearsal.key, enough=note)

    assert rehearsal.clock.now() - looks[-1] < seconds(60)
    assert len(cloud.refused) <= 6
    assert told.value.facts == ("traffic last seen: v41 95%, v42 5%",)
    assert any(hint.startswith("by hand: ") for hint in told.value.hints)
    assert rehearsal.release.state is State.ROLLING_BACK  # for whoever sweeps


@pytest.mark.parametrize("error", REFUSALS)
def test_who_may_lower_goes_back(error: type[ProviderError]) -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    cloud = Refusing(rehearsal, error, above=0)

    ended = drive(cloud.controller, rehearsal.key)

    assert (ended.outcome, ended.exit) == (Outcome.CLOUD_FAILED, Exit.CLOUD_FAILED)
    assert ended.why == WORD
    assert rehearsal.share == 0
    assert len(cloud.refused) <= 3


def test_a_right_that_comes_late_is_waited_for() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    cloud = Refusing(rehearsal, Denied)

    def grant(event: Event) -> None:
        if event.type == "waiting":
            cloud.taken = 100

    ended = drive(replace(cloud.controller, listen=grant), rehearsal.key)

    assert ended.outcome is Outcome.PROMOTED
    assert cloud.refused == [25]


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("order", [up, down])
def test_an_order_that_is_refused_is_no_more_and_the_hold_is_as_it_was(
    error: type[ProviderError], order: Callable[[Release], Release]
) -> None:
    rehearsal = Rehearsal(HOLDING, settle=0)
    rehearsal.start()
    held = drive(rehearsal.controller(), rehearsal.key)
    assert held.state is State.HELD
    cloud = Refusing(rehearsal, error, taken=0)
    rehearsal.controller().change(rehearsal.key, order)

    with pytest.raises(error, match=WORD) as told:
        drive(cloud.controller, rehearsal.key)

    assert told.value.facts == ("traffic stays as it is: v41 75%, v42 25%",)
    assert len(cloud.refused) == 1
    after = rehearsal.release
    assert (after.state, after.target, after.ask) == (State.HELD, 25, None)
    assert replace(after, seen_at=held.seen_at, traffic=held.traffic) == held


def test_whoever_guards_goes_on_after_an_order_that_is_refused() -> None:
    rehearsal = Rehearsal(HOLDING, settle=0)
    rehearsal.start()
    drive(rehearsal.controller(), rehearsal.key)
    cloud = Refusing(rehearsal, Denied, taken=0)
    looks: list[State] = []

    def enough(release: Release) -> bool:
        looks.append(release.state)
        if len(looks) == 1:
            rehearsal.controller().change(rehearsal.key, up)
        return len(looks) > 3

    guarded = drive(cloud.controller, rehearsal.key, enough=enough)

    assert guarded.state is State.HELD
    assert cloud.refused == [100]
    assert [event.message for event in rehearsal.heard if event.type == "refused"] == [
        f"{WORD}; traffic stays as it is: v41 75%, v42 25%"
    ]


def test_a_first_share_that_never_gets_an_answer_is_not_unsafe() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    out: Any = Out(rehearsal, ("shift",), begins=0, lasts=1e6)

    ended = drive(
        replace(rehearsal.controller(), provider=Patient(out, rehearsal.clock)), rehearsal.key
    )

    assert (ended.outcome, ended.exit) == (Outcome.CLOUD_FAILED, Exit.CLOUD_FAILED)
    assert (rehearsal.share, rehearsal.watched.asked) == (0, [])


def test_a_release_that_never_began_has_nothing_unsafe() -> None:
    rehearsal = Rehearsal(settle=0)
    rehearsal.start()
    out: Any = Out(rehearsal, ("describe",), begins=0, lasts=1e6)
    deaf = replace(rehearsal.controller(), provider=Patient(out, rehearsal.clock))

    with pytest.raises(Unavailable, match="throttled") as told:
        drive(deaf, rehearsal.key)

    assert told.value.exit is Exit.CLOUD_FAILED
    assert (rehearsal.release.outcome, rehearsal.share) == (Outcome.CLOUD_FAILED, 0)
