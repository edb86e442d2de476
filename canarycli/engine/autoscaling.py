"""Keeps an idle baseline from being scaled away while a rollback may want it back at once."""

from canarycli.errors import ProviderError
from canarycli.provider import Endpoint, Provider, Warming
from canarycli.release.record import Release
from canarycli.traffic import TOLERANCE
from canarycli.verbs import offers


def keep_warm(provider: Provider, seen: Endpoint, release: Release) -> str:
    """Before a release's first share takes effect; what to tell of it, "" for nothing.

    It is a kindness and no condition: whatever goes wrong is told, and the release goes on.
    """
    if not offers(provider, Warming) or seen.traffic.of(release.candidate) > TOLERANCE:
        return ""
    try:
        kept = provider.keep_warm(seen, release.baseline, release.id)
    except ProviderError as error:
        return f"{release.baseline} may be scaled in during the release: {error.message}"
    return f"{release.baseline} keeps its instances until the release is over" if kept else ""


def let_cool(provider: Provider, seen: Endpoint, version: str) -> str:
    """Give a version its usual room to shrink; what to tell of it, "" for nothing."""
    if not offers(provider, Warming):
        return ""
    try:
        changed = provider.let_cool(seen, version)
    except ProviderError as error:
        return f"{version} keeps the least number of instances it has now: {error.message}"
    return f"{version} may be scaled in again" if changed else ""
