"""Where things stand, in plain lines for a person."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from canarycli.errors import Exit
from canarycli.release.approving import approved, command
from canarycli.release.decide.sentences import span
from canarycli.release.rows import SIGNS
from canarycli.report.headline import OLD, headline, oldest
from canarycli.traffic import percent


def status_lines(status: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """One release or endpoint, from its `canary.status/1` object."""
    arms = " → ".join(arm["name"] for arm in (status["baseline"], status["candidate"]) if arm)
    release = f"  {status['release']}" if status["release"] else ""
    yield f"{status['endpoint']}  {arms}   {status['provider']} {status['region']}{release}"
    yield f"  {state_text(status, now)}"
    if status.get("approvals"):
        yield f"  {approved(status['approvals'])}"
    yield f"  traffic   {traffic_text(status['traffic'])}"
    since = _since_reading(status, now)
    for check in status["checks"]:
        age = oldest([check], since or timedelta(0))
        old = status["state"] != "ended" and age > OLD
        sign, tail = ("?", f", {span(age)} ago") if old else (SIGNS[check["verdict"]], "")
        yield f"  {sign} {check['message']}{tail}"
    for version in status.get("versions", ()):
        up = "in service" if version["in_service"] else "NOT in service"
        copy = version["shadow"]
        share = f"shadow {percent(copy)}" if copy else percent(version["share"])
        yield f"  {version['name']}  {share}  {up}  {version['model']}".rstrip()
    if status.get("driver") is not None and status["state"] != "ended":
        yield f"  {_driven(status['driver'])}"


def state_text(status: Mapping[str, Any], now: datetime) -> str:
    """The state in words, and what happens next."""
    state = status["state"]
    match state:
        case "idle":
            return "no release is known here"
        case "ended":
            why = f": {status['why']}" if status["why"] else ""
            return f"{_outcome(status['outcome'])} (exit {status['exit_code']}){why}"
        case "paused":
            pause = status["pause"]
            until = f", until {pause['until']}, then {pause['then']}" if pause["until"] else ""
            return f"PAUSED by {pause['by']}: {pause['reason']}{until}"
        case "rolling_back":
            stuck = status["exit_code"] == Exit.UNSAFE
            return f"{'ROLLBACK STUCK' if stuck else 'ROLLING BACK'}: {status['why']}"
        case "deploying":
            return "DEPLOYING the candidate, no traffic yet"
        case "smoke_test":
            return "TRYING the candidate with the plan's smoke tests, no traffic yet"
    stage = status["stage"]
    where = f"stage {stage['index']} of {stage['of']} at {percent(stage['percent'])}"
    said = headline(status["checks"], since_reading=_since_reading(status, now))
    ahead = status["next"]
    if state == "held":
        go_on = f"go on with {command(status['release'], status['approvals'])}"
        until = f", until {ahead['at']}, then {ahead['action']}" if ahead["at"] else ""
        return f"HELD at {where}; {said.tail}; {go_on}{until}"
    if state == "probation":
        return f"ON PROBATION until {ahead['at']}; {said.tail}; it goes back if a check fails"
    frozen = f"; nothing goes up now: {status['frozen']}" if status["frozen"] else ""
    return f"{said}, {where}, next: {ahead['action']} at {ahead['at']}{frozen}"


def _since_reading(status: Mapping[str, Any], now: datetime) -> timedelta | None:
    read_at = status.get("read_at")  # an endpoint without a release was never read
    if read_at is None or status["verdict"] is None:
        return None
    return now - datetime.fromisoformat(read_at)


def _outcome(word: str) -> str:
    """An outcome for people: a rollback by a person is called that."""
    return "rolled back" if word == "stopped" else word.replace("_", " ")


def traffic_text(shares: Mapping[str, float]) -> str:
    """Every share that is not 0, the largest first."""
    live = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {percent(share)}" for name, share in live if share) or "none"


def _driven(driver: Mapping[str, Any]) -> str:
    if driver["alive"]:
        return f"driven by {driver['id']}, last heard {driver['last_heard']}"
    return f"NOBODY IS DRIVING; {driver['id']} was last heard {driver['last_heard']}"
