"""Turns rows of a query into series: `at`, `arm`, then `n, bad`, `n, sum`, `n, sum, per`, `value`.

The same for every store that answers with rows, so that a query can be moved from one to another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from canarycli.errors import Rejected
from canarycli.labels import Label, text_of
from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Metric, Point, Series, Value, Window
from canarycli.source import Arm
from canarycli_sources.settings import Pace

Row = Mapping[str, Any]

NAMED = "named"
"""The key that says what a store calls an arm: `{arm}` or `{role}`."""


FORMS: Mapping[str, tuple[str, ...]] = {
    "bad": ("n", "bad"),
    "sum": ("n", "sum"),
    "per": ("n", "sum", "per"),
    "value": ("value",),
}
"""The numbers of a row by what it is: a share, a mean, a ratio of two sums, a value."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a row is what, for one metric."""

    at: str = "at"
    arm: str = "arm"
    n: str = "n"
    bad: str = "bad"
    sum: str = "sum"
    per: str = "per"
    value: str = "value"
    form: str = "bad"

    @staticmethod
    def of(spec: Mapping[str, Any]) -> "Columns":
        """By a metric's keys: a name where one is given, and the form that they ask for."""
        asked = ("per", spec.get("per")), ("sum", spec.get("mean") or spec.get("sum"))
        form = next((name for name, given in (*asked, ("value", "value" in spec)) if given), "bad")
        names = {
            key: value
            for key in ("at", "arm", "n", "bad", "sum", "per", "value")
            if isinstance(value := spec.get(key), str)
        }
        return Columns(**names, form=form)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns a row must have."""
        return (self.at, self.arm, *(getattr(self, name) for name in FORMS[self.form]))


def series_of(
    metric: Metric, rows: Sequence[Row], arms: Collection[Arm], window: Window, pace: Pace
) -> dict[str, Series]:
    """One metric's series by version.

    Rows of other arms and other times are left out, NULL and NaN are missing.

    Raises:
        Rejected: the rows are not as they have to be; the sentence holds no value of them.
    """
    columns = Columns.of(metric.source)
    names = {arm.named(metric.source.get(NAMED, "{arm}")): arm.version for arm in arms}
    found: dict[str, dict[datetime, Point]] = {arm.version: {} for arm in arms}
    for row in rows:
        _complete(row, columns, metric)
        if metric.by and not metric.takes(text_of(row[metric.by])):
            continue
        version = names.get(str(row[columns.arm]))
        at = time_of(row[columns.at])
        if version is None or not (window.start <= at and at + pace.period <= window.end):
            continue
        if not pace.aligned(at):
            raise Rejected(
                f"{metric.name}: a row begins at {at:%H:%M:%S}, not at a whole {pace.period}",
                hint="round it in the query: date_trunc('minute', ...)",
            )
        point = _point(row, at, columns, metric)
        if point is None:
            continue
        found[version][at] = _beside(found[version].get(at), point, metric)
    return {
        version: Series(tuple(points[at] for at in sorted(points)), pace.period, pace.delay)
        for version, points in found.items()
    }


def values_of(metric: Metric, rows: Iterable[Row], arms: Collection[Arm]) -> dict[str, float]:
    """How many requests have each value of the metric's field, which is a column.

    Raises:
        Rejected: the rows are not as they have to be.
    """
    columns, found = Columns.of(metric.source), defaultdict[str, float](float)
    names = set(bound(arms, metric))
    for row in rows:
        _complete(row, columns, metric)
        value = text_of(row[metric.by])
        if value is not None and str(row[columns.arm]) in names:
            found[value] += 1 if columns.form == "value" else number(row[columns.n]) or 0
    return dict(found)


def _beside(before: Point | None, point: Point, metric: Metric) -> Point:
    """Two rows of one period: another value of the field that a metric is sliced by.

    Raises:
        Rejected: it is not sliced, or they can't be added up.
    """
    match before, point:
        case (None, _):
            return point
        case (Counts(), Counts()) if metric.by:
            return Counts(point.at, before.n + point.n, before.bad + point.bad)
        case (Value(n=float() as one), Value(n=float() as other)) if metric.by:
            pers = (before.per, point.per)
            per = [None if p is None else p * n for p, n in zip(pers, (one, other), strict=True)]
            whole = one + other
            both = None if None in per else sum(p or 0.0 for p in per) / whole
            return Value(point.at, (before.value * one + point.value * other) / whole, whole, both)
    by = f", {metric.by}" if metric.by else ""
    why = f"{metric.name}: two rows for one period of one arm"
    raise Rejected(why, hint=f"GROUP BY at, arm{by}")


def labels_of(rows: Iterable[Row], spec: Mapping[str, Any]) -> Iterator[Label]:
    """The labels in rows of a query: a key, a label, and since when it is known if they say.

    Raises:
        Rejected: the rows are not as they have to be; the sentence holds no value of them.
    """
    key, label, at = (str(spec.get(column) or column) for column in ("key", "label", "at"))
    for row in rows:
        missing = [name for name in (key, label) if name not in row]
        if missing:
            raise Rejected(
                f"labels: the rows have no column {missing[0]!r}",
                hint=f"they have {', '.join(sorted(row)[:10])}",
            )
        name, says, since = text_of(row[key]), text_of(row[label]), row.get(at)
        if name is not None and says is not None:
            yield Label(name, says, None if since is None else time_of(since))


def _complete(row: Row, columns: Columns, metric: Metric) -> None:
    needed = (*columns.needed, *filter(None, (metric.by,)))
    missing = [name for name in needed if name not in row]
    if missing:
        raise Rejected(
            f"{metric.name}: the rows have no column {missing[0]!r}",
            hint=f"they have {', '.join(sorted(row)[:10])}",
        )


def _point(row: Row, at: datetime, columns: Columns, metric: Metric) -> Point | None:
    if columns.form == "value":
        value = number(row[columns.value])
        return None if value is None else Value(at, value)
    n = number(row[columns.n])
    other = number(row[columns.bad if columns.form == "bad" else columns.sum])
    if n is None or other is None:
        return None
    if n < 0 or (columns.form == "bad" and not 0 <= other <= n):
        raise Rejected(
            f"{metric.name}: a row counts more {columns.bad} than {columns.n}, or less than none",
            hint="count both over the same rows",
        )
    if columns.form == "bad":
        return Counts(at, n, other)
    per = number(row[columns.per]) if columns.form == "per" else None
    if not n or (columns.form == "per" and per is None):
        return None
    return Value(at, other / n, n, None if per is None else per / n)


def number(value: Any) -> float | None:
    """A finite number, None for NULL, NaN and infinity.

    Raises:
        Rejected: it is none at all.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Rejected(f"a column holds {_kind(value)} where a number is expected")
    try:
        found = float(value)
    except ValueError as error:
        raise Rejected("a column holds text where a number is expected") from error
    return found if isfinite(found) else None


def time_of(value: Any) -> datetime:
    """The start of a row's period: a time, ISO 8601, or seconds since 1970.

    Raises:
        Rejected: it is none, or says no zone.
    """
    match value:
        case datetime():
            at = value
        case bool() | None:
            raise Rejected("a row's time is empty", hint="at: the start of the period, UTC")
        case int() | float():
            return datetime.fromtimestamp(value, UTC)
        case _:
            try:
                at = datetime.fromisoformat(str(value))
            except ValueError as error:
                raise Rejected(
                    "a row's time is none", hint="write it as 2026-11-24T03:12:00Z, or in seconds"
                ) from error
    if at.tzinfo is None:
        raise Rejected("a row's time has no zone", hint="at: a timestamp with time zone, in UTC")
    return at.astimezone(UTC)


def bound(arms: Iterable[Arm], metric: Metric) -> list[str]:
    """What the store calls the arms, for `:arms`."""
    return [arm.named(metric.source.get(NAMED, "{arm}")) for arm in arms]


def _kind(value: Any) -> str:
    return "true or false" if isinstance(value, bool) else f"a {type(value).__name__}"
