"""The mark that a rollback leaves on an endpoint: which release, when, who."""

import re
from datetime import UTC, datetime

from canarycli.late_methods import dataclass
from canarycli.provider import BASELINE_NOTE, RELEASE_NOTE, ROLLED_BACK_NOTE, Notes
from canarycli.release.record import Release, State

_NO_TAG = re.compile(r"[^\w .:/=+@-]")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """Who sent everything back to the baseline, as the endpoint itself remembers it."""

    release: str
    at: datetime
    by: str

    def __str__(self) -> str:
        # To the millisecond, as a start of the same second may have come before or after.
        when = self.at.astimezone(UTC).isoformat(timespec="milliseconds")
        by = _NO_TAG.sub("_", self.by)[:_LONGEST].strip()
        return f"{self.release} {when.removesuffix('+00:00')}Z {by}"

    @property
    def notes(self) -> Notes:
        """The note to be written."""
        return {ROLLED_BACK_NOTE: str(self)}

    @classmethod
    def read(cls, notes: Notes) -> "Mark | None":
        """The mark among the notes of an endpoint, None if there is none that makes sense."""
        release, _, rest = notes.get(ROLLED_BACK_NOTE, "").partition(" ")
        when, _, by = rest.partition(" ")
        try:
            at = datetime.fromisoformat(when)
        except ValueError:
            return None
        return cls(release, at, by) if at.tzinfo is not None else None


def left_by(release: Release) -> Notes:
    """What a rollback leaves on the endpoint: its mark, and its arms if a person named the version.

    So the next rollback, from whichever machine, goes to the same one. The mark's time is when the
    way back was asked for: by that its own driver knows it again.
    """
    mark = Mark(release.rescues or release.id, release.asked_at or release.started_at, release.by)
    return {**mark.notes, **release.noted_arms} if release.aimed else mark.notes


def sent_elsewhere(release: Release, notes: Notes) -> str:
    """The version that a person sent everything to since this release noted its own, "" if none.

    The notes are of this release still, or the last rollback was of a later one. A way back heeds
    any that is not its own: of two that go on looking, the one that came later is right.
    """
    mark, noted = Mark.read(notes), notes.get(BASELINE_NOTE, "")
    if mark is None or noted == release.baseline:
        return ""
    ours, back = {release.id, release.rescues}, release.state is State.ROLLING_BACK
    own = back and _is_own(mark, release)
    if own and release.aimed:  # it noted its own version with it: this one came with a late raise
        return ""
    found = (release.found or {}).get(ROLLED_BACK_NOTE)
    later = not own and (back or mark.release not in ours) and notes[ROLLED_BACK_NOTE] != found
    return noted if later or notes.get(RELEASE_NOTE) in ours else ""


def _is_own(mark: Mark, release: Release) -> bool:
    own = Mark.read(left_by(release))
    return (
        own is not None and own.by == mark.by and mark.release == own.release and mark.at <= own.at
    )


def noted_before(notes: Notes, began: datetime, now: datetime) -> Notes:
    """The notes that were there when a start began, though it read them later.

    A mark from in between is of a rollback that is meant for this start, too. One from after `now`
    is of a clock that is ahead, and tells nothing.
    """
    mark = Mark.read(notes)
    if mark is None or not began < mark.at <= now:
        return notes
    return {name: note for name, note in notes.items() if name != ROLLED_BACK_NOTE}
