"""What people elsewhere are told of a release: an event as a note in words of its own. Pure."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from canarycli.harmless import in_line
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.release.record import Outcome, Release

SECONDS = 5.0
"""A message that takes longer is given up."""

UNSAFE, SAFE = "unsafe", "safe"
"""That a person must look, and that no one must any more: the latter ends a pager's alert."""

ENDINGS: Mapping[str, str] = {
    Outcome.PROMOTED: "promoted",
    Outcome.ROLLED_BACK: "rolled_back",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.NO_METRICS: "no_metrics",
    Outcome.UNSAFE: UNSAFE,
}
"""What `when:` calls each outcome; every other one is `stopped`."""

SIGNS: Mapping[str, str] = {
    "started": "▸",
    "held": "❚❚",
    "approved": "✔",
    "paused": "❚❚",
    "frozen": "❚❚",
    "overridden": "▸",
    "failed": "✖",
    "inconclusive": "◔",
    "no_metrics": "?",
    "rolled_back": "↩",
    "promoted": "✔",
    "probation": "◔",
    "stopped": "■",
    UNSAFE: "✖✖",
    SAFE: "↩",
    "test": "●",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell.

    Attributes:
        word: as `when:` calls it.
        message: a sentence for people.
        facts: the same for programs, as JSON values.
        links: where to look and what to do: a CI run, commands.
    """

    word: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything, for a chat."""
        return "\n".join((f"{SIGNS[self.word]} {self.message}", *self.links))


def word_of(event: Event) -> str:
    """What `when:` calls an event, "" for one that nobody is told of."""
    match event.type:
        case "planned":
            return "started"
        case "held" | "approved" | "paused" | "frozen" | "probation":
            return event.type
        case "freeze_overridden":
            return "overridden"
        case "rollback_started":
            return "failed" if event.fields.get("by") == "canary" else ""
        case "rollback_failed":
            return UNSAFE
        case "rollback_confirmed":
            return SAFE
        case "ended":
            return ENDINGS.get(str(event.fields.get("outcome")), "stopped")
    return ""


def note_of(event: Event, release: Release | None) -> Note:
    """An event in words that make sense to who sees nothing else of the release."""
    word = word_of(event)
    facts: dict[str, Any] = {"event": word, "time": event.at.isoformat(), **event.fields}
    if release is None:
        return Note(word, in_line(event.message), facts)
    arms = f"{release.endpoint} {release.baseline} → {release.name}"
    begins = f"{release.endpoint} {release.baseline} -> {release.name}, "
    facts |= _of(release)
    then = "report" if release.over else "status"
    links = tuple(filter(None, (release.ref, f"canary {then} {release.id}")))
    return Note(word, in_line(f"{arms}: {event.message.removeprefix(begins)}"), facts, links)


def alarm_of(message: str, hints: tuple[str, ...], release: Release | None) -> Note:
    """That a rollback failed or traffic can't be read, and what to do by hand."""
    facts = {"event": UNSAFE, **(_of(release) if release else {})}
    return Note(UNSAFE, in_line(message), facts, hints)


def _of(release: Release) -> dict[str, Any]:
    """Which release is meant, for programs."""
    return {
        "release": release.id,
        "endpoint": release.endpoint,
        "provider": release.provider,
        "place": release.place,
        "baseline": release.baseline,
        "candidate": release.name,
    }
