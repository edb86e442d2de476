"""The pages of a release's cloud that show its endpoint, as far as its provider is installed."""

from collections.abc import Mapping

from canarycli.errors import CanaryError
from canarycli.linking import Linking
from canarycli.registry import provider_class
from canarycli.release.record import Release
from canarycli.verbs import offers


def links_of(release: Release) -> Mapping[str, str]:
    """Addresses by what they show; {} where nobody can tell, which is no reason to fail."""
    try:
        kind = provider_class(release.provider)
        if offers(kind, Linking):
            return kind.links(release.kept_as or release.endpoint, release.place, release.settings)
    except (CanaryError, ValueError):
        pass
    return {}
