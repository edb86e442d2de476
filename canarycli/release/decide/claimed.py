"""What the endpoint's own notes say: rolled back from elsewhere, or taken by another release."""

from canarycli.provider import RELEASE_NOTE, ROLLED_BACK_NOTE, Notes
from canarycli.release.context import Context, Decision
from canarycli.release.decide.way_back import LOOKING, go_back
from canarycli.release.mark import Mark, sent_elsewhere
from canarycli.release.record import Outcome, Release
from canarycli.traffic import TOLERANCE


def claimed(context: Context) -> Decision | None:
    """A rollback wins over every driver, and whoever was first keeps the endpoint."""
    notes, release = context.seen.notes, context.release
    if notes is None:
        return None
    mark = Mark.read(notes)
    if mark is not None and _is_news(mark, notes, release):
        return _rolled_back(context, mark, sent_elsewhere(release, notes))
    owner = notes.get(RELEASE_NOTE, "")
    if release.found is None or owner in {"", release.id, release.found.get(RELEASE_NOTE, "")}:
        return None
    if release.loose(context.now):  # it may land yet, and nobody else would know of it
        return context.wait(LOOKING)
    why = f"{release.endpoint} is in release {owner} by now, as its own notes say; not touched"
    return context.end(Outcome.SUPERSEDED, why, "warning")


def _is_news(mark: Mark, notes: Notes, release: Release) -> bool:
    """Whether the mark was not there when the release began."""
    if release.found is None:
        return mark.at > release.started_at
    return notes[ROLLED_BACK_NOTE] != release.found.get(ROLLED_BACK_NOTE)


def _rolled_back(context: Context, mark: Mark, elsewhere: str) -> Decision:
    why = f"{mark.by or 'somebody'} rolled back"
    if elsewhere:
        return context.end(Outcome.STOPPED, f"{why} to {elsewhere}; not touched", "warning")
    if context.release.raised or context.share > TOLERANCE:
        return go_back(context, Outcome.STOPPED, why, mark.by)
    return context.end(Outcome.STOPPED, why, "warning")
