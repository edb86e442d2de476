"""Finds the endpoints whose names look like one that does not exist."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from canarycli.errors import CanaryError
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
