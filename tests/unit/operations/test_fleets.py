"""Which fleet is meant, what is kept of it by whichever canary, and what its headline says."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from canarycli.cli.display.fleet import headline
from canarycli.codec import to_json
from canarycli.errors import NotFound, StoreError, UsageError
from canarycli.operations.fleet_orders import roll_back
from canarycli.operations.fleets import Fleets, Kept
from canarycli.release.fleet import Course, Fleet, Seat, Wave
from canarycli.release.record import Outcome
from canarycli.store.contract import Sheet
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


def rewritten(fleets: Fleets, **changes: object) -> None:
    """Change what is kept behind canary's back."""
    sheet = fleets.store.sheet("fleet/fraud")
    assert sheet is not None
    fleets.store.put(replace(sheet, body=json.dumps(json.loads(sheet.body) | changes)))


def test_what_a_newer_canary_wrote_is_read_and_never_written_over() -> None:
    fleets = kept(OPEN)
    rewritten(fleets, schema=99, unheard={"of": 1})
    before = fleets.store.sheet("fleet/fraud")

    found = fleets.named("fraud")

    assert (found.fleet, found.newer) == (OPEN, True)
    with pytest.raises(StoreError, match="a newer canary wrote fleet fraud"):
        fleets.change("fraud", lambda fleet: replace(fleet, why="held"))
    assert fleets.store.sheet("fleet/fraud") == before


def test_endpoints_of_a_fleet_of_a_newer_canary_go_back_and_it_says_what_does_not() -> None:
    fleets, said = kept(OPEN), list[str]()
    rewritten(fleets, schema=99)
    before = fleets.store.sheet("fleet/fraud")

    [back] = roll_back(fleets, "fraud", {}, "", said.append)

    assert (back.seat.endpoint, fleets.store.sheet("fleet/fraud")) == ("eu", before)
    assert "a newer canary wrote fleet fraud" in said[0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": 99, "course": "sinking"}, "a newer canary wrote fleet fraud"),
        ({"course": "sinking"}, "makes no sense"),
        ({"schema": "1"}, "makes no sense"),
        ({"waves": None}, "makes no sense"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_the_records(
    changes: dict[str, object], says: str
) -> None:
    fleets = kept(OPEN)
    rewritten(fleets, **changes)

    with pytest.raises(StoreError, match=says):
        fleets.load("fraud")


def test_what_was_written_before_there_was_a_schema_is_read_and_written() -> None:
    fleets = kept()
    fleets.store.put(Sheet("fleet/fraud", json.dumps(to_json(OPEN))))

    assert fleets.change("fraud", lambda fleet: replace(fleet, why="held")).why == "held"


@pytest.mark.parametrize(
    ("outcome", "says"), [(None, "fraud rolling back: "), (Outcome.STOPPED, "fraud rolled back: ")]
)
def test_a_fleet_is_rolled_back_once_nothing_is_under_way(
    outcome: Outcome | None, says: str
) -> None:
    seat = replace(SEAT, outcome=outcome)
    fleet = replace(OPEN, waves=(Wave("wave 1", (seat,)),), course=Course.ROLLING_BACK)

    assert headline(fleet).startswith(says)
