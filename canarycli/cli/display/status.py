"""Where things stand, in plain lines for a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canarycli.release.reading import SIGNS
from canarycli.traffic import percent


def status_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """One release or endpoint, from its `canary.status/1` object."""
    arms = " → ".join(arm["name"] for arm in (status["baseline"], status["candidate"]) if arm)
    release = f"  {status['release']}" if status["release"] else ""
    yield f"{status['endpoint']}  {arms}   {status['provider']} {status['region']}{release}"
    yield f"  {headline(status)}"
    yield f"  traffic   {traffic_text(status['traffic'])}"
    for check in status["checks"]:
        yield f"  {SIGNS[check['verdict']]} {check['message']}"
    for version in status.get("versions", ()):
        up = "in service" if version["in_service"] else "NOT in service"
        yield f"  {version['name']}  {percent(version['share'])}  {up}  {version['model']}".rstrip()
    if status.get("driver") is not None and status["state"] != "ended":
        yield f"  {_driven(status['driver'])}"


def headline(status: Mapping[str, Any]) -> str:
    """The state in words, and what happens next."""
    state = status["state"]
    match state:
        case "idle":
            return "no release is known here"
        case "ended":
            why = f": {status['why']}" if status["why"] else ""
            return f"{status['outcome'].replace('_', ' ')} (exit {status['exit_code']}){why}"
        case "paused":
            pause = status["pause"]
            until = f", until {pause['until']}, then {pause['then']}" if pause["until"] else ""
            return f"PAUSED by {pause['by']}: {pause['reason']}{until}"
        case "rolling_back":
            return f"ROLLING BACK: {status['why']}"
        case "deploying":
            return "DEPLOYING the candidate, no traffic yet"
        case "smoke_test":
            return "TRYING the candidate with the plan's smoke tests, no traffic yet"
    stage = status["stage"]
    where = f"stage {stage['index']} of {stage['of']} at {percent(stage['percent'])}"
    if state == "held":
        return f"HELD at {where}; go on with canary promote {status['release']}"
    verdict = {"pass": "HEALTHY", "fail": "FAILING", None: "NO VERDICT YET"}.get(
        status["verdict"], "CAN'T TELL YET"
    )
    ahead = status["next"]
    return f"{verdict}  {where}, next: {ahead['action']} at {ahead['at']}"


def traffic_text(shares: Mapping[str, float]) -> str:
    """Every share that is not 0, the largest first."""
    live = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {percent(share)}" for name, share in live if share) or "none"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns as wide as they need to be; the last one is left as it is."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


def _driven(driver: Mapping[str, Any]) -> str:
    if driver["alive"]:
        return f"driven by {driver['id']}, last heard {driver['last_heard']}"
    return f"NOBODY IS DRIVING; {driver['id']} was last heard {driver['last_heard']}"
