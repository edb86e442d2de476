"""Where a fleet stands, as `canary.fleet/1`."""

from collections.abc import Mapping
from typing import Any

from canarycli.release.fleet import Fleet, Seat
from canarycli.release.record import Release

SCHEMA = "canary.fleet/1"


def fleet_status(fleet: Fleet, releases: Mapping[str, Release]) -> dict[str, Any]:
    """The fleet, and each of its endpoints."""
    return {
        "schema": SCHEMA,
        "fleet": fleet.name,
        "state": fleet.course.value,
        "over": fleet.over,
        "exit_code": int(fleet.exit),
        "why": fleet.why,
        "failures": fleet.failures,
        "stop_after": fleet.stop_after,
        "started_at": fleet.started_at,
        "started_by": fleet.started_by,
        "waves": [
            {
                "name": wave.name,
                "over": wave.over,
                "passed_at": wave.passed_at,
                "bake": wave.bake,
                "endpoints": [_seat(seat, releases.get(seat.release)) for seat in wave.seats],
            }
            for wave in fleet.waves
        ],
        "journal": [
            {"time": said.at, "by": said.by, "message": said.message} for said in fleet.journal
        ],
    }


def _seat(seat: Seat, release: Release | None) -> dict[str, Any]:
    return {
        "endpoint": seat.endpoint,
        "model": seat.model,
        "release": seat.release or None,
        "state": state_of(seat, release),
        "percent": release.target if release else None,
        "verdict": release.verdict.value if release and release.verdict else None,
        "exit_code": seat.exit if seat.over else None,
        "why": seat.why or None,
    }


def state_of(seat: Seat, release: Release | None) -> str:
    """One word for where an endpoint of a fleet stands."""
    if seat.outcome is not None:
        return seat.outcome.value
    if seat.unfit:
        return "not_begun"
    if release is not None:
        return release.state.value
    return "begun" if seat.release else "waiting"
