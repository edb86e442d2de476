"""Finds the endpoints whose names look like one that does not exist."""

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches

from canarycli.errors import CanaryError, NotFound
from canarycli.preview import Listed


def near_names(listed: Callable[[], Iterable[Listed]], name: str) -> tuple[str, ...]:
    """At most three names, the nearest first; none where listing endpoints is not allowed.

    One that differs in nothing but case is the only one: it is meant. AWS writes names in lower
    case into ARNs, alarms and metrics, and no two endpoints of a region differ in case alone.
    """
    try:
        names = [one.name for one in listed()]
    except CanaryError:
        return ()
    same = tuple(one for one in names if one.lower() == name.lower())
    return same or tuple(get_close_matches(name, names, n=3))


def not_found(endpoint: str, place: str, near: Collection[str]) -> NotFound:
    """The error for an endpoint that is not there, with those it may be."""
    return NotFound(
        f"there is no endpoint {endpoint!r} in {place}",
        hint=f"did you mean {' or '.join(map(repr, near))}?" if near else "check the region",
    )
