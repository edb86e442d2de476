"""Which readings are worth a line in a log: changes, failures, and a sign of life."""

from datetime import datetime, timedelta
from typing import Any

from canarycli.journal import Event

QUIET = timedelta(minutes=5)
"""A CI system kills a job that says nothing for long."""


REPEATED = {"deploying", "uploading", "shift_requested", "waiting"}
"""What is told at each try, and worth a line once until something else happens."""


class News:
    """Remembers what was said last, so that a calm hour is a dozen lines and not sixty.

    Attributes:
        numbers: what the newest reading said, "" before the first.
    """

    def __init__(self) -> None:
        self.numbers = ""
        self._reading: Any = None
        self._again: dict[str, str] = {}
        self._said_at: datetime | None = None

    def worth_a_line(self, event: Event) -> bool:
        """Whether to show this event; asked once for each, in order."""
        if event.type == "read":
            self.numbers = event.message
            if not self._is_news(event):
                return False
        if event.type not in REPEATED:
            self._again.clear()
        elif self._again.get(event.type) == event.message:
            return False
        else:
            self._again[event.type] = event.message
        self._said_at = event.at
        return True

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing was said for so long that a sign of life is due; asked for before one."""
        quiet = self._said_at is not None and now - self._said_at >= QUIET
        if quiet:
            self._said_at = now
        return quiet

    def _is_news(self, event: Event) -> bool:
        checks = event.fields.get("checks") or ()
        reading = (
            event.fields.get("stage"),
            event.fields.get("verdict"),
            [(check["name"], check["verdict"]) for check in checks],
        )
        changed, self._reading = reading != self._reading, reading
        quiet = self._said_at is None or event.at - self._said_at >= QUIET
        return changed or quiet or event.level != "info"
