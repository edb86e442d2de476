"""Where things are in a bucket, as names that every kind of bucket takes."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from canarycli.release.record import Release

SHEETS = "sheets"
ENDPOINTS, RELEASES, OPEN, HISTORY, EVENTS = "endpoints", "releases", "open", "history", "events"

_END_OF_TIME = 9_999_999_999_999_999
"""Microseconds; what a start is taken from, so that the youngest release is listed first."""

_START_OF_TIME, _FINEST = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def word(text: str) -> str:
    """A text as part of a name: letters, digits, `_`, `-` and `=` only."""
    quoted = quote(text.replace("=", "\x00"), safe="")
    quoted = quoted.replace("~", "%7E").replace(".", "%2E").replace("%00", "%3D")
    return quoted.replace("%", "=")


def text_of(name: str) -> str:
    """The text that became part of a name."""
    return unquote(name.replace("=", "%"))


def endpoint_path(key: str) -> str:
    """The one document of an endpoint: release, lease, and the events of its last save."""
    return f"{ENDPOINTS}/{word(key)}.json"


def release_path(release_id: str) -> str:
    """Where a release is: the endpoint's key while it is its newest one, then the last document."""
    return f"{RELEASES}/{word(release_id)}.json"


def open_name(release: Release) -> str:
    """What is there while a release is open; may outlive it, so that the document decides."""
    return f"{word(release.id)}~{word(release.key)}"


def history_name(release: Release) -> str:
    """One line of the index: start, id and the names of the endpoint."""
    age = _END_OF_TIME - (release.started_at - _START_OF_TIME) // _FINEST
    names = (release.id, release.endpoint, release.kept_as, release.key)
    return f"{age:016d}~{'~'.join(word(name) for name in names)}"


class Line:
    """A line of the index, read."""

    def __init__(self, name: str) -> None:
        age, *words = name.split("~")
        self.name = name
        self.id, self.endpoint, self.kept_as, self.key = map(text_of, words)
        self.started_at = _START_OF_TIME + (_END_OF_TIME - int(age)) * _FINEST

    def is_called(self, endpoint: str) -> bool:
        """Whether its endpoint is called so, in any case."""
        return endpoint.lower() in {self.endpoint.lower(), self.kept_as.lower()}


def sheet_path(name: str) -> str:
    """A document that several releases have in common."""
    return f"{SHEETS}/{word(name)}.json"


def events_path(release_id: str, version: int) -> str:
    """The events of one save."""
    return f"{EVENTS}/{word(release_id)}/{version:010d}.json"
