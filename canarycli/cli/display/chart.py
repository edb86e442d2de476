"""The chart of one check in characters: both arms over the stage, and the limit. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from canarycli.cli.display.spans import BAD, OURS, QUIET, STRONG, Line
from canarycli.late_methods import dataclass
from canarycli.report import numbers
from canarycli.report.story import CEILING, FLOOR, Row, Story

MARGIN = 10
"""Columns for the values at the left."""
EVERY = 3
"""So many lines are between two values at the left."""

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a braille cell, row by row."""

Point = tuple[datetime, float]


def chart(
    story: Story, row: Row, number: int, width: int, height: int, *, fine: bool = True
) -> list[Line]:
    """The readings of one check, the candidate above all.

    Args:
        story: the release.
        row: the check's newest row.
        number: the key that shows it.
        width: columns there are.
        height: lines there are.
        fine: whether the terminal can draw braille; else a `*` a reading.
    """
    ours = _points(story, row, "candidate")
    theirs = _points(story, row, "baseline")
    lines: list[Line] = [_title(story, row, number, ("·", "⠒" if fine else "*"))]
    if len(ours) + len(theirs) < 2:
        return [*lines, [("   too few readings yet to draw", QUIET)]]
    edge = _edge(row)
    values = [value for _, value in (*ours, *theirs)] + ([edge] if edge is not None else [])
    canvas = _Canvas(width - MARGIN - 2, max(2, height - 2), 0.0, max(values) * 1.08 or 1.0)
    first, last = min((*ours, *theirs))[0], max((*ours, *theirs))[0]
    signs = (_dot, _braille if fine else _star)
    drawn = [
        canvas.lines(each, first, last, s) for each, s in zip((theirs, ours), signs, strict=True)
    ]
    limit = None if edge is None else canvas.row_of(edge)
    for n in range(canvas.height):
        cells = list(_merged(drawn[0][n], drawn[1][n], dashed=n == limit))
        label = "limit" if n == limit else _mark(canvas, n, row)
        style = BAD if n == limit else QUIET
        lines.append([(f"{label:>{MARGIN - 1}} ", style), *cells])
    left, right = (at.astimezone().strftime("%H:%M") for at in (first, last))
    lines.append([(f"{'':<{MARGIN}}{left}{right:>{max(6, canvas.width - len(left))}}", QUIET)])
    return lines


def _mark(canvas: "_Canvas", line: int, row: Row) -> str:
    """The value beside a line, where it has one: the lowest, and every few above it."""
    marked = (canvas.height - 1 - line) % EVERY == 0
    return numbers.value(canvas.value_at(line), row["unit"]) if marked else ""


def _title(story: Story, row: Row, number: int, signs: tuple[str, str]) -> Line:
    theirs, ours = (numbers.value(row[arm], row["unit"]) for arm in ("baseline", "candidate"))
    text = f"   {numbers.change(row['diff'], row)}  limit {numbers.limit(row)}"
    return [
        (f" {number} {row['name']}   ", STRONG),
        (signs[0] * 2, QUIET),
        (f" {story.release.baseline} {theirs}   ", ""),
        (signs[1] * 2, OURS),
        (f" {story.candidate} {ours}", ""),
        (text, QUIET),
    ]


def _points(story: Story, row: Row, arm: str) -> list[Point]:
    found = ((reading.at, reading.check(row["name"])) for reading in story.readings)
    return [(at, float(r[arm])) for at, r in found if r is not None and r[arm] is not None]


def _edge(row: Row) -> float | None:
    """The limit as a value of the candidate's own."""
    if row["kind"] in {CEILING, FLOOR}:
        return None if row["limit"] is None else float(row["limit"])
    base, limit = row["baseline"], row["limit"]
    if base is None or limit is None:
        return None
    return float(base * (1 + limit) if row.get("relative") else base + limit)


def _merged(theirs: str, ours: str, *, dashed: bool) -> Iterator[tuple[str, str]]:
    """One line of both arms, the candidate's cells on top."""
    blank = "╌" if dashed else " "
    for mine, other in zip(ours, theirs, strict=True):
        if mine != " ":
            yield mine, OURS
        elif other != " ":
            yield other, QUIET
        else:
            yield blank, BAD if dashed else ""


def _braille(bits: int) -> str:
    return chr(0x2800 + bits)


def _star(_bits: int) -> str:
    return "*"


def _dot(_bits: int) -> str:
    """Of the baseline: the arms are told apart without colour, too."""
    return "·"


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Cells of 2 x 4 dots between two values.

    Attributes:
        width, height: in cells.
        low, high: the values at its bottom and its top.
    """

    width: int
    height: int
    low: float
    high: float

    def row_of(self, value: float) -> int:
        """The line a value is on, counted from the top."""
        return min(self.height - 1, max(0, int(self._down(value) * self.height)))

    def value_at(self, row: int) -> float:
        """The value in the middle of a line."""
        return self.high - (row + 0.5) / self.height * (self.high - self.low)

    def lines(
        self, points: Sequence[Point], first: datetime, last: datetime, sign: Callable[[int], str]
    ) -> list[str]:
        """The points joined by straight lines, in cells that `sign` writes."""
        cells = [[0] * self.width for _ in range(self.height)]
        span = (last - first).total_seconds() or 1.0
        across = [((at - first).total_seconds() / span, value) for at, value in points]
        for x, y in self._dots(across):
            cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        return ["".join(sign(bits) if bits else " " for bits in line) for line in cells]

    def _dots(self, across: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
        right, bottom = self.width * 2 - 1, self.height * 4 - 1
        placed = [
            (round(part * right), round(self._down(value) * bottom)) for part, value in across
        ]
        yield from placed[:1]
        for (x0, y0), (x1, y1) in pairwise(placed):
            steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            for step in range(1, steps + 1):
                yield x0 + (x1 - x0) * step // steps, y0 + (y1 - y0) * step // steps

    def _down(self, value: float) -> float:
        return min(1.0, max(0.0, (self.high - value) / (self.high - self.low)))
