"""Tables fit the room there is: the last column wraps, spare ones go, ids and states stay."""

import pytest

from canarycli.cli.display.table import fitted, room, table

ROWS = [
    ("RELEASE", "ENDPOINT", "STARTED", "OUTCOME", "WHY"),
    ("r-7k2fw", "fraud-scorer", "2026-11-24 12:00", "rolled back by dana", "5xx errors " * 6),
    ("r-abcde", "ranker", "2026-11-23 12:00", "promoted", ""),
]
SPARE = ("STARTED", "ENDPOINT")


@pytest.mark.parametrize("width", [48, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_room(width: int) -> None:
    lines = list(table(ROWS, width, spare=SPARE))

    assert max(map(len, lines)) <= width
    assert "r-7k2fw" in lines[1]
    assert "rolled back by dana" in lines[1]


def test_without_a_limit_nothing_wraps() -> None:
    assert len(list(table(ROWS))) == 3


def test_columns_go_in_the_order_they_were_named() -> None:
    assert "STARTED" not in next(table(ROWS, 70, spare=SPARE))
    assert "ENDPOINT" in next(table(ROWS, 70, spare=SPARE))
    assert "ENDPOINT" not in next(table(ROWS, 48, spare=SPARE))


def test_only_spaces_are_broken() -> None:
    text = " ".join(table(ROWS, 60, spare=SPARE)).split()

    assert text.count("errors") == 6


def test_a_long_line_goes_on_below_its_beginning() -> None:
    assert list(fitted(["  ! one two three"], 12)) == ["  ! one two", "    three"]


@pytest.mark.parametrize(("columns", "expected"), [("72", 72), ("", None), ("wide", None)])
def test_columns_says_how_wide_it_is(columns: str, expected: int | None) -> None:
    assert room({"COLUMNS": columns}) == expected
