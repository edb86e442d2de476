"""Sends a release to its next stage, to a share, or to 100 % at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from canarycli.journal import Event
from canarycli.judge import Verdict
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
from canarycli.operations.frozen import overridden, refuse_frozen
from canarycli.release import orders
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
) -> Ending:
    """Ask for it, then drive or follow; at a hold that has to be approved it is one approval.

    Args:
        drive: how this process goes on.
        to: the share to go to at once, None for the next stage's.
        full: to 100 % at once, without the judge.
        reason: kept in history.
        detach: come back once the share is in place.
        override: why it is to go up in a change freeze.

    Raises:
        UsageError: a freeze is in force, or the actor may not approve it.
    """
    work, who = drive.work, drive.work.actor
    release = work.open_record().release
    refuse_frozen(release.plan, work.clock.now(), override)
    ending = carry_out(
        drive,
        lambda now: orders.promote(
            now, who, reason=reason or override, to=to, full=full, unfreezes=bool(override)
        ),
        *_said(release, who, reason, override, work.clock.now()),
        detach=detach,
    )
    return replace(ending, advice=(*_missing(ending.release), *ending.advice))


def _said(release: Release, who: str, reason: str, override: str, now: datetime) -> Iterator[Event]:
    """What the journal keeps of a person's part in it."""
    fields = {"by": who, "reason": reason}
    because = f": {reason}" if reason else ""
    if release.stage_in_force.approvals:
        yield Event(
            "approved",
            now,
            f"{who} approved going on from {percent(release.target)}{because}",
            "info",
            fields,
        )
    if override:
        yield overridden(who, override, now)


def _missing(release: Release | None) -> Iterator[str]:
    """What an approval still waits for."""
    if release is None or release.ask is not None or not release.approvals:
        return
    stage, had = release.stage_in_force, [one.by for one in release.approvals]
    others = [name for name in stage.approvers if name not in had]
    yield (
        f"approved by {', '.join(had)}, {len(had)} of {stage.approvals}; "
        f"it takes {' or '.join(others) or 'somebody else'} too"
    )


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
        """All of it in one sentence: endpoint, arms, shares, the last verdict."""
        release = self.release
        last = release.verdict.value.replace("_", " ") if release.verdict else "none yet"
        skips = f" ({', '.join(self.skips)})" if self.skips else ""
        return (
            f"{release.endpoint}, {release.place}: {release.candidate} has "
            f"{percent(release.target)}, {release.baseline} {percent(100 - release.target)}, "
            f"last verdict {last}. Send {percent(self.share)} to {release.candidate} now{skips}?"
        )


def _passed(release: Release) -> bool:
    """Whether nothing but a person's word is missing for the next stage."""
    judged = not release.plan.gates or release.verdict is Verdict.PASS
    return release.state is State.HELD and judged
