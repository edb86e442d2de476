"""Whose yes a promotion is: a name's, that of a job in a protected environment, or a signed one."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path

from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.ci_environment import this_job
from canarycli.operations.signed import Comment
from canarycli.operations.workspace import ci_url
from canarycli.release.orders import ENVIRONMENT, SIGNATURE, approving
from canarycli.release.record import Approval, Release, State
from canarycli.traffic import percent


@dataclass(frozen=True, slots=True)
class Yes:
    """An approval, and what it was given by.

    Attributes:
        approval: for the record.
        comment: what was signed, None for nothing.
    """

    approval: Approval
    comment: Comment | None = field(default=None)

    def of(self, release: Release) -> Approval:
        """It, for a release as it stands now.

        Raises:
            UsageError: what was signed approves something else.
        """
        if self.comment is not None and self.comment.line != approving(release):
            raise UsageError(
                f"the signed comment says {self.comment.line!r}",
                hint=f"its first line has to be: {approving(release)}",
            )
        return self.approval

    def event(self, release: Release, now: datetime) -> Event:
        """What the journal keeps of it, so that anybody can look at it once more."""
        one = self.approval
        because = f": {one.reason}" if one.reason else ""
        through = f", {one.through}" if one.through else ""
        through += f" in {one.url}" if one.through and one.url else ""
        shown = self.comment
        signed = {"comment": shown.text, "signature": shown.signature} if shown else {}
        return Event(
            "approved",
            now,
            f"{one.by} approved going on from {percent(release.target)}{through}{because}",
            "info",
            {"by": one.by, "reason": one.reason, "through": one.through, "url": one.url, **signed},
        )


def given(
    release: Release, who: str, reason: str, signed: Path | None, env: Mapping[str, str]
) -> Yes:
    """What this command says, by what the stage in force asks for.

    Raises:
        UsageError: it does not say what the stage asks for.
    """
    stage, url = release.stage_in_force, ci_url(env)
    if signed is not None:
        if not stage.signers:
            raise UsageError(
                f"no signed comment is asked for at {percent(stage.percent)}",
                hint=f"without --signed: canary promote {release.id}",
            )
        comment = Comment.at(signed)
        by = comment.signer(stage.signers)
        return Yes(Approval(by, reason or comment.reason, SIGNATURE, url), comment)
    if stage.environments and release.state is State.HELD:  # else there is nothing to approve yet
        job = this_job(env)
        return Yes(Approval(job.by, reason, f"{ENVIRONMENT}:{job.environment}", url))
    return Yes(Approval(who, reason, "", url))
