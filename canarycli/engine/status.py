"""Where a release or an endpoint stands, as the JSON contract `canary.status/1` has it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.plan import Then
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, RELEASE_NOTE, Endpoint, Notes
from canarycli.release.approving import approvals
from canarycli.release.record import Release, State
from canarycli.release.rows import row
from canarycli.store import Lease, Record

SCHEMA = "canary.status/1"


def release_status(record: Record, endpoint: Endpoint | None, now: datetime) -> dict[str, Any]:
    """One release: the record, with the live traffic where the endpoint could be read."""
    release = record.release
    shares = _shares(endpoint) if endpoint else _last_seen(release)
    return {
        "schema": SCHEMA,
        "release": release.id,
        "endpoint": release.endpoint,
        "provider": release.provider,
        "region": release.place,
        "state": release.state.value,
        "verdict": release.verdict.value if release.verdict else None,
        "outcome": release.outcome.value if release.outcome else None,
        "exit_code": int(release.exit),
        "why": release.stuck or release.why,
        "baseline": _arm(release.baseline, shares),
        "candidate": _arm(release.candidate or release.model, shares),
        "traffic": _rounded(shares),
        "settled": endpoint.settled if endpoint else None,
        "stage": _stage(release, now),
        "driver": _driver(record.lease, now),
        "pause": _pause(release),
        "approvals": approvals(release),
        "frozen": None if release.over else release.frozen or None,
        "checks": [row(finding) for finding in release.findings],
        "next": _next(release, now),
        "expected_end": _when(expected_end(release, now)),
        "started_at": _when(release.started_at),
        "started_by": release.started_by,
        "ended_at": _when(release.ended_at),
        "read_at": _when(release.read_at),
        "requests_on_candidate": round(release.served),
        "extra_failures": round(release.extra),
        "plan": release.plan.name,
        "made": list(release.made),
        "note": release.note,
        "ref": release.ref,
    }


def endpoint_status(endpoint: Endpoint, notes: Notes, provider: str, place: str) -> dict[str, Any]:
    """An endpoint without a release known here: its traffic, and what its own notes say."""
    shares = _shares(endpoint)
    candidate = notes.get(CANDIDATE_NOTE)
    baseline = notes.get(BASELINE_NOTE) or next(iter(endpoint.traffic.live), None)
    return {
        "schema": SCHEMA,
        "release": notes.get(RELEASE_NOTE),
        "endpoint": endpoint.name,
        "provider": provider,
        "region": place,
        "state": "idle",
        "verdict": None,
        "baseline": _arm(baseline, shares) if baseline else None,
        "candidate": _arm(candidate, shares) if candidate else None,
        "traffic": _rounded(shares),
        "settled": endpoint.settled,
        "versions": [
            {
                "name": version.name,
                "share": round(endpoint.traffic.of(version.name), 4),
                "shadow": round(endpoint.traffic.shadow.get(version.name, 0.0), 4),
                "in_service": version.in_service,
                "model": version.model,
                "instances": version.instances,
            }
            for version in endpoint.versions
        ],
        "checks": [],
    }


def expected_end(release: Release, now: datetime) -> datetime | None:
    """When the plan is through if every check passes in time; None where a person must act."""
    if release.over or release.state in {State.HELD, State.ROLLING_BACK}:
        return None
    if release.state is State.PROBATION:
        return release.probation_until
    ahead = release.ahead
    if (release.stage_in_force.then is Then.HOLD and not release.shadow) or any(
        s.then is Then.HOLD for s in ahead
    ):
        return None
    at = now + seconds_left(release, now)
    for stage in ahead:
        at = _allowed(release, at) + stage.bake
    return at


def seconds_left(release: Release, now: datetime) -> timedelta:
    """How much of the bake of the stage in force is left, all of it before it is in place."""
    bake = release.bake_in_force
    baked = now - release.confirmed_at if release.confirmed_at else timedelta(0)
    return max(bake - baked, timedelta(0))


def _stage(release: Release, now: datetime) -> dict[str, Any]:
    return {
        "index": release.stage + 1,
        "of": len(release.plan.stages),
        "percent": release.target,
        "shadow": release.shadow,
        "since": _when(release.confirmed_at),
        "seconds_left": None
        if release.over
        else round(seconds_left(release, now).total_seconds(), 1),
    }


def _next(release: Release, now: datetime) -> dict[str, Any] | None:
    if release.over:
        return None
    if release.state is State.ROLLING_BACK:
        return {"action": "rollback", "percent": 0, "at": None}
    if release.state in {State.DEPLOYING, State.SMOKE_TEST}:
        return {"action": "shift", "percent": release.plan.stages[0].percent, "at": None}
    if release.state is State.PAUSED and release.pause is not None:
        action = release.pause.then.value if release.pause.until else "hold"
        return {"action": action, "percent": release.target, "at": _when(release.pause.until)}
    if release.state is State.HELD:
        until = release.waits_until
        action = "rollback" if until else "hold"
        return {"action": action, "percent": release.target, "at": _when(until)}
    if release.state is State.PROBATION:
        return {"action": "promoted", "percent": 100, "at": _when(release.probation_until)}
    baked = now + seconds_left(release, now)
    at = _when(baked)
    ahead = release.ahead
    if release.stage_in_force.then is Then.HOLD and not release.shadow:
        return {"action": "hold", "percent": release.target, "at": at}
    if not ahead:
        return {"action": "promoted", "percent": release.target, "at": at}
    at = _when(_allowed(release, baked))
    return {"action": "shift", "percent": ahead[0].percent, "at": at}


def _allowed(release: Release, at: datetime) -> datetime:
    """The earliest time from then on at which the release may go up."""
    if not release.plan.freeze:
        return at
    from canarycli.freeze import thawed

    return thawed(release.plan.freeze, at)


def _pause(release: Release) -> dict[str, Any] | None:
    pause = release.pause
    if pause is None:
        return None
    return {
        "cause": pause.cause.value,
        "by": pause.by,
        "reason": pause.reason,
        "since": _when(pause.at),
        "until": _when(pause.until),
        "then": pause.then.value,
    }


def _driver(lease: Lease | None, now: datetime) -> dict[str, Any] | None:
    if lease is None:
        return None
    return {
        "id": lease.holder,
        "url": lease.url or None,
        "last_heard": _when(lease.heard),
        "alive": lease.alive(now),
    }


def _shares(endpoint: Endpoint) -> dict[str, float]:
    """The share of every version there is: some clouds leave those without traffic out."""
    traffic = endpoint.traffic
    return {v.name: traffic.of(v.name) for v in endpoint.versions} | dict(traffic.shares)


def _last_seen(release: Release) -> dict[str, float]:
    arms = [name for name in (release.baseline, release.candidate) if name]
    return dict.fromkeys(arms, 0.0) | dict(release.traffic)


def _arm(name: str, shares: Mapping[str, float]) -> dict[str, Any]:
    return {"name": name, "share": round(shares.get(name, 0.0), 4)}


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {name: round(share, 4) for name, share in shares.items()}


def _when(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
