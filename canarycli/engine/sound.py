"""Looks over what somebody else's package answers, so that what is odd is blamed where it began."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from inspect import iscoroutine, isgenerator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from canarycli.engine.blame import without_secrets
from canarycli.provider import Endpoint

if TYPE_CHECKING:  # a rollback does not wait for them
    from canarycli.metrics import Measurements, Point, Series

T = TypeVar("T")

LARGEST = 1e18
"""No figure is larger: sums of squares of such can be computed with."""


def of_kind(kind: type[T], found: object, verb: str) -> T:
    """What a verb answered, if it is what that verb has to answer.

    Raises:
        TypeError: it is something else; the message says what.
    """
    if isinstance(found, kind):
        return found
    if iscoroutine(found):
        found.close()
        raise TypeError(f"{verb} is async; it has to answer when it is called")
    what = "a generator" if isgenerator(found) else type(found).__name__
    raise TypeError(f"{verb} answers with {what}, not with {kind.__name__}")


def looked(found: object, verb: str) -> Endpoint:
    """An endpoint; what the cloud says of a failed change is told and kept, so no secret is in it.

    Raises:
        TypeError: it is something else.
    """
    seen = of_kind(Endpoint, found, verb)
    return replace(seen, failure=without_secrets(seen.failure)) if seen.failure else seen


def sound_request(found: object) -> str:
    """A request's id, "" where there is none; what was asked for may be under way already."""
    return "" if found is None else of_kind(str, found, "shift")


def sound_notes(found: object) -> Mapping[str, str]:
    """Notes, all of them texts."""
    notes = of_kind(Mapping, found, "notes")
    for name, value in notes.items():
        of_kind(str, value, f"notes, for {name!r},")
    return notes


def sound_measurements(found: object) -> "Measurements":
    """Points of one form, in time's order, with figures that can be computed with.

    Raises:
        TypeError, ValueError: they are not; the message says which metric on which version.
    """
    from canarycli.metrics import Measurements, Series

    measured = of_kind(Measurements, found, "measure")
    for version, by_key in of_kind(Mapping, measured.series, "measure, as series,").items():
        for key, series in of_kind(Mapping, by_key, f"measure, for {version!r},").items():
            what = f"{key!r} on {version!r}"
            _check(of_kind(Series, series, f"measure, for {what},"), what)
    return measured


def _check(series: "Series", what: str) -> None:
    from canarycli.metrics import Counts, Histogram, Value

    points = of_kind(tuple, series.points, f"measure, as points of {what},")
    forms = {type(point) for point in points}
    if not forms <= {Counts, Value, Histogram} or len(forms) > 1:
        names = ", ".join(sorted(form.__name__ for form in forms))
        raise TypeError(f"points of {what} are {names}, not of one form")
    for point in points:
        _check_point(point, what)
    if any(late.at <= early.at for early, late in pairwise(points)):
        raise ValueError(f"points of {what} are not the oldest first, one a period")


def _check_point(point: Any, what: str) -> None:
    if not isinstance(point.at, datetime) or point.at.tzinfo is None:
        raise ValueError(f"a point of {what} is at {point.at!r}, a time without its zone")
    for figure in _figures(point):
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            raise TypeError(f"a point of {what} has {figure!r} where a number belongs")
        if not -LARGEST <= figure <= LARGEST:
            raise ValueError(f"a point of {what} has the number {figure!r:.40}")


def _figures(point: "Point") -> tuple[float, ...]:
    from canarycli.metrics import Counts, Histogram

    if isinstance(point, Counts):
        return (point.n, point.bad)
    if isinstance(point, Histogram):
        return (*point.bounds, *point.counts)
    return tuple(one for one in (point.value, point.n, point.per) if one is not None)
