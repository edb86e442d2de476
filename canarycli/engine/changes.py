"""What a decision comes to, told from the record before it and the one after."""

from canarycli.provider import Endpoint
from canarycli.release.context import Decision
from canarycli.release.record import Outcome, Release, State
from canarycli.traffic import TOLERANCE


def raises(decision: Decision, endpoint: Endpoint) -> bool:
    """Whether it asks for more than the candidate has."""
    split, candidate = decision.shift, decision.release.candidate
    return split is not None and split.gives_more(candidate, endpoint.traffic)


def arrived(before: Release, after: Release) -> bool:
    """Whether a raise without an answer has landed: somebody may have rolled back meanwhile."""
    lost = before.loose_until is not None and before.state is not State.ROLLING_BACK
    return lost and before.confirmed_at is None and after.confirmed_at is not None


def came_home(before: Release, after: Release) -> bool:
    """Whether a rollback that a person asked for was seen in place just now."""
    in_place = before.confirmed_at is None and after.confirmed_at is not None
    return before.ending is Outcome.STOPPED and in_place


def sent_away(before: Release, decision: Decision, endpoint: Endpoint) -> bool:
    """Whether a person may have sent everything elsewhere: a rollback finds more than it left.

    It was in place and is not, or begins with more than the record knows of, or a third version
    has traffic. A raise that landed looks the same.
    """
    if decision.release.state is not State.ROLLING_BACK or decision.shift is None:
        return False
    if _third_has_traffic(before, endpoint) and not before.aimed:
        return True
    if before.state is not State.ROLLING_BACK:
        return False
    if before.confirmed_at is not None:
        return True
    more = endpoint.traffic.of(before.baseline) + before.before < 100 - TOLERANCE
    return more and not before.written and not before.aimed


def all_elsewhere(release: Release, endpoint: Endpoint) -> bool:
    """Whether everything goes to versions that are none of a release's own."""
    live = set(endpoint.traffic.live)
    return bool(live) and not live & {release.baseline, release.candidate}


def _third_has_traffic(release: Release, endpoint: Endpoint) -> bool:
    return any(name not in {release.baseline, release.candidate} for name in endpoint.traffic.live)


def by_somebody(before: Release, after: Release) -> bool:
    """Whether a decision is due to somebody's change of the endpoint: its notes may say whose."""
    if before.state is State.ROLLING_BACK:
        return False
    return after.outcome is Outcome.DRIFT or after.ending is Outcome.STOPPED
