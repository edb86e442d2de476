"""The margin gauge: how close a check is to its limit. Right is worse, whatever the metric.

`┼` is no change, `┃` the limit, the heavy band the interval, `●` the estimate. All gauges have one
scale, from -0.6 to +1.45 of the limit, so that rows compare.
"""

from canarycli.late_methods import dataclass
from canarycli.report.story import FLOOR, Row

LEFT, RIGHT = -0.6, 1.45


@dataclass(frozen=True, slots=True)
class Gauge:
    """A check on the common scale: 0 is no change, 1 is the limit.

    Attributes:
        at: the estimate; None where there is none.
        low: where the interval begins, the scale's end where it is open.
        high: where it ends.
        same: whether 0 means anything, which it does not for a limit on the candidate alone.
    """

    at: float | None
    low: float
    high: float
    same: bool

    @classmethod
    def of(cls, row: Row) -> "Gauge | None":
        """The gauge of a check, None where it has no limit to show."""
        edge, alone = row["limit"], bool(row["kind"])
        if not edge:
            return None

        # Of two limits the nearer one is drawn, so that right is worse whatever changed.
        down = row.get("limit_low") is not None and (row["diff"] or 0.0) < 0

        def scaled(number: float) -> float:
            part = (-number if down else number) / float(edge)
            return 2 - part if row["kind"] == FLOOR else part

        at = row["candidate"] if alone else row["diff"]
        ends = sorted(scaled(end) for end in (row["low"], row["high"]) if end is not None)
        point = None if at is None else scaled(at)
        if alone and not ends:  # its own value against a limit: known as it is
            return cls(point, point or 0.0, point or 0.0, same=False)
        low, high = ends if len(ends) == 2 else (LEFT, RIGHT)
        return cls(point, low, high, not alone)

    @staticmethod
    def place(x: float) -> float:
        """A point of the scale as a fraction of its width, kept within it."""
        return min(1.0, max(0.0, (x - LEFT) / (RIGHT - LEFT)))


def drawn(gauge: Gauge | None, width: int = 21) -> str:
    """The gauge in `width` characters."""
    if gauge is None:
        return ""
    cells = ["─"] * width

    def cell(x: float) -> int:
        return round(Gauge.place(x) * (width - 1))

    if gauge.at is not None:
        cells[cell(gauge.low) : cell(gauge.high) + 1] = "━" * (
            cell(gauge.high) - cell(gauge.low) + 1
        )
    if gauge.same and cells[cell(0)] == "─":
        cells[cell(0)] = "┼"
    wall = cell(1)
    cells[wall] = "╋" if cells[wall] == "━" else "┃"
    if gauge.at is not None:
        cells[cell(gauge.at)] = "●"
        if gauge.at > RIGHT:
            cells[-1] = "▶"
        if gauge.at < LEFT:
            cells[0] = "◀"
    return "".join(cells)
