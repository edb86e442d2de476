"""Turns the judge's numbers into words a person reads at a glance."""

from canarycli.metrics import Unit

NO_CHANGE = 0.0
MANY_TIMES = 4.0
SPAN = (0.2, 3.0)
"""Of the requests that were said to be left, what came in more than 80 % of simulated releases."""


def amount(value: float, unit: Unit) -> str:
    """A value in its unit: `0.19%`, `171 ms`, `1.20 s`, `12,402`."""
    match unit:
        case Unit.RATIO:
            return f"{_digits(value * 100)}%"
        case Unit.PERCENT:
            return f"{value:.3g}%"
        case Unit.SECONDS:
            return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{value:.2f} s"
        case Unit.COUNT:
            return f"{value:,.0f}"
        case Unit.NONE:
            return f"{value:.4g}"


def change(diff: float, unit: Unit, *, relative: bool) -> str:
    """A difference with its sign: `+1.15 pp`, `-13 ms`; where it is relative `+7.6%` or `x12`."""
    if relative and diff >= MANY_TIMES:
        return f"x{diff + 1:.3g}"
    size = _size(abs(diff), unit, relative=relative)
    sign = "-" if diff < 0 and any(digit in size for digit in "123456789") else "+"
    return sign + size


def _size(size: float, unit: Unit, *, relative: bool) -> str:
    if relative:
        return f"{size * 100:.1f}%"
    match unit:
        case Unit.RATIO:
            return f"{_digits(size * 100)} pp"
        case Unit.PERCENT:
            return f"{size:.1f} pp"
        case _:
            return amount(size, unit)


def requests(number: float) -> str:
    """A number of requests: `1,200`."""
    return f"{number:,.0f}"


def spanned(number: float) -> str:
    """What chance makes of an estimate in four of five releases: `1,000 to 20,000`.

    One digit each: more would promise what chance does not keep.
    """
    low, high = (requests(max(1.0, rounded(number * part))) for part in SPAN)
    return low if low == high else f"{low} to {high}"


def rounded(number: float) -> float:
    """A number with one digit."""
    return float(f"{number:.0e}")


def _digits(percent: float) -> str:
    """Two decimals, more where two would hide a small rate."""
    if percent == NO_CHANGE or abs(percent) >= 0.05:
        return f"{percent:.2f}"
    return f"{percent:.2g}"
