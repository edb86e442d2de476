"""Lowers a raise without a record: its release is over, or nothing can be written any more."""

from contextlib import suppress

from canarycli.clock import Clock
from canarycli.engine.by_hand import ways_back
from canarycli.engine.look import look_back
from canarycli.errors import ProviderError, Unsafe
from canarycli.provider import Provider
from canarycli.release.context import SETTLING
from canarycli.release.mark import Mark
from canarycli.release.record import Release
from canarycli.traffic import TOLERANCE


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
                provider.shift(endpoint, release.home, mark.notes, raises=False)
                written = True
        clock.sleep(SETTLING.total_seconds())
    raise Unsafe(
        f"{release.candidate} of {release.id} may have traffic that nobody could take back",
        hint=ways_back(provider, release),
    )
