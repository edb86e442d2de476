"""Sends a release to its next stage, to a share, or to 100 % at once."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from canarycli.judge import Verdict
from canarycli.late_methods import dataclass
from canarycli.operations.approvals import given
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
from canarycli.operations.frozen import overridden, refuse_frozen
from canarycli.release import orders
from canarycli.release.approving import approvals, approved
from canarycli.release.record import Release, State
from canarycli.traffic import percent


def promote(
    drive: Drive,
    *,
    to: float | None = None,
    full: bool = False,
    reason: str = "",
    detach: bool = False,
    override: str = "",
    signed: Path | None = None,
) -> Ending:
    """Ask for it, then drive or follow; at a hold that has to be approved it is one approval.

    Args:
        drive: how this process goes on.
        to: the share to go to at once, None for the next stage's.
        full: to 100 % at once, without the judge.
        reason: kept in history.
        detach: come back once the share is in place.
        override: why it is to go up in a change freeze.
        signed: a comment that approves it, its signature beside it.

    Raises:
        UsageError: a freeze is in force, or this is no approval where one is asked for.
    """
    work, who = drive.work, drive.work.actor
    release, now = work.open_record().release, work.clock.now()
    refuse_frozen(release.plan, now, override)
    yes = given(release, who, reason or override, signed, os.environ)
    news = release.stage_in_force.approvals and yes.approval not in release.approvals
    said = (yes.event(release, now),) if news else ()
    ending = carry_out(
        drive,
        lambda known: orders.promote(
            known,
            who,
            reason=reason or override,
            to=to,
            full=full,
            override=override,
            approval=yes.of(known),
        ),
        *said,
        *((overridden(who, override, now),) if override else ()),
        detach=detach,
    )
    return replace(ending, advice=(*_missing(ending.release), *ending.advice))


def _missing(release: Release | None) -> Iterator[str]:
    """What an approval still waits for."""
    if release is None or release.ask is not None or not release.approvals:
        return
    standing = approvals(release)
    if standing is not None:
        yield approved(standing)


@dataclass(frozen=True, slots=True)
class Step:
    """One step up, before it is asked for.

    Attributes:
        share: what the candidate would get.
        skips: what of the plan the step leaves out, in words; () for the plan's own next step.
    """

    release: Release
    share: float
    skips: tuple[str, ...]

    @classmethod
    def of(cls, release: Release, *, to: float | None = None, full: bool = False) -> "Step":
        """The step that `promote` would make of these."""
        ahead = [stage for stage in release.plan.stages if stage.percent > release.target]
        following = ahead[0] if ahead else None
        planned = following.percent if following else 100.0
        share = 100.0 if full else to or planned
        skips = []
        if share > planned:
            skips.append(f"past the plan's next stage, {percent(planned)}")
        if full or not _passed(release):
            skips.append("without the judge")
        if share >= 100 and (following is None or following.bake == timedelta(0)):
            skips.append("to 100% without a bake")
        return cls(release, share, tuple(skips))

    @property
    def question(self) -> str:
        """All of it: endpoint, arms, shares, the last verdict, and the step."""
        release = self.release
        last = release.verdict.value.replace("_", " ") if release.verdict else "none yet"
        return (
            f"{release.endpoint}, {release.place}: {release.candidate} has "
            f"{percent(release.target)}, {release.baseline} {percent(100 - release.target)}, "
            f"last verdict {last}. {self.short_question}"
        )

    @property
    def short_question(self) -> str:
        """The step alone, for who sees the rest."""
        skips = f" ({', '.join(self.skips)})" if self.skips else ""
        return f"Send {percent(self.share)} to {self.release.candidate} now{skips}?"


def _passed(release: Release) -> bool:
    """Whether nothing but a person's word is missing for the next stage."""
    judged = not release.plan.gates or release.verdict is Verdict.PASS
    return release.state is State.HELD and judged
