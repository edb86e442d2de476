"""A mistake in a file, with its place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from canarycli.errors import PlanError


class At(Enum):
    """What of a thing is wrong: its value, its key, or something missing inside it."""

    VALUE = "value"
    KEY = "key"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake.

    Attributes:
        file: as people should see it.
        line: from 1, 0 where it is not known.
        column: from 1, 0 where it is not known.
        path: what it lies in, `plans.standard.checks[1]`; "" for the file itself.
        message: the sentence, without the place.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    @property
    def place(self) -> str:
        """`canary.yaml:29:44`, as far as it is known."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])

    @property
    def sentence(self) -> str:
        """The message, and what it is about."""
        return f"{self.message}   ({self.path})" if self.path else self.message

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


def complain(problems: Sequence[Problem]) -> PlanError:
    """One error that holds every problem, a line each, and how many there are."""
    first, *others = problems
    lines = [str(first).removeprefix(f"{first.place}: "), *map(str, others)]
    if others:
        lines.append(f"{len(problems)} problems in {first.file}")
    return PlanError(first.place, "\n".join(lines))


def nearest(word: str, known: Collection[str]) -> str:
    """`, did you mean X?` for the known word that looks most like it, else nothing."""
    found = get_close_matches(word.casefold(), known, n=1)
    return f", did you mean {found[0]}?" if found else ""


def write_path(path: Sequence[str | int]) -> str:
    """`plans.standard.checks[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
