"""What a person can do where canary could not take the traffic back: the cloud's own command."""

from canarycli.engine.retries import Patient
from canarycli.errors import CanaryError, ProviderError
from canarycli.provider import Endpoint, Provider
from canarycli.release.record import Release
from canarycli.traffic import Traffic

WORDS = "by hand: "


def ways_back(provider: Provider, release: Release) -> tuple[str, ...]:
    """The ways to bring a release's traffic to a version that serves, best first.

    That is its baseline where it serves, or nobody can tell; else the version with most traffic of
    those that do: a command that names a version which is gone would only be refused.
    """
    seen, endpoint = _seen(provider, release.endpoint), release.endpoint
    if seen is None or seen.serves(release.baseline) or not (best := _best(seen)):
        return (way_home(provider, release),)
    split = Traffic({version.name: 0.0 for version in seen.versions} | {best: 100.0})
    return (
        f"{WORDS}canary rollback {endpoint} --to {best}",
        WORDS + provider.plain_command(endpoint, split),
    )


def way_home(provider: Provider, release: Release) -> str:
    """The cloud's own command for everything to the baseline, as a hint."""
    return WORDS + provider.plain_command(release.endpoint, release.home)


def ways_in(error: CanaryError) -> tuple[str, ...]:
    """The ways by hand that an error names, the cloud's own command last."""
    return tuple(hint for hint in error.hints if hint.startswith(WORDS))


def _seen(provider: Provider, endpoint: str) -> Endpoint | None:
    """The endpoint, asked for once."""
    try:
        return (provider.at_once if isinstance(provider, Patient) else provider).describe(endpoint)
    except ProviderError:
        return None


def _best(seen: Endpoint) -> str:
    serving = [version.name for version in seen.versions if version.in_service]
    return max(serving, key=seen.traffic.of, default="")
