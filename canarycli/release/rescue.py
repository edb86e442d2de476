"""Rollback with nothing but the endpoint: no record, no plan, no metrics."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from canarycli.errors import NotFound, UsageError
from canarycli.plan import Plan, Stage
from canarycli.provider import (
    BASELINE_NOTE,
    CANDIDATE_NOTE,
    RAISED_NOTE,
    RELEASE_NOTE,
    ROLLED_BACK_NOTE,
    Endpoint,
    Limits,
    Notes,
)
from canarycli.release.mark import Mark
from canarycli.release.record import Outcome, Release, State
from canarycli.traffic import TOLERANCE, Traffic, percent

CLEARLY = 80.0
"""A version with so many percent of the traffic is the baseline where no notes say which is."""

CROSSING = timedelta(seconds=5)
"""A raise may be sent so long after a rollback began: its driver looked just before."""

SENDING = timedelta(seconds=30)
"""A raise leaves within so long after it is recorded: one call may come before it."""

APART = timedelta(days=1)
"""The clocks of two machines may differ by so much: another's mark is only then surely old."""

_NO_PLAN = Plan(stages=(Stage(100, timedelta(0)),), name="rollback")


def rescue(
    endpoint: Endpoint,
    notes: Notes,
    *,
    to: str | None,
    release_id: str,
    provider: str,
    place: str,
    settings: Mapping[str, Any],
    by: str,
    reason: str,
    now: datetime,
    kept_as: str = "",
    limits: Limits | None = None,
    aimed: bool = False,
) -> Release:
    """A release of its own that has only to go back, made from a look at the endpoint.

    Raises:
        NotFound: `to` is not on the endpoint.
        UsageError: nothing tells which version is the baseline.
    """
    baseline = home(endpoint, notes, to)
    candidate = _other(endpoint, notes, baseline)
    before = endpoint.traffic.of(candidate)
    return Release(
        id=release_id,
        provider=provider,
        place=place,
        endpoint=endpoint.name,
        kept_as=kept_as,
        settings=settings,
        baseline=baseline,
        candidate=candidate,
        plan=_NO_PLAN,
        started_at=now,
        started_by=by,
        state=State.ROLLING_BACK,
        before=before,
        asked_at=now,
        loose_until=_loose_until(limits, notes, endpoint.traffic, candidate, now),
        found=dict(notes),
        rescues=notes.get(RELEASE_NOTE, ""),
        ending=Outcome.STOPPED,
        why=f"{by} rolled back" + (f": {reason}" if reason else ""),
        by=by,
        aimed=aimed or notes.get(BASELINE_NOTE, baseline) != baseline,
    )


def left_by_somebody(
    endpoint: Endpoint, version: str, *, release: str, provider: str, place: str, now: datetime
) -> Release:
    """A finished release that left a version, for one that no record here knows of."""
    live = next(iter(endpoint.traffic.live), "")
    return Release(
        id=release or "-",
        provider=provider,
        place=place,
        endpoint=endpoint.name,
        baseline=live,
        candidate=version,
        model=version,
        plan=_NO_PLAN,
        started_at=now,
        started_by="",
        state=State.ENDED,
        outcome=Outcome.STOPPED,
        ended_at=now,
    )


def home(endpoint: Endpoint, notes: Notes, to: str | None = None) -> str:
    """The version everything goes back to.

    The one asked for; else the baseline of the endpoint's notes, as long as it is there and the
    notes' candidate has traffic or the baseline has, or a rollback may be on its way there; else
    the version with most of the traffic by far.
    """
    if to is not None:
        return _asked(endpoint, to)
    noted, candidate = notes.get(BASELINE_NOTE, ""), notes.get(CANDIDATE_NOTE, "")
    traffic = endpoint.traffic
    on_its_way = not endpoint.settled and Mark.read(notes) is not None
    told = traffic.of(noted) > 0 or traffic.of(candidate) > 0 or on_its_way
    if endpoint.version(noted) and told:
        return noted
    live = traffic.live
    if not live or traffic.of(live[0]) < CLEARLY or endpoint.version(live[0]) is None:
        raise _unclear(endpoint)
    return live[0]


