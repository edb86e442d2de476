"""Lowers a raise without a record: its release is over, or nothing can be written any more."""

from contextlib import suppress

from canarycli.clock import Clock
from canarycli.engine.by_hand import ways_back
from canarycli.engine.changes import all_elsewhere
from canarycli.engine.look import look_back
from canarycli.errors import ProviderError, Unsafe
from canarycli.provider import Endpoint, Provider
from canarycli.release.context import SETTLING
from canarycli.release.mark import Mark
from canarycli.release.record import Release
from canarycli.traffic import TOLERANCE, Traffic


def undo(provider: Provider, clock: Clock, release: Release) -> None:
    """Send everything home and wait out the cloud's own lock until that is seen.

    Raises:
        Unsafe: it was not seen for as long as the plan lets a change take.
    """
    mark = Mark(release.id, clock.now(), release.started_by)
    end, written = clock.now() + release.plan.settle_within, False
    while clock.now() < end:
        with suppress(ProviderError):
            endpoint = look_back(provider, release.endpoint)
            share = endpoint.traffic.of(release.candidate)
            if endpoint.settled and share <= TOLERANCE and written:
                return
            if endpoint.settled and endpoint.serves(release.baseline):
                provider.shift(endpoint, _without(release, endpoint), mark.notes, raises=False)
                written = True
        clock.sleep(SETTLING.total_seconds())
    raise Unsafe(
        f"{release.candidate} of {release.id} may have traffic that nobody could take back",
        hint=ways_back(provider, release),
    )


def _without(release: Release, endpoint: Endpoint) -> Traffic:
    """Everything home, or as it is where a person sent all of it to a third version since."""
    if all_elsewhere(release, endpoint):
        return Traffic(dict(endpoint.traffic.shares) | {release.candidate: 0.0})
    return release.home
