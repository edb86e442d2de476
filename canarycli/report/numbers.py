"""Numbers of a check as people read them, in the judge's own words; `–` where there is none."""

from canarycli.judge.wording import amount
from canarycli.judge.wording import change as changed
from canarycli.metrics import Unit
from canarycli.report.story import Row

NOTHING = "–"


def value(number: float | None, unit: str) -> str:
    """A value in its unit: `0.19%`, `184 ms`."""
    return NOTHING if number is None else amount(number, Unit(unit))


def change(number: float | None, row: Row) -> str:
    """A difference, in the words of the check's limit: `+1.15 pp`, `+7.6%`."""
    if number is None:
        return NOTHING
    return changed(number, Unit(row["unit"]), relative=bool(row.get("relative")))


def limit(row: Row) -> str:
    """The limit: of the difference, or of the candidate alone."""
    if row["kind"]:
        return value(row["limit"], row["unit"])
    text = change(row["limit"], row)
    return text.replace("+", "±", 1) if row.get("limit_low") is not None else text