def _unclear(endpoint: Endpoint) -> UsageError:
    """Nothing tells which version is the baseline; of one there is no doubt which is meant."""
    names = [version.name for version in endpoint.versions]
    if not names:
        return UsageError(f"nothing is deployed on {endpoint.name}, so nothing can be sent back")
    shares = ", ".join(f"{name} {percent(endpoint.traffic.of(name))}" for name in names)
    return UsageError(
        f"can't tell which version of {endpoint.name} is the baseline ({shares})",
        hint=f"name it: canary rollback {endpoint.name} --to "
        + (names[0] if len(names) == 1 else "VERSION"),
    )


def tagged_since(release: Release, notes: Notes) -> bool:
    """Whether a raise of a driver that nobody here knows was noted.

    Where there is a record, by any other release than its own; else by any since the notes were
    read.
    """
    found = release.found or {}
    if release.rescues is None:
        return notes.get(RELEASE_NOTE, "") not in {"", release.id, found.get(RELEASE_NOTE)}
    return any(notes.get(key) != found.get(key) for key in (RELEASE_NOTE, RAISED_NOTE))


def is_marked(release: Release, notes: Notes) -> bool:
    """Whether the endpoint says that it was rolled back since this rollback began."""
    return notes.get(ROLLED_BACK_NOTE) not in {None, (release.found or {}).get(ROLLED_BACK_NOTE)}


def loose_after(release: Release, limits: Limits, now: datetime) -> datetime | None:
    """Until when a raise may land on a release that a person rolls back now, None where none can.

    Its own, where one had no answer. Another driver's, where notes go with the raise: one that
    looked before the first raise of this release was noted may have sent its own, and nothing
    tells. Its driver's clock may differ from this machine's: the later one counts.
    """
    if not limits.late_request:
        return release.loose_until
    if release.loose_until is not None:
        return max(release.loose_until, now + limits.late_request + SENDING)
    if limits.notes_first:
        return None
    looked = release.seen_at or now
    noted_for = looked - release.noted_at if release.noted_at else timedelta(0)
    left = limits.late_request + CROSSING - noted_for
    return max(now, looked) + left if left > timedelta(0) else None


def noted_with(release: Release, limits: Limits) -> Notes:
    """What is noted with a raise: its share too, where notes come before it."""
    if not limits.notes_first:
        return release.notes
    return {**release.notes, RAISED_NOTE: noted_raise(release.target, release.shadow)}


def noted_raise(share: float, copied: float = 0.0) -> str:
    """What is noted of a raise that is about to be sent."""
    return f"copy {round(copied, 2):g}" if copied else f"{round(share, 2):g}"


def _loose_until(
    limits: Limits | None, notes: Notes, traffic: Traffic, candidate: str, now: datetime
) -> datetime | None:
    """Until when a raise of a driver that nobody here knows may land, None where none can.

    Where notes go before a raise they tell: one is on its way if another share was noted than is
    there, unless its release was rolled back so long ago that it would have landed by now. How
    long ago, the clock of whoever rolled it back says, and that may be wrong.
    """
    if limits is None or not limits.late_request:
        return None
    until = now + limits.late_request + CROSSING
    if not limits.notes_first:
        return until
    noted, mark = notes.get(RAISED_NOTE), Mark.read(notes)
    share, copied = traffic.of(candidate), traffic.shadow.get(candidate, 0.0)
    if noted is None or noted == noted_raise(share, copied):
        return None
    if mark is None or mark.release != notes.get(RELEASE_NOTE) or max(share, copied) > TOLERANCE:
        return until
    return until if now < mark.at + APART else None


def _asked(endpoint: Endpoint, word: str) -> str:
    found = endpoint.find(word)
    if len(found) == 1:
        return found[0].name
    names = ", ".join(version.name for version in endpoint.versions)
    raise NotFound(f"endpoint {endpoint.name!r} has no version {word!r}", hint=f"it has {names}")


def _other(endpoint: Endpoint, notes: Notes, baseline: str) -> str:
    noted = notes.get(CANDIDATE_NOTE, "")
    if noted and noted != baseline and endpoint.version(noted):
        return noted
    others = [name for name in endpoint.traffic.live if name != baseline]
    others += [v.name for v in endpoint.versions if v.name != baseline]
    return others[0] if others else ""
