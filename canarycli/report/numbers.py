"""Numbers of a check as people read them: `0.19%`, `184 ms`, `+1.15 pp`, `+7.6%`."""

from canarycli.metrics import Unit
from canarycli.report.story import Row


def value(number: float | None, unit: str) -> str:
    """A value in its unit."""
    if number is None:
        return "–"
    match unit:
        case Unit.RATIO:
            return f"{number * 100:.2f}%"
        case Unit.SECONDS:
            return f"{number * 1000:,.0f} ms"
        case Unit.PERCENT:
            return f"{number:.0f}%"
        case Unit.COUNT:
            return f"{number:,.0f}"
    return f"{number:g}"


def change(number: float | None, row: Row) -> str:
    """A difference, in the words of the check's limit."""
    if number is None:
        return "–"
    if row.get("relative"):
        return f"{number * 100:+.1f}%"
    match row["unit"]:
        case Unit.RATIO:
            return f"{number * 100:+.2f} pp"
        case Unit.SECONDS:
            return f"{number * 1000:+,.0f} ms"
        case Unit.PERCENT:
            return f"{number:+.1f} pp"
    return f"{number:+g}"


def limit(row: Row) -> str:
    """The limit: of the difference, or of the candidate alone."""
    if row["limit"] is None:
        return "–"
    return value(row["limit"], row["unit"]) if row["kind"] else change(row["limit"], row)
