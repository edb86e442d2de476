"""What people asked for, and the time they set."""

from dataclasses import replace

from canarycli.release.context import Context, Decision
from canarycli.release.decide.on_probation import probation
from canarycli.release.decide.sentences import span
from canarycli.release.decide.way_back import go_back
from canarycli.release.record import Cause, Order, Outcome, Pause, Release, State
from canarycli.traffic import percent


def order(context: Context) -> Decision | None:
    """A person's order comes before the plan."""
    release = context.release
    ask = release.ask
    if ask is None:
        return None
    down = ask.order is Order.SHIFT and (ask.percent or 0.0) <= release.target
    if not down and not ask.override and context.freezes():
        return None  # it is carried out when the freeze is over, and checks act meanwhile
    release = context.release
    last = len(release.plan.stages) - 1
    who = f"{ask.by} asked for it" + (f": {ask.reason}" if ask.reason else "")
    if ask.order is Order.NEXT and release.stage == last and release.target >= 100:
        return probation(context, who)
    if ask.order is not Order.SHIFT:
        context.tell("stage_passed", who, stage=release.stage + 1, by=ask.by, reason=ask.reason)
    match ask.order:
        case Order.FULL:
            return context.raise_to(100.0, last)
        case Order.TO if ask.percent is not None:
            return context.raise_to(ask.percent, _stage_at(release, ask.percent))
        case Order.SHIFT if ask.percent is not None:
            return _shifted(context, ask.percent, who)
    following = _next_stage(release)
    return context.raise_to(release.plan.stages[following].percent, following)


def _shifted(context: Context, share: float, who: str) -> Decision:
    """A share set by hand stays until a person says how to go on."""
    ask = context.release.ask
    by, reason = (ask.by, ask.reason) if ask else ("", "")
    context.tell("paused", f"stays at {percent(share)}: {who}", by=by, reason=reason, until=None)
    decision = context.raise_to(share, _stage_at(context.release, share))
    pause = Pause(Cause.PERSON, by, f"{percent(share)} by hand, {who}", context.now)
    return replace(decision, release=replace(decision.release, state=State.PAUSED, pause=pause))


def deadline(context: Context) -> Decision | None:
    """A release that is not decided in time goes back."""
    release = context.release
    deadline = release.plan.deadline
    decided = release.probation_until is not None
    if decided or deadline is None or context.since(release.started_at) <= deadline:
        return None
    return go_back(context, Outcome.INCONCLUSIVE, f"not decided within {span(deadline)}")


def held_too_long(context: Context) -> Decision | None:
    """Who waits for a person waits no longer than the plan says."""
    until, most = context.release.waits_until, context.release.plan.hold_at_most.pause
    if until is None or context.now <= until:
        return None
    return go_back(context, Outcome.INCONCLUSIVE, f"waited for a person for {span(most)}")


def _next_stage(release: Release) -> int:
    following = (i for i, s in enumerate(release.plan.stages) if s.percent > release.target)
    return next(following, len(release.plan.stages) - 1)


def _stage_at(release: Release, share: float) -> int:
    below = [i for i, stage in enumerate(release.plan.stages) if stage.percent <= share]
    return below[-1] if below else 0
