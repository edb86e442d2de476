"""Which fleet is meant where no name is said, and what its headline says of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from canarycli.cli.display.fleet import headline
from canarycli.errors import NotFound, UsageError
from canarycli.operations.fleets import Fleets, Kept
from canarycli.release.fleet import Course, Fleet, Seat, Wave
from canarycli.release.record import Outcome
from canarycli.store.memory import MemoryStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEAT = Seat("eu", "v42", release="r-1")
OPEN = Fleet("fraud", (Wave("wave 1", (SEAT,)),), NOON, "ann")
OVER = replace(
    OPEN, waves=(Wave("wave 1", (replace(SEAT, outcome=Outcome.PROMOTED),)),), course=Course.DONE
)


def kept(*fleets: Fleet) -> Fleets:
    found = Fleets(MemoryStore())
    for fleet in fleets:
        found.save(Kept(fleet))
    return found


@pytest.mark.parametrize(
    "fleets",
    [(OPEN,), (OVER,), (replace(OVER, name="churn"), OPEN)],
    ids=["the open one", "the only one there is", "the open one of two"],
)
def test_without_a_name_the_one_that_can_be_meant_is_found(fleets: tuple[Fleet, ...]) -> None:
    assert kept(*fleets).named(None).fleet == fleets[-1]


@pytest.mark.parametrize("fleet", [OPEN, OVER])
def test_of_two_that_may_be_meant_it_asks_for_the_name(fleet: Fleet) -> None:
    with pytest.raises(UsageError, match="which fleet") as error:
        kept(fleet, replace(fleet, name="churn")).named(None)

    assert "there are: churn, fraud" in error.value.hints


def test_where_there_is_none_it_says_so() -> None:
    with pytest.raises(NotFound, match="no fleet is known"):
        kept().named(None)


@pytest.mark.parametrize(
    ("outcome", "says"), [(None, "fraud rolling back: "), (Outcome.STOPPED, "fraud rolled back: ")]
)
def test_a_fleet_is_rolled_back_once_nothing_is_under_way(
    outcome: Outcome | None, says: str
) -> None:
    seat = replace(SEAT, outcome=outcome)
    fleet = replace(OPEN, waves=(Wave("wave 1", (seat,)),), course=Course.ROLLING_BACK)

    assert headline(fleet).startswith(says)
