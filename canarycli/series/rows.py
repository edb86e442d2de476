"""Reads the rows of a recorded metric one by one, naming the place of a mistake."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from canarycli.errors import PlanError
from canarycli.judge.evidence import Evidence, Row
from canarycli.judge.margins import Promise
from canarycli.judge.presence import UNKNOWN, Heard


class Form(Protocol):
    """One metric's rows, read in order."""

    def evidence(self, promise: Promise) -> Evidence:
        """Fresh evidence, with what history says."""
        ...

    def row(self, minute: Any) -> Row | None:
        """The minute as a row of evidence, None if nothing can be bet on it."""
        ...

    def heard(self, minute: Any) -> Heard:
        """Candidate's and baseline's requests, None for an arm that is missing."""
        ...


def present(rows: Sequence[Any], where: str) -> Iterator[tuple[str, Any]]:
    """The rows that are not missing, each with its place: `line 3: minutes[17]`."""
    for i, row in enumerate(rows):
        if row is not None:
            yield f"{where}[{i}]", row


def known(n: float | None) -> float:
    """Requests of an arm that is there; of one whose source does not say how many, a few."""
    return UNKNOWN if n is None else n


def entries(row: Any, where: str, length: int) -> list[Any]:
    """A row as a list of so many entries.

    Raises:
        PlanError: it is not one.
    """
    if not isinstance(row, list):
        raise PlanError(where, "is a list or null")
    if len(row) != length:
        raise PlanError(where, f"has {len(row)} entries, not {length}")
    return row
