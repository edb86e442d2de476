"""What people may ask of a release, as changes of its record; the driver does the rest.

Each function is pure, and refuses (`UsageError`) what makes no sense where the release stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from canarycli.errors import UsageError
from canarycli.plan import Stage, Then
from canarycli.release.context import begin_rollback
from canarycli.release.record import Approval, Ask, Cause, Order, Outcome, Pause, Release, State
from canarycli.traffic import percent

if TYPE_CHECKING:
    from canarycli.freeze import Freeze

SIGNATURE, ENVIRONMENT = "signature", "environment"
"""What an approval may come through, the latter with the environment's name behind a colon."""

SIGN = "ssh-keygen -Y sign -n canary -f ~/.ssh/id_ed25519"
"""Signs a comment; a signature that was made for something else counts for nothing here."""


def promote(
    release: Release,
    by: str,
    *,
    reason: str = "",
    to: float | None = None,
    full: bool = False,
    override: str = "",
    approval: Approval | None = None,
) -> Release:
    """Go to the next stage; with `to` to that share; with `full` to 100 % at once.

    At a stage that has to be approved it is one approval, and goes on with the last one needed;
    `approval` is whose, where more than a name shows it. With an `override`, the reason, it is
    carried out in a change freeze too.
    """
    _must_be_under_way(release)
    share = 100.0 if full else to
    release, enough = _approved(release, approval or Approval(by, reason), share)
    if not enough:
        return release
    if full:
        return replace(release, ask=Ask(Order.FULL, by, reason, override=override))
    if to is None:
        return replace(release, ask=Ask(Order.NEXT, by, reason, override=override))
    if not release.target < to <= 100:
        raise UsageError(
            f"--to {to:g} is not above the {percent(release.target)} it has",
            hint=f"to go down: canary shift {release.id} --percent {to:g}",
        )
    return replace(release, ask=Ask(Order.TO, by, reason, to, override=override))


def shift(
    release: Release, by: str, share: float, *, reason: str = "", override: str = ""
) -> Release:
    """Set the candidate's share by hand and stay there until a person says how to go on.

    With an `override`, the reason, it goes up in a change freeze too.
    """
    _must_be_under_way(release)
    if share > release.target and any(_gates(release, share)):
        raise UsageError(
            f"going above {percent(release.target)} has to be approved",
            hint=f"canary promote {release.id} approves it where its stage has passed",
        )
    return replace(release, ask=Ask(Order.SHIFT, by, reason, share, override=override))


def freeze(release: Release, freezes: "Sequence[Freeze]") -> Release:
    """Go up in none of these from now on, but in those that were overridden when it started."""
    _must_be_open(release)
    waived = release.override.freezes if release.override else ()
    kept = tuple(one for one in freezes if one not in waived)
    return replace(release, plan=replace(release.plan, freeze=kept))


def _gates(release: Release, share: float | None) -> list[Stage]:
    """The stages to be approved on the way from here to a share; None is the next stage."""
    stages = release.plan.stages[release.stage :]
    if share is None:
        stages = stages[:1]
    return [stage for stage in stages if stage.approvals and stage.percent < (share or 100.0)]


def approving(release: Release) -> str:
    """What a comment says, in its first line, that approves going on from the stage in force."""
    return f"approve {release.id} at {percent(release.stage_in_force.percent)}"


def _approved(release: Release, given: Approval, share: float | None) -> tuple[Release, bool]:
    """The release with this approval if it needs one, and whether it has enough of them."""
    gates = _gates(release, share)
    if not gates:
        return release, True
    stage = gates[0]
    if len(gates) > 1 or stage is not release.stage_in_force or release.state is not State.HELD:
        raise UsageError(
            f"the hold at {percent(stage.percent)} has to be approved, once its stage has passed",
            hint=f"canary status {release.id}",
        )
    _must_be_shown(release, given.through)
    if stage.approvers and given.by not in stage.approvers:
        says = "" if given.through else "; CANARY_ACTOR says who acts"
        raise UsageError(
            f"{given.by} may not approve the hold at {percent(stage.percent)}",
            hint=f"{' or '.join(stage.approvers)} may{says}",
        )
    others = tuple(one for one in release.approvals if one.by != given.by)
    approvals = (*others, given)
    return replace(release, approvals=approvals), len(approvals) >= stage.approvals


