"""How much of the files of recorded answers a look reads, and what it need not read twice."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Generic, TypeVar

from canarycli.errors import Rejected
from canarycli.late_methods import dataclass
from canarycli.metrics import Window
from canarycli.recorder import Budget

T = TypeVar("T")
HOUR = timedelta(hours=1)
LEAST = 16_384
"""Bytes of a file that are read of any sample: a few answers."""


@dataclass(frozen=True, slots=True)
class File:
    """One object of a store; one that is still written to grows at its end.

    Attributes:
        at: when it was last written to.
    """

    key: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """What was read of a file: its whole records, and up to which byte they reach."""

    records: tuple[T, ...]
    end: int


class Kept(Generic[T]):
    """What was read of files already, in memory: a look reads only what is new.

    Never more of them than one look may read.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[str, Piece[T]] = OrderedDict()

    def of(self, file: File, most: int, read: Callable[[File, int], Piece[T]]) -> Iterator[T]:
        """What is in a file.

        Args:
            file: as it is now.
            most: bytes that are kept.
            read: reads a file from a byte on.
        """
        known = self._files.get(file.key, Piece((), 0))
        if file.size > known.end:
            more = read(file, known.end)
            known = Piece((*known.records, *more.records), more.end)
            self._files[file.key] = known
            self._forget(most)
        yield from known.records

    def _forget(self, most: int) -> None:
        size = sum(piece.end for piece in self._files.values())
        while size > most and self._files:
            _, gone = self._files.popitem(last=False)
            size -= gone.end


def head(size: int, part: float) -> int:
    """How many bytes of a file that is written once are read for a part of what is kept.

    The beginning of each: of a few files chosen whole, whole minutes would have none at all.
    """
    return size if part >= 1 else max(min(size, LEAST), ceil(part * size))


def refuse_large(files: Mapping[str, Iterable[File]], budget: Budget) -> None:
    """Refuse a look that would read more than it may.

    Raises:
        Rejected: it would.
    """
    every = [file.size for several in files.values() for file in several]
    size = sum(head(one, budget.part) for one in every)
    if size > budget.most:
        fits = budget.most / max(1, sum(every))
        raise Rejected(
            f"a look would read {size / 1e6:,.0f} MB of answers, over {budget.most / 1e6:,.0f} MB",
            hint=f"read a part, predictions: {{sample: {100 * fits / 2:.2g}%}}, or raise at_most",
        )


def folders(window: Window, form: str) -> tuple[str, ...]:
    """The folders that a window's hours lie in, by how their names are made of a time."""
    at = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours: list[datetime] = []
    while at < window.end:
        hours.append(at)
        at += HOUR
    return tuple(dict.fromkeys(hour.strftime(form) for hour in hours))
