"""The verdict's words are never better than the worst check that decides."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from canarycli.report.headline import OLD, Tone, headline

NOW = timedelta(0)


def row(
    verdict: str, *, diff: float = 0.0, role: str = "gate", age: float = 50.0
) -> dict[str, Any]:
    numbers = {"diff": diff, "limit": 0.005, "age_seconds": age}
    return {"verdict": verdict, "role": role, "message": f"5xx {verdict} {diff:g}", **numbers}


VERDICTS = ("pass", "inconclusive", "no_data", "fail")


@pytest.mark.parametrize("verdicts", list(product(VERDICTS, repeat=3)), ids="-".join)
def test_only_what_passes_every_gate_is_healthy_and_green(verdicts: tuple[str, ...]) -> None:
    said = headline([row(verdict) for verdict in verdicts], since_reading=NOW)

    assert (said.word == "HEALTHY") is (set(verdicts) == {"pass"})
    assert (said.tone is Tone.GOOD) is (set(verdicts) == {"pass"})


def test_the_worst_gate_is_named_with_its_numbers() -> None:
    rows = [row("pass"), row("inconclusive", diff=0.001), row("inconclusive", diff=0.018)]

    said = headline(rows, since_reading=NOW)

    assert (said.word, said.tail) == ("CAN'T TELL YET", "1 of 3 pass; 5xx inconclusive 0.018")


def test_nothing_is_green_beyond_its_limit() -> None:
    assert headline([row("pass", diff=0.006)], since_reading=NOW).tone is Tone.DOUBT


def test_what_only_watches_never_speaks_for_the_release() -> None:
    said = headline([row("pass"), row("fail", role="watch")], since_reading=NOW)

    assert str(said) == "HEALTHY  1 of 1 check passes"


def test_numbers_from_long_ago_are_not_healthy() -> None:
    said = headline([row("pass")], since_reading=OLD)

    assert (said.word, said.tone) == ("OLD NUMBERS", Tone.DOUBT)
    assert said.tail == "last judged 10 min ago"


@pytest.mark.parametrize("rows", [[], [row("pass")], [row("pass", role="watch")]])
def test_before_the_first_reading_there_is_no_verdict(rows: list[dict[str, Any]]) -> None:
    assert headline(rows, since_reading=None).word == "NO VERDICT YET"