def _must_be_shown(release: Release, through: str) -> None:
    """A stage that asks for more than a name takes nothing less."""
    stage = release.stage_in_force
    if stage.signers and through != SIGNATURE:
        raise UsageError(
            f"the hold at {percent(stage.percent)} is approved by a signed comment",
            hint=(
                f"echo '{approving(release)}' > yes.txt && {SIGN} yes.txt",
                f"then: canary promote {release.id} --signed yes.txt",
            ),
        )
    named = tuple(f"{ENVIRONMENT}:{name}" for name in stage.environments)
    if named and through not in named:
        given = f", this is {through}" if through.startswith(ENVIRONMENT) else ""
        raise UsageError(
            f"the hold at {percent(stage.percent)} is approved from {' or '.join(named)}{given}",
            hint="run canary promote in a job of the CI that has this environment",
        )


def pause(
    release: Release,
    by: str,
    now: datetime,
    *,
    length: timedelta,
    then: Then,
    reason: str = "",
) -> Release:
    """Stay at the share in force for so long, then do what `then` says."""
    _must_be_under_way(release)
    stop = Pause(Cause.PERSON, by, reason or "no reason given", now, now + length, then)
    return replace(release, state=State.PAUSED, pause=stop, ask=None)


def hold_off(
    release: Release, by: str, now: datetime, *, length: timedelta, reason: str
) -> Release:
    """Keep a failing check from rolling back for so long; then it is rolled back after all.

    A critical check still acts at once.
    """
    _must_be_under_way(release)
    if not release.holds_off:
        raise UsageError(f"no check of {release.id} is about to roll it back")
    stop = Pause(Cause.FAILING, by, reason, now, now + length, Then.ROLLBACK)
    return replace(release, state=State.PAUSED, pause=stop, ask=None)


def prolong(release: Release, length: timedelta) -> Release:
    """Let a pause that has an end last longer; what it waits for stays as it is."""
    _must_be_open(release)
    pause = release.pause
    if release.state is not State.PAUSED or pause is None or pause.until is None:
        return release
    return replace(release, pause=replace(pause, until=pause.until + length))


def resume(release: Release, now: datetime) -> Release:
    """Go on with the plan where it stopped; the wait for a clear verdict begins anew."""
    _must_be_open(release)
    if release.state is not State.PAUSED:
        return release
    return replace(release, state=release.going, pause=None, waiting_since=now, failing={})


def roll_back(release: Release, by: str, now: datetime, *, reason: str = "") -> Release:
    """Send everything back to the baseline; allowed whatever an open release is doing."""
    _must_not_be_over(release)
    why = f"{by} rolled back" + (f": {reason}" if reason else "")
    return begin_rollback(release, Outcome.STOPPED, why, by, now)


def _must_be_under_way(release: Release) -> None:
    """Before the first stage there is no share to stay at or to go on from."""
    _must_be_open(release)
    if release.state in {State.DEPLOYING, State.SMOKE_TEST}:
        raise UsageError(
            f"the candidate of {release.id} is not ready for traffic yet",
            hint=(f"canary status {release.id}", f"to give it up: canary rollback {release.id}"),
        )


def _must_not_be_over(release: Release) -> None:
    if release.over:
        raise UsageError(
            f"release {release.id} is over: {release.outcome}",
            hint=f"start a new one: canary start {release.endpoint} --new-model MODEL",
        )


def _must_be_open(release: Release) -> None:
    _must_not_be_over(release)
    if release.state is State.ROLLING_BACK:
        raise UsageError(
            f"release {release.id} is being rolled back", hint=f"canary status {release.id}"
        )
