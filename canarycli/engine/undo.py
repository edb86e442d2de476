"""Lowers a raise that came into force after its release was over, as nobody else would."""

from contextlib import suppress

from canarycli.clock import Clock
from canarycli.errors import Conflict, Unsafe
from canarycli.provider import Provider
from canarycli.release.context import SETTLING
from canarycli.release.record import Release
from canarycli.traffic import TOLERANCE


def undo(provider: Provider, clock: Clock, release: Release) -> None:
    """Send everything home and wait out the cloud's own lock until that is seen.

    Raises:
        Unsafe: it was not seen for as long as the plan lets a change take.
    """
    end, written = clock.now() + release.plan.settle_within, False
    while clock.now() < end:
        endpoint = provider.describe(release.endpoint)
        share = endpoint.traffic.of(release.candidate)
        if endpoint.settled and share <= TOLERANCE and written:
            return
        if endpoint.settled:
            with suppress(Conflict):
                provider.shift(endpoint, release.home, {})
                written = True
        clock.sleep(SETTLING.total_seconds())
    raise Unsafe(
        f"{release.candidate} got traffic after {release.id} was over, and keeps it",
        hint=f"by hand: {provider.plain_command(release.endpoint, release.home)}",
    )
