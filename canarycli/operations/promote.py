"""Sends a release to its next stage, to a share, or to 100 % at once."""

from dataclasses import dataclass
from datetime import timedelta

from canarycli.judge import Verdict
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.follow import carry_out
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
) -> Ending:
    """Ask for it, then drive or follow.

    Args:
        drive: how this process goes on.
        to: the share to go to at once, None for the next stage's.
        full: to 100 % at once, without the judge.
        reason: kept in history.
        detach: come back once the share is in place.
    """
    who = drive.work.actor
    return carry_out(
        drive,
        lambda now: orders.promote(now, who, reason=reason, to=to, full=full),
        detach=detach,
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
