"""The verdict as one sentence, never better than the worst check that decides. Pure.

Screens, plain lines and reports say it with the same words, since they ask here.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from canarycli.late_methods import dataclass
from canarycli.release.decide.sentences import span
from canarycli.release.rows import checks_pass
from canarycli.report.story import Row

OLD = timedelta(minutes=10)
"""Numbers that are older say nothing of now: every cloud's metrics are there by then."""


class Tone(StrEnum):
    """How a verdict is to be drawn."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Headline:
    """The state of the checks: `● HEALTHY  3 of 3 checks pass`."""

    sign: str
    word: str
    tone: Tone
    tail: str

    def __str__(self) -> str:
        return f"{self.word}  {self.tail}"


def headline(rows: Sequence[Row], *, since_reading: timedelta | None = None) -> Headline:
    """What the checks say together.

    Args:
        rows: one a check, as `canary.status/1` has them.
        since_reading: how long ago they were read; None where nothing was read yet.
    """
    gates = sorted((row for row in rows if row["role"] == "gate"), key=_badness)
    if not gates or since_reading is None:
        return Headline("●", "NO VERDICT YET", Tone.NONE, "the first numbers are on their way")
    worst = gates[0]
    if worst["verdict"] == "fail":
        return Headline("✖", "FAILING", Tone.BAD, worst["message"])
    if worst["verdict"] == "no_data":
        return Headline("?", "WAITING FOR METRICS", Tone.DOUBT, worst["message"])
    if (age := oldest(gates, since_reading)) > OLD:
        return Headline("?", "OLD NUMBERS", Tone.DOUBT, f"last judged {span(age)} ago")
    passing = sum(row["verdict"] == "pass" for row in gates)
    if passing == len(gates):
        tone = Tone.DOUBT if any(map(beyond, gates)) else Tone.GOOD
        return Headline("●", "HEALTHY", tone, checks_pass(passing, len(gates)))
    so_far = f"{passing} of {len(gates)} pass; " if passing else ""
    return Headline("◔", "CAN'T TELL YET", Tone.DOUBT, f"{so_far}{worst['message']}")


def beyond(row: Row) -> bool:
    """Whether the estimate of a check is on the wrong side of its limit."""
    diff, limit = row["diff"], row["limit"]
    return bool(diff is not None and limit and diff / limit > 1)


def oldest(rows: Sequence[Row], since_reading: timedelta) -> timedelta:
    """How old the oldest of the numbers is by now."""
    ages = [row["age_seconds"] for row in rows if row["age_seconds"] is not None]
    return since_reading + timedelta(seconds=max(ages, default=0.0))


_ORDER = ("fail", "no_data", "inconclusive", "pass")


def _badness(row: Row) -> tuple[int, float]:
    diff, limit = row["diff"], row["limit"]
    near = diff / limit if diff is not None and limit else 0.0
    return _ORDER.index(row["verdict"]), -near
