"""Tables for people: as wide as they need to be, and never wider than there is room."""

import os
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

GAP = "  "
NARROW = 16
"""The last column is not made narrower than this; a column goes instead."""

Row = Sequence[str]


def room(env: Mapping[str, str] = os.environ) -> int | None:
    """How many columns there are: `COLUMNS`, else the terminal's; None where nothing limits."""
    given = env.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(
    rows: Sequence[Row], width: int | None = None, *, spare: Collection[str] = ()
) -> Iterator[str]:
    """Rows in columns; only the last one wraps, between words.

    Args:
        rows: the head first.
        width: the room there is, None for as much as it takes.
        spare: heads of columns that may go, the first one first, where there is no room.
    """
    if not rows:
        return
    for head in spare:
        if width is None or _least(rows) <= width:
            break
        rows = _without(rows, head)
    *firsts, last = _widths(rows)
    if width is not None:
        last = max(min(last, NARROW), min(last, width - sum(firsts) - len(GAP) * len(firsts)))
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, firsts, strict=False)]
        lines = wrap(row[-1], last, break_on_hyphens=False) or [""]
        blank = [" " * size for size in firsts]
        for number, line in enumerate(lines):
            yield GAP.join([*(blank if number else cells), line]).rstrip()


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _least(rows: Sequence[Row]) -> int:
    """How narrow these rows can be."""
    *firsts, last = _widths(rows)
    return sum(firsts) + len(GAP) * len(firsts) + min(last, NARROW)


def _without(rows: Sequence[Row], head: str) -> list[Row]:
    place = list(rows[0]).index(head)
    return [[*row[:place], *row[place + 1 :]] for row in rows]


def fitted(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Lines broken between words where they are too long, their rest indented as they are."""
    for line in lines:
        if width is None or len(line) <= width:
            yield line
            continue
        lead = " " * (len(line) - len(line.lstrip()) + len(GAP))
        yield from wrap(
            line,
            width,
            subsequent_indent=lead,
            break_on_hyphens=False,
            drop_whitespace=True,
        )


def to_paste(command: str, width: int) -> Iterator[str]:
    """A command that is too long for a line, in lines that a shell takes as one."""
    *lines, last = wrap(
        command,
        max(NARROW, width - len(GAP) - 2),
        break_long_words=False,
        break_on_hyphens=False,
        subsequent_indent=GAP,
    )
    yield from (f"{GAP}{line} \\" for line in lines)
    yield f"{GAP}{last}"


def indented(lines: Iterable[str], by: str = GAP) -> Iterator[str]:
    """Lines moved to the right."""
    for line in lines:
        yield f"{by}{line}"
