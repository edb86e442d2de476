"""Says who approved a hold, who still has to, and how."""

from collections.abc import Mapping, Sequence
from typing import Any

from canarycli.plan import Stage
from canarycli.release.record import Release, State


def approvals(release: Release) -> dict[str, Any] | None:
    """Where the approval of a hold stands, as JSON; None where none is asked for now."""
    stage = release.stage_in_force
    if release.state is not State.HELD or not stage.approvals:
        return None
    had = {one.by for one in release.approvals}
    return {
        "needed": stage.approvals,
        "given": [
            {"by": one.by, "reason": one.reason, "through": one.through, "url": one.url}
            for one in release.approvals
        ],
        "missing": [name for name in stage.may_approve if name not in had],
        "environments": list(stage.environments),
        "signed": bool(stage.signers),
    }


def approved(standing: Mapping[str, Any]) -> str:
    """The same in words: `approved by dana, 1 of 2; it takes eve or kim too`."""
    needed, given, missing = standing["needed"], standing["given"], standing["missing"]
    through = " or ".join(standing["environments"])
    job = f" in a job of {through}" if through else ""
    if given:
        who = " or ".join(missing) or "somebody else"
        had = ", ".join(one["by"] for one in given)
        return f"approved by {had}, {len(given)} of {needed}; it takes {who}{job} too"
    return f"to be approved by {so_many(needed, missing)}{job}"


def so_many(needed: int, names: Sequence[str]) -> str:
    """`2 of dana, eve, kim`, `dana or eve`, `anybody`."""
    if needed == 1:
        return " or ".join(names) or "anybody"
    return f"{needed} of {', '.join(names) or 'anybody'}"


def going_on(release: Release) -> str:
    """What a person does at a hold."""
    standing = approvals(release)
    if standing is None:
        return f"go on: canary promote {release.id}"
    return f"{approved(standing)}: {command(release.id, standing)}"


def command(release_id: str, standing: Mapping[str, Any] | None) -> str:
    """What approves it, or goes on from a hold that nobody has to approve."""
    signed = " --signed COMMENT" if standing and standing["signed"] else ""
    return f"canary promote {release_id}{signed}"


def approving(stage: Stage) -> str:
    """What has to happen before a stage is left: `2 of dana, eve, kim approve it, signed`."""
    job = f" in a job of {' or '.join(stage.environments)}" if stage.environments else ""
    verb = "approves" if stage.approvals == 1 else "approve"
    signed = ", signed" if stage.signers else ""
    return f"{so_many(stage.approvals, stage.may_approve)} {verb} it{job}{signed}"
