"""Folds the calm lines of a stage in a CI system's log; what must be seen stands outside. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from canarycli.harmless import visible
from canarycli.journal import Event

ALOUD = frozenset(
    {
        "planned",
        "stage_passed",
        "held",
        "paused",
        "probation",
        "rollback_started",
        "rollback_confirmed",
        "ended",
    }
)
"""Events that are never folded; warnings and errors are none either."""

SHOWS_COLOUR = ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BUILDKITE", "CIRCLECI")
"""CI systems whose logs show colours, though they are no terminals."""


def shows_colour(env: Mapping[str, str]) -> bool:
    """Whether the log of the CI system at hand shows colours."""
    return any(env.get(name) for name in SHOWS_COLOUR)


@dataclass(slots=True)
class Groups:
    """The groups of one command's lines.

    Attributes:
        env: names the CI system.
        open: the number of the group that is open, 0 for none.
        count: so many were opened.
    """

    env: Mapping[str, str]
    open: int = 0
    count: int = 0

    def before(self, event: Event) -> str:
        """What goes before an event's line: the begin or the end of a group, "" for neither."""
        if event.level != "info" or event.type in ALOUD:
            return self.close(event.at)
        if self.open or event.type != "shift_requested":
            return ""
        self.count += 1
        self.open = self.count
        return self._begin(visible(event.message), event.at)

    def close(self, now: datetime) -> str:
        """The end of the open group, "" if none is."""
        number, self.open = self.open, 0
        if not number:
            return ""
        if self.env.get("GITHUB_ACTIONS"):
            return "::endgroup::"
        if self.env.get("TF_BUILD"):
            return "##[endgroup]"
        if self.env.get("GITLAB_CI"):
            return f"\x1b[0Ksection_end:{now.timestamp():.0f}:canary_{number}\r\x1b[0K"
        return ""

    def _begin(self, title: str, now: datetime) -> str:
        if self.env.get("GITHUB_ACTIONS"):
            return f"::group::{title}"
        if self.env.get("TF_BUILD"):
            return f"##[group]{title}"
        if self.env.get("GITLAB_CI"):
            name = f"canary_{self.open}"
            return (
                f"\x1b[0Ksection_start:{now.timestamp():.0f}:{name}[collapsed=true]\r\x1b[0K{title}"
            )
        return ""
