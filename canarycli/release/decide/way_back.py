"""The way back: when a release returns to its baseline, and when it must not."""

from dataclasses import replace
from datetime import timedelta

from canarycli.plan import Then
from canarycli.release.context import AT_ONCE, Context, Decision
from canarycli.release.decide.sentences import paused_for, span
from canarycli.release.mark import sent_elsewhere
from canarycli.release.record import Cause, Outcome, State
from canarycli.traffic import TOLERANCE, Traffic, percent

LOOKING = timedelta(seconds=3)
"""How soon to look again after a rollback while something may still land."""


def rolling_back(context: Context) -> Decision | None:
    """Write the rollback at least once, wait until it is seen, end."""
    if context.release.state is not State.ROLLING_BACK:
        return None
    _heed(context)
    release, endpoint = context.release, context.endpoint
    if not endpoint.serves(release.baseline):
        return _stuck(context, _no_way_back(context))
    copied = endpoint.traffic.shadow.get(release.candidate, 0.0) > 0
    is_home = endpoint.traffic.of(release.baseline) >= 100 - TOLERANCE and not copied
    if endpoint.settled and is_home and (release.written or _waited_enough(context)):
        return _rolled_back(context)
    if release.confirmed_at is not None:
        _landed_late(context)
        release = context.release
    if _waited_enough(context):
        late = span(release.plan.settle_within)
        return _stuck(context, f"the rollback did not get through within {late}")
    refused = context.since(release.asked_at) >= AT_ONCE  # by a change that is under way
    if not endpoint.settled and (release.written or refused):
        return context.wait_for_change()
    # Written even where it reads 0 already: a raise of ours may still be asleep in a socket.
    home = Traffic.all_to(release.baseline)
    if not release.written:
        context.weigh(home)
    context.release = replace(release, written=True)
    return context.ask_for(home)


def go_back(context: Context, outcome: Outcome, why: str, by: str = "canary") -> Decision:
    """Turn the release back now, and take the first step of it in the same look."""
    context.turn_back(outcome, why, by)
    return rolling_back(context) or context.wait_for_change()


def _heed(context: Context) -> None:
    """Go where a person has sent everything since, if the notes were looked at and say so."""
    release = context.release
    to = sent_elsewhere(release, context.seen.notes or {})
    if to:
        text = f"rolling back to {to}, as somebody did since"
        context.tell("rollback_started", text, "warning", why=release.why, by=release.by)
        context.release = replace(release, baseline=to, candidate=release.baseline, aimed=True)


def _rolled_back(context: Context) -> Decision:
    """Seen at home: over, unless a raise that was sent before may still land."""
    release = context.release
    if release.confirmed_at is None:
        loose = release.loose_until if release.loose(context.now) else None
        until = f"; looking until {loose:%H:%M:%S} UTC as a raise may still land" if loose else ""
        context.tell(
            "rollback_confirmed",
            f"{context.endpoint.traffic} confirmed{until}",
            why=release.why,
            by=release.by,
            seconds=round(context.since(release.asked_at).total_seconds(), 1),
        )
        context.release = release = replace(release, confirmed_at=context.now, stuck="")
    if release.loose_until is not None and release.loose(context.now):
        return context.wait(min(LOOKING, release.loose_until - context.now))
    return context.end(release.ending or Outcome.ROLLED_BACK, release.why)


def _landed_late(context: Context) -> None:
    """Something came into force after the rollback: it is lowered again, with its own time."""
    release = context.release
    context.tell(
        "rollback_undone",
        f"{percent(context.share)} came into force after the rollback; lowering it again",
        "warning",
        share=round(context.share, 4),
    )
    context.release = replace(release, confirmed_at=None, written=False, asked_at=context.now)


def _waited_enough(context: Context) -> bool:
    release = context.release
    return context.since(release.asked_at) > release.plan.settle_within


def _no_way_back(context: Context) -> str:
    release = context.release
    healthy = context.endpoint.serves(release.candidate)
    keeps = f"; {release.candidate} keeps its traffic" if healthy else ""
    return f"{release.baseline} is not in service, so nothing was rolled back onto it{keeps}"


def _stuck(context: Context, why: str) -> Decision:
    """A person must look; the release stays open, and whoever looks next tries it anew."""
    release = context.release
    if why != release.stuck:
        context.tell("rollback_failed", why, "error", why=release.why, by=release.by)
    context.release = replace(release, stuck=why, asked_at=context.now)
    return replace(context.wait(), gave_up=True)


def health(context: Context) -> Decision | None:
    """Nothing goes back to a baseline that is not in service; a dead candidate goes back."""
    release, endpoint = context.release, context.endpoint
    if not endpoint.settled:
        return None
    needs_baseline = release.target < 100 or release.confirmed_at is None
    if needs_baseline and not endpoint.serves(release.baseline):
        return _baseline_down(context)
    if paused_for(release, Cause.BASELINE_DOWN):
        context.release = release = replace(release, state=release.going, pause=None)
        context.tell("resumed", f"{release.baseline} is in service again", by="plan")
    if not endpoint.serves(release.candidate):
        return go_back(context, Outcome.ROLLED_BACK, f"{release.candidate} is not in service")
    return None


def _baseline_down(context: Context) -> Decision:
    release = context.release
    if not paused_for(release, Cause.BASELINE_DOWN):
        reason = f"{release.baseline} is not in service; {context.endpoint.traffic} stays as it is"
        context.pause(Cause.BASELINE_DOWN, reason, None, Then.HOLD)
    return context.wait()
