"""Somebody else who moves traffic: a console, a colleague, another tool."""

from canarycli.provider import Provider
from canarycli.traffic import Traffic


class ForeignWriter:
    """Moves traffic through the same provider, without notes and without asking canary.

    Args:
        provider: the one under test, without faults in front of it.
        endpoint: its endpoint.
    """

    def __init__(self, provider: Provider, endpoint: str) -> None:
        self._provider = provider
        self._endpoint = endpoint

    def put(self, to: Traffic) -> None:
        """Ask for a split as anybody may, looking first.

        Raises:
            Conflict: a change is under way, on clouds that refuse one then.
        """
        self._provider.shift(self._provider.describe(self._endpoint), to, {}, raises=True)

    def give(self, version: str, percent: float) -> None:
        """Give a version so many percent, the rest to whoever else has most."""
        seen = self._provider.describe(self._endpoint)
        others = [name for name in seen.traffic.live if name != version]
        rest = others[0] if others else next(v.name for v in seen.versions if v.name != version)
        self._provider.shift(seen, Traffic.split(rest, version, percent), {}, raises=True)
