"""The split as it is against the split as recorded: on its way, in place, or somebody else's."""

from dataclasses import replace
from datetime import timedelta

from canarycli.release.context import SETTLING, Context, Decision, wanted_text
from canarycli.release.decide.sentences import span
from canarycli.release.decide.way_back import go_back
from canarycli.release.record import Outcome, State
from canarycli.traffic import TOLERANCE, percent

DEPLOYING = timedelta(minutes=90)
"""A candidate that is not in service by then will not be."""

LANDING = timedelta(seconds=10)
"""How long an accepted change may stay invisible (clouds read their own writes late)."""


def deploying(context: Context) -> Decision | None:
    """Wait for a candidate that is being brought in, with no traffic."""
    release, endpoint = context.release, context.endpoint
    if release.state is not State.DEPLOYING:
        return None
    there = bool(release.candidate) and endpoint.version(release.candidate) is not None
    if there and endpoint.settled and endpoint.serves(release.candidate):
        if context.waits_to_begin():
            return context.wait()
        context.tell("deployed", f"{release.candidate} is in service, with no traffic yet")
        if release.plan.smoke:
            context.release = replace(release, state=State.SMOKE_TEST, asked_at=context.now)
            return context.wait(SETTLING)
        return context.first_step()
    if release.candidate and endpoint.settled and endpoint.failure:
        why = f"{release.model} could not be deployed: {endpoint.failure}"
        return context.end(Outcome.CLOUD_FAILED, why, "error")
    if context.since(release.asked_at) > DEPLOYING:
        why = f"{release.model} was not in service after {span(DEPLOYING)}"
        return context.end(Outcome.CLOUD_FAILED, why, "error")
    return replace(context.wait(SETTLING * 2), deploy=endpoint.settled and not there)


def smoke_test(context: Context) -> Decision | None:
    """The candidate answers what the plan asks of it before it gets any live traffic."""
    release, tried = context.release, context.seen.tried
    if release.state is not State.SMOKE_TEST:
        return None
    if tried is None:
        return _unasked(context)
    for one in tried:
        level = "info" if one.ok else "error"
        context.tell("smoke", one.sentence, level, name=one.name, ok=one.ok, seconds=one.seconds)
    failed = [one for one in tried if not one.ok]
    if not failed:
        return context.wait() if context.waits_to_begin() else context.first_step()
    why = f"smoke test failed, {failed[0].sentence}"
    if context.share > TOLERANCE:
        return go_back(context, Outcome.ROLLED_BACK, why)
    return context.end(Outcome.ROLLED_BACK, why, "error")


def _unasked(context: Context) -> Decision:
    """The candidate could not be asked: an endpoint that settles, or a candidate that is gone."""
    release = context.release
    if context.since(release.asked_at) <= release.plan.settle_within:
        return context.wait(SETTLING)
    why = f"{release.candidate} could not be asked within {span(release.plan.settle_within)}"
    return context.end(Outcome.CLOUD_FAILED, why, "error")


def drift(context: Context) -> Decision | None:
    """Who changed the split? Lowered by somebody: never raised again. Raised: hands off."""
    release, endpoint = context.release, context.endpoint
    if not endpoint.settled or endpoint.traffic.same_as(release.wanted):
        return None
    on_its_way = release.confirmed_at is None
    untouched = on_its_way and not _moved(context)
    strangers = set(endpoint.traffic.live) - {release.baseline, release.candidate}
    highest = max(release.target, release.before) if on_its_way else release.target
    if context.share > highest + TOLERANCE or (strangers and not untouched):
        why = f"somebody set {endpoint.traffic} where {release.wanted} was wanted; not touched"
        return context.end(Outcome.DRIFT, why, "warning")
    lowest = min(release.target, release.before) if on_its_way else release.target
    if context.share < lowest - TOLERANCE:
        return _lowered(context)
    if untouched or context.share > release.target:
        return None
    if endpoint.failure:
        return go_back(
            context, Outcome.CLOUD_FAILED, f"the cloud undid the change: {endpoint.failure}"
        )
    if context.since(release.asked_at) < LANDING:
        return context.wait_for_change()
    return _lowered(context)


def _lowered(context: Context) -> Decision:
    release = context.release
    was = release.target if release.confirmed_at else release.before
    why = f"somebody lowered {release.candidate} from {percent(was)} to {percent(context.share)}"
    if abs(was - context.share) <= TOLERANCE:
        why = f"somebody changed {release.endpoint}, and {wanted_text(release)} was not in place"
    if release.shadow:
        why = f"somebody ended the copy of traffic that {release.candidate} got"
    return go_back(context, Outcome.STOPPED, why, by="somebody else")


def settle(context: Context) -> Decision | None:
    """Wait for a change on its way, repeat one that never landed, give one up in time."""
    release, endpoint = context.release, context.endpoint
    if release.confirmed_at is not None:
        return None if endpoint.settled else context.wait_for_change()
    if endpoint.settled and endpoint.traffic.same_as(release.wanted):
        return _confirmed(context)
    if context.since(release.asked_at) > release.plan.settle_within:
        return go_back(
            context,
            Outcome.CLOUD_FAILED,
            f"{wanted_text(release)} was not in place after {span(release.plan.settle_within)}",
        )
    if not endpoint.settled:
        return context.wait_for_change()
    if context.share < release.target and context.freezes():
        return context.wait_for_change()
    # Until the first time people and smoke tests were waited for, and not the cloud.
    asked_at = release.asked_at if release.written else context.now
    context.release = replace(context.release, written=True, asked_at=asked_at)
    return context.ask_for(release.wanted)


def _confirmed(context: Context) -> Decision | None:
    release = context.release
    seconds = round(context.since(release.asked_at).total_seconds(), 1)
    context.release = replace(
        release,
        confirmed_at=context.now,
        waiting_since=context.now,
        failing={},
        findings=(),
        verdict=None,
    )
    if not release.shadow:
        context.release = context.release.with_split(release.target, context.now)
    context.tell(
        "shift_confirmed",
        f"{wanted_text(release)} confirmed after {seconds:g} s",
        from_=release.before,
        to=release.target,
        seconds=seconds,
    )
    return None


def _moved(context: Context) -> bool:
    """Whether the endpoint changed since the target was recorded, by us or by anybody."""
    base = context.release.base
    return bool(base) and context.endpoint.revision != base
