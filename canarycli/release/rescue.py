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
    ROLLED_BACK_NOTE,
    Endpoint,
    Limits,
    Notes,
)
from canarycli.release.record import Outcome, Release, State
from canarycli.traffic import TOLERANCE, percent

CLEARLY = 80.0
"""A version with so many percent of the traffic is the baseline where no notes say which is."""

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
        loose_until=_loose_until(limits, notes, before, now),
        ending=Outcome.STOPPED,
        why=f"{by} rolled back" + (f": {reason}" if reason else ""),
        by=by,
    )


def home(endpoint: Endpoint, notes: Notes, to: str | None = None) -> str:
    """The version everything goes back to.

    The one asked for; else the baseline of the endpoint's notes, as long as it is there and the
    notes' candidate has traffic or the baseline has; else the version with most of the traffic by
    far.
    """
    if to is not None:
        return _asked(endpoint, to)
    noted, candidate = notes.get(BASELINE_NOTE, ""), notes.get(CANDIDATE_NOTE, "")
    traffic = endpoint.traffic
    if endpoint.version(noted) and (traffic.of(noted) > 0 or traffic.of(candidate) > 0):
        return noted
    live = traffic.live
    if not live or traffic.of(live[0]) < CLEARLY:
        shares = ", ".join(f"{v.name} {percent(traffic.of(v.name))}" for v in endpoint.versions)
        raise UsageError(
            f"can't tell which version of {endpoint.name} is the baseline ({shares})",
            hint=f"name it: canary rollback {endpoint.name} --to VERSION",
        )
    return live[0]


def _loose_until(
    limits: Limits | None, notes: Notes, share: float, now: datetime
) -> datetime | None:
    if limits is None or not limits.late_request or not _may_rise(limits, notes, share):
        return None
    return now + limits.late_request


def _may_rise(limits: Limits, notes: Notes, share: float) -> bool:
    """Whether a raise of a driver that nobody here knows may be on its way.

    Where notes go before a raise they tell: it is, if another share was noted than is there.
    """
    if not limits.notes_first:
        return True
    noted = notes.get(RAISED_NOTE)
    if noted is None:
        return False
    there = f"{round(share, 2):g}" == noted
    rolled_back = ROLLED_BACK_NOTE in notes and share <= TOLERANCE
    return not there and not rolled_back


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
