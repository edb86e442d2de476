"""Charts as inline SVG, drawn by hand: no script and no library is needed to look at them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from math import ceil, floor, log10
from typing import TypeVar

from canarycli.late_methods import dataclass
from canarycli.report import gauge, numbers
from canarycli.report.story import Row, Story

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 78, 8, 10, 22
MOST_POINTS = 200
"""A chart draws no more of a check; a page holds no more."""

AFTER = 0.04
"""So much of its length a chart goes on after the end, so that a fall at the end is seen."""
EXACT = 1e-9
"""So near to a tick counts as on it."""
MARK_LINES = 4
"""Marks close together stand below one another."""

Point = tuple[datetime, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where times and values are on a chart.

    Attributes:
        start, end: the times at its left and right.
        low, high: the values at its bottom and top.
    """

    start: datetime
    end: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        """Pixels from the left."""
        span = (self.end - self.start).total_seconds() or 1.0
        part = (at - self.start).total_seconds() / span
        return LEFT + min(1.0, max(0.0, part)) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return TOP + (1 - min(1.0, max(0.0, part))) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[Point]) -> str:
        """A path through points."""
        return "M" + "L".join(f"{self.x(at):.1f},{self.y(value):.1f}" for at, value in points)

    def band(self, lows: Sequence[Point], highs: Sequence[Point]) -> str:
        """The area between two lines."""
        return f"{self.line([*lows, *reversed(highs)])}Z"


def gauge_svg(row: Row) -> str:
    """The margin gauge of a check: no change, interval, estimate, limit."""
    found = gauge.Gauge.of(row)
    if found is None:
        return ""
    width, middle = 220, 11

    def x(value: float) -> float:
        return 6 + gauge.Gauge.place(value) * (width - 12)

    parts = [f'<line class="axis" x1="6" x2="{width - 6}" y1="{middle}" y2="{middle}"/>']
    if found.same:
        parts.append(f'<line class="same" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="5" y2="17"/>')
    if found.at is not None:
        low, high = x(found.low), x(found.high)
        parts.append(f'<line class="interval" x1="{low:.1f}" x2="{high:.1f}" y1="11" y2="11"/>')
        parts.append(f'<circle class="estimate" cx="{x(found.at):.1f}" cy="11" r="4"/>')
    parts.append(f'<line class="limit" x1="{x(1):.1f}" x2="{x(1):.1f}" y1="2" y2="20"/>')
    said = f"{row['name']}: {numbers.change(row['diff'], row)}, limit {numbers.limit(row)}"
    return _svg(parts, width, 22, said, row["verdict"])


def traffic_svg(story: Story) -> str:
    """The candidate's share over time, as steps."""
    start, end = story.release.started_at, story.end
    frame = Frame(start, end + (end - start) * AFTER, 0, 100)
    points: list[Point] = [(frame.start, 0.0)]
    for at, share in story.shares:
        points += [(at, points[-1][1]), (at, share)]
    points.append((frame.end, points[-1][1]))
    path = frame.line([(frame.start, 0.0), *points, (frame.end, 0.0)]) + "Z"
    parts = [*_axes(frame, "%", [0, 50, 100]), f'<path class="share" d="{path}"/>']
    parts += _marks(story, frame)
    return _svg(parts, WIDTH, HEIGHT, f"traffic on {story.candidate} over time", "traffic")


def _marks(story: Story, frame: Frame) -> Iterator[str]:
    """Where a stage was passed, and where the release went back."""
    for number, (at, text) in enumerate(story.marks):
        x = frame.x(at)
        side = "end" if x > WIDTH / 2 else "start"
        y = TOP + 12 + 14 * (number % MARK_LINES)
        yield f'<line class="stage" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        shift = -4 if side == "end" else 4
        yield f'<text class="mark {side}" x="{x + shift:.1f}" y="{y}">{escape(text)}</text>'


def check_svg(story: Story, name: str) -> str:
    """One check over time: baseline, candidate with its interval, and the limit."""
    rows = [
        (reading.at, row)
        for reading in thinned(story.readings)
        if (row := reading.check(name)) is not None and row["candidate"] is not None
    ]
    if len(rows) < 2:
        return ""
    lines: Mapping[str, list[Point]] = {
        "limit": [(at, edge) for at, row in rows if (edge := _moved(row, "limit")) is not None],
        "baseline": [(at, row["baseline"]) for at, row in rows if row["baseline"] is not None],
        "candidate": [(at, row["candidate"]) for at, row in rows],
    }
    marks = _marks_around([value for points in lines.values() for _, value in points])
    frame = Frame(story.release.started_at, story.end, marks[0], marks[-1])
    parts = _axes(frame, rows[-1][1]["unit"], marks)
    parts += [
        f'<line class="stage" x1="{frame.x(at):.1f}" x2="{frame.x(at):.1f}" y1="{TOP}" '
        f'y2="{HEIGHT - BOTTOM}"/>'
        for at, _ in story.shares
    ]
    parts += _band(frame, rows)
    for kind, points in lines.items():
        if len(points) > 1:
            parts.append(f'<path class="{kind}" d="{frame.line(points)}"/>')
    return _svg(parts, WIDTH, HEIGHT, f"{name} over time", "check")


def _band(frame: Frame, rows: Sequence[tuple[datetime, Row]]) -> Iterator[str]:
    """The interval around the candidate, where there are two of them to draw between."""
    both = [(at, _moved(row, "low"), _moved(row, "high")) for at, row in rows]
    lows = [(at, low) for at, low, high in both if low is not None and high is not None]
    highs = [(at, high) for at, low, high in both if low is not None and high is not None]
    if len(lows) > 1:
        yield f'<path class="band" d="{frame.band(lows, highs)}"/>'


def _marks_around(values: Sequence[float]) -> list[float]:
    """Ticks around all values, from 0 on unless they lie close together far from it."""
    least, most = min(values), max(values)
    low = 0.0 if 0 <= least < most / 2 else least
    return ticks(low, most if most > low else low + (abs(low) or 1.0))


def _moved(row: Row, key: str) -> float | None:
    """A limit or an end of the interval on the scale of the candidate's own value."""
    number: float | None = row[key]
    base: float | None = row["baseline"]
    if number is None or row["kind"]:
        return number
    if base is None:
        return None
    return base * (1 + number) if row.get("relative") else base + number


def ticks(low: float, high: float) -> list[float]:
    """Three to six round values, 1, 2 or 5 times a power of ten apart, around a range."""
    rough = (high - low) / 4
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first, last = floor(low / step + EXACT), ceil(high / step - EXACT)
    return [step * n for n in range(first, last + 1)]


def thinned(readings: Sequence[T]) -> Sequence[T]:
    """No more readings than a chart draws, the newest among them."""
    step = -(-len(readings) // (MOST_POINTS - 1))
    return [*readings[::step], *readings[-1:]] if step > 1 else readings


def _axes(frame: Frame, unit: str, values: Sequence[float]) -> list[str]:
    parts = []
    for number in values:
        y = frame.y(number)
        text = f"{number:g}%" if unit == "%" else numbers.value(number, unit)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{escape(text)}</text>')
    for at, side in ((frame.start, "start"), (frame.end, "end")):
        x = frame.x(at)
        parts.append(f'<text class="tick {side}" x="{x:.1f}" y="{HEIGHT - 6}">{at:%H:%M}</text>')
    return parts


def _svg(parts: Sequence[str], width: int, height: int, said: str, kind: str) -> str:
    inner = "".join(parts)
    return (
        f'<svg class="{escape(kind)}" role="img" aria-label="{escape(said)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">{inner}</svg>'
    )
