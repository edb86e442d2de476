"""Looks once more where a rollback was refused: what has traffic now, and what may get some yet."""

from dataclasses import dataclass

from canarycli.errors import CanaryError
from canarycli.operations.workspace import Workspace
from canarycli.provider import Endpoint
from canarycli.release.record import Release, State


@dataclass(frozen=True, slots=True)
class LastLook:
    """The endpoint after the last write of a rollback was refused, None where nobody can tell.

    Attributes:
        baseline: where everything should go.
        why: a reason to call a person, "" where nothing but the baseline has or gets traffic.
    """

    seen: Endpoint | None
    baseline: str
    why: str

    @property
    def facts(self) -> tuple[str, ...]:
        """What to say of it."""
        return (f"traffic last seen: {self.seen.traffic}",) if self.seen is not None else ()


def last_look(work: Workspace, baseline: str, first: Endpoint | None) -> LastLook:
    """Look, and see whether the refusal leaves others than the baseline with traffic, or may.

    A rollback that was refused has left no mark. Where its order is in no record either, whoever is
    changing the endpoint meanwhile has not heard of it, and raises in the next moment.

    Args:
        work: the endpoint.
        baseline: where everything should go.
        first: the look that the rollback began with, None where a record said enough.
    """
    try:
        now = work.provider.describe(work.target.name)
    except CanaryError:
        return LastLook(None, baseline, "its traffic can't be read")
    try:
        known = work.record()
    except CanaryError:
        return LastLook(now, baseline, "nothing tells whether a raise is on its way")
    release = known.release if known is not None and not known.release.over else None
    return LastLook(now, baseline, astray(release, baseline, now, first))


def astray(release: Release | None, baseline: str, now: Endpoint, first: Endpoint | None) -> str:
    """Why others than the baseline have traffic, or may get some; "" where they don't."""
    others = [name for name in now.traffic.live if name != baseline]
    if others:
        return f"{', '.join(others)} has traffic"
    if release is not None and release.loose_until is not None:
        return "a raise may be on its way"
    heard = release is not None and release.rescues is None and release.state is State.ROLLING_BACK
    still = now.settled and (first is None or (first.settled and first.revision == now.revision))
    if not heard and not still:
        return "somebody else is changing it, and has not heard of this rollback"
    return ""
