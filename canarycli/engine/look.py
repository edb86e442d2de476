"""One look at a release: its endpoint alone on the way back, else what the plan asks as well."""

from canarycli.clock import Clock
from canarycli.provider import Endpoint, Provider
from canarycli.release.context import Seen
from canarycli.release.record import Release, State


def see(
    provider: Provider, clock: Clock, release: Release, endpoint: Endpoint, *, in_turn: bool
) -> Seen:
    """The endpoint, and the metrics or smoke tests where this look is one that asks for them."""
    if release.state is State.ROLLING_BACK:
        return Seen(endpoint)
    from canarycli.engine.measuring import measured

    return measured(provider, clock, release, endpoint, in_turn=in_turn)
