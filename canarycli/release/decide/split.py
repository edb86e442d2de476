"""The split as it is against the split as recorded: on its way, in place, or somebody else's."""

from dataclasses import replace
from datetime import timedelta

from canarycli.release.context import SETTLING, Case, Decision, wanted_text
from canarycli.release.decide.sentences import span
from canarycli.release.decide.way_back import go_back
from canarycli.release.record import Outcome, State
from canarycli.traffic import TOLERANCE, percent

DEPLOYING = timedelta(minutes=90)
"""A candidate that is not in service by then will not be."""

LANDING = timedelta(seconds=10)
"""How long an accepted change may stay invisible (clouds read their own writes late)."""


def deploying(case: Case) -> Decision | None:
    """Wait for a candidate that is being brought in, with no traffic."""
    release, endpoint = case.release, case.endpoint
    if release.state is not State.DEPLOYING:
        return None
    there = bool(release.candidate) and endpoint.version(release.candidate) is not None
    if there and endpoint.settled and endpoint.serves(release.candidate):
        case.tell("deployed", f"{release.candidate} is in service, with no traffic yet")
        if release.plan.smoke:
            case.release = replace(release, state=State.SMOKE_TEST, asked_at=case.now)
            return case.wait(SETTLING)
        return case.first_step()
    if release.candidate and endpoint.settled and endpoint.failure:
        why = f"{release.model} could not be deployed: {endpoint.failure}"
        return case.end(Outcome.CLOUD_FAILED, why, "error")
    if case.since(release.asked_at) > DEPLOYING:
        why = f"{release.model} was not in service after {span(DEPLOYING)}"
        return case.end(Outcome.CLOUD_FAILED, why, "error")
    return replace(case.wait(SETTLING * 2), deploy=endpoint.settled and not there)


def smoke_test(case: Case) -> Decision | None:
    """The candidate answers what the plan asks of it before it gets any live traffic."""
    release, tried = case.release, case.seen.tried
    if release.state is not State.SMOKE_TEST:
        return None
    if tried is None:
        return _unasked(case)
    for one in tried:
        level = "info" if one.ok else "error"
        case.tell("smoke", one.sentence, level, name=one.name, ok=one.ok, seconds=one.seconds)
    failed = [one for one in tried if not one.ok]
    if not failed:
        return case.first_step()
    why = f"smoke test failed, {failed[0].sentence}"
    if case.share > TOLERANCE:
        return go_back(case, Outcome.ROLLED_BACK, why)
    return case.end(Outcome.ROLLED_BACK, why, "error")


def _unasked(case: Case) -> Decision:
    """The candidate could not be asked: an endpoint that settles, or a candidate that is gone."""
    release = case.release
    if case.since(release.asked_at) <= release.plan.settle_within:
        return case.wait(SETTLING)
    why = f"{release.candidate} could not be asked within {span(release.plan.settle_within)}"
    return case.end(Outcome.CLOUD_FAILED, why, "error")


def drift(case: Case) -> Decision | None:
    """Who changed the split? Lowered by somebody: never raised again. Raised: hands off."""
    release, endpoint = case.release, case.endpoint
    if not endpoint.settled or endpoint.traffic.same_as(release.wanted):
        return None
    on_its_way = release.confirmed_at is None
    untouched = on_its_way and not _moved(case)
    strangers = set(endpoint.traffic.live) - {release.baseline, release.candidate}
    highest = max(release.target, release.before) if on_its_way else release.target
    if case.share > highest + TOLERANCE or (strangers and not untouched):
        why = f"somebody set {endpoint.traffic} where {release.wanted} was wanted; not touched"
        return case.end(Outcome.DRIFT, why, "warning")
    lowest = min(release.target, release.before) if on_its_way else release.target
    if case.share < lowest - TOLERANCE:
        return _lowered(case)
    if untouched or case.share > release.target:
        return None
    if endpoint.failure:
        return go_back(
            case, Outcome.CLOUD_FAILED, f"the cloud undid the change: {endpoint.failure}"
        )
    if case.since(release.asked_at) < LANDING:
        return case.wait_for_change()
    return _lowered(case)


def _lowered(case: Case) -> Decision:
    release = case.release
    was = release.target if release.confirmed_at else release.before
    why = f"somebody lowered {release.candidate} from {percent(was)} to {percent(case.share)}"
    if release.shadow:
        why = f"somebody ended the copy of traffic that {release.candidate} got"
    return go_back(case, Outcome.STOPPED, why, by="somebody else")


def settle(case: Case) -> Decision | None:
    """Wait for a change on its way, repeat one that never landed, give one up in time."""
    release, endpoint = case.release, case.endpoint
    if release.confirmed_at is not None:
        return None if endpoint.settled else case.wait_for_change()
    if endpoint.settled and endpoint.traffic.same_as(release.wanted):
        return _confirmed(case)
    if case.since(release.asked_at) > release.plan.settle_within:
        return go_back(
            case,
            Outcome.CLOUD_FAILED,
            f"{wanted_text(release)} was not in place after {span(release.plan.settle_within)}",
        )
    if not endpoint.settled:
        return case.wait_for_change()
    case.release = replace(release, written=True)
    return case.ask_for(release.wanted)


def _confirmed(case: Case) -> Decision | None:
    release = case.release
    seconds = round(case.since(release.asked_at).total_seconds(), 1)
    case.release = replace(
        release,
        confirmed_at=case.now,
        waiting_since=case.now,
        failing={},
        findings=(),
        verdict=None,
    )
    case.tell(
        "shift_confirmed",
        f"{wanted_text(release)} confirmed after {seconds:g} s",
        from_=release.before,
        to=release.target,
        seconds=seconds,
    )
    return None


def _moved(case: Case) -> bool:
    """Whether the endpoint changed since the target was recorded, by us or by anybody."""
    base = case.release.base
    return bool(base) and case.endpoint.revision != base
