"""Which files of recorded answers a look reads, and what it need not read twice."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Generic, TypeVar

from canarycli.errors import Rejected
from canarycli.metrics import Window
from canarycli.recorder import Budget

T = TypeVar("T")
HOUR = timedelta(hours=1)


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


def chosen(files: Mapping[str, Iterable[File]], budget: Budget) -> dict[str, Sequence[File]]:
    """The files of each version that a look reads: a fixed part, by the hash of their names.

    Raises:
        Rejected: it is more than the budget.
    """
    found = {name: [f for f in every if _is_in(f, budget)] for name, every in files.items()}
    size = sum(file.size for every in found.values() for file in every)
    if size > budget.most:
        fits = budget.part * budget.most / size
        raise Rejected(
            f"a look would read {size / 1e6:,.0f} MB of answers, over {budget.most / 1e6:,.0f} MB",
            hint=f"read a part, predictions: {{sample: {100 * fits / 2:.2g}%}}, or raise at_most",
        )
    return {name: tuple(every) for name, every in found.items()}


def folders(window: Window, form: str) -> tuple[str, ...]:
    """The folders that a window's hours lie in, by how their names are made of a time."""
    at = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours: list[datetime] = []
    while at < window.end:
        hours.append(at)
        at += HOUR
    return tuple(dict.fromkeys(hour.strftime(form) for hour in hours))


def _is_in(file: File, budget: Budget) -> bool:
    number = int.from_bytes(blake2b(file.key.encode(), digest_size=8).digest(), "big")
    return number < budget.part * 2**64
