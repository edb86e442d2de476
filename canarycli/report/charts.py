"""Charts as inline SVG, drawn by hand: no script and no library is needed to look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from canarycli.report import gauge, numbers
from canarycli.report.story import Reading, Row, Story

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 62, 8, 10, 22
MOST_POINTS = 400

Point = tuple[datetime, float]


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
    frame = Frame(story.release.started_at, story.end, 0, 100)
    points: list[Point] = [(frame.start, 0.0)]
    for at, share in story.shares:
        points += [(at, points[-1][1]), (at, share)]
    points.append((frame.end, points[-1][1]))
    path = frame.line([(frame.start, 0.0), *points, (frame.end, 0.0)]) + "Z"
    parts = [*_axes(frame, "%", [0, 50, 100]), f'<path class="share" d="{path}"/>']
    return _svg(parts, WIDTH, HEIGHT, f"traffic on {story.candidate} over time", "traffic")


def check_svg(story: Story, name: str) -> str:
    """One check over time: baseline, candidate with its interval, and the limit."""
    rows = [
        (reading.at, row)
        for reading in _thinned(story.readings)
        if (row := reading.check(name)) is not None and row["candidate"] is not None
    ]
    if len(rows) < 2:
        return ""
    candidate = [(at, row["candidate"]) for at, row in rows]
    baseline = [(at, row["baseline"]) for at, row in rows if row["baseline"] is not None]
    limits = [(at, edge) for at, row in rows if (edge := _moved(row, "limit")) is not None]
    both = [(at, _moved(row, "low"), _moved(row, "high")) for at, row in rows]
    lows = [(at, low) for at, low, high in both if low is not None and high is not None]
    highs = [(at, high) for at, low, high in both if low is not None and high is not None]
    most = max(value for _, value in [*candidate, *baseline, *limits])
    least = min(value for _, value in [*candidate, *baseline, *limits])
    room = (most - least) * 0.15 or abs(most) * 0.1 or 1.0
    low = 0.0 if 0 <= least < most / 2 else least - room
    frame = Frame(story.release.started_at, story.end, low, most + room)
    unit = rows[-1][1]["unit"]
    parts = _axes(frame, unit, [frame.low, (frame.low + frame.high) / 2, frame.high])
    parts += [
        f'<line class="stage" x1="{frame.x(at):.1f}" x2="{frame.x(at):.1f}" y1="{TOP}" '
        f'y2="{HEIGHT - BOTTOM}"/>'
        for at, _ in story.shares
    ]
    if len(lows) > 1:
        parts.append(f'<path class="band" d="{frame.band(lows, highs)}"/>')
    for kind, points in (("limit", limits), ("baseline", baseline), ("candidate", candidate)):
        if len(points) > 1:
            parts.append(f'<path class="{kind}" d="{frame.line(points)}"/>')
    return _svg(parts, WIDTH, HEIGHT, f"{name} over time", "check")


def _moved(row: Row, key: str) -> float | None:
    """A limit or an end of the interval on the scale of the candidate's own value."""
    number: float | None = row[key]
    base: float | None = row["baseline"]
    if number is None or row["kind"]:
        return number
    if base is None:
        return None
    return base * (1 + number) if row.get("relative") else base + number


def _thinned(readings: Sequence[Reading]) -> Sequence[Reading]:
    step = max(1, len(readings) // MOST_POINTS)
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
