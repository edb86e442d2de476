"""One look at a release: its endpoint alone on the way back, else what the plan asks as well."""

from canarycli.clock import Clock
from canarycli.engine.changes import all_elsewhere
from canarycli.engine.retries import Patient
from canarycli.errors import ProviderError
from canarycli.provider import Endpoint, Notes, Provider
from canarycli.release.context import Seen
from canarycli.release.record import Release, State


def look(provider: Provider, release: Release) -> Endpoint:
    """The endpoint of a release."""
    if release.state is State.ROLLING_BACK:
        return look_back(provider, release.endpoint)
    return provider.describe(release.endpoint)


def look_back(provider: Provider, endpoint: str) -> Endpoint:
    """An endpoint that is to go back, without what nobody needs for that."""
    if isinstance(provider, Patient):
        return provider.look_back(endpoint)
    return provider.describe(endpoint)


def notes_of(provider: Provider, endpoint: Endpoint, release: Release) -> Notes:
    """An endpoint's notes before its release goes back: {} where they don't answer.

    Asked for once, but for where a third version has everything: then nothing is in a hurry, and
    only the notes tell who sent it there.
    """
    if isinstance(provider, Patient) and not all_elsewhere(release, endpoint):
        provider = provider.at_once
    try:
        return provider.notes(endpoint)
    except ProviderError:
        return {}


def see(
    provider: Provider, clock: Clock, release: Release, endpoint: Endpoint, *, in_turn: bool
) -> Seen:
    """The endpoint, and the metrics or smoke tests where this look is one that asks for them."""
    if release.state is State.ROLLING_BACK:
        return Seen(endpoint)
    from canarycli.engine.measuring import measured

    return measured(provider, clock, release, endpoint, in_turn=in_turn)
