"""The keys of an endpoint in canary.yaml, by provider."""

from canarycli.registry import ALIASES

SIMULATOR = "simulator"

COMMON = frozenset(
    {"provider", "endpoint", "plan", "baseline", "candidate", "keep_baseline", "predictions"}
)
"""The keys every endpoint may have: they are for canary, not for the provider."""

LABELS = "labels"
"""At an endpoint in a cloud where labels are; the simulator makes them up, and has its own."""

CLOUD = COMMON | {"metric_delay", "metric_period", "endpoint_url", LABELS}
"""The keys every endpoint in a cloud may have."""

SECONDS = frozenset({"period", "settle", "delay", "startup"})
"""The simulator's durations: it takes plain seconds."""

NUMBERS = frozenset({"rate", "day", "finest", "shadow_up_to"})
"""The simulator's plain numbers."""

SIMULATED = frozenset({"state", "scenario", "speed", "seed", "versions", "labels"})
"""The rest of the simulator's."""

SIMULATOR_KEYS = COMMON | SECONDS | NUMBERS | SIMULATED
"""All keys of a pretend endpoint; a cloud's own are declared by its provider."""

DEFAULTS = frozenset({"plan", "keep_baseline", "metric_delay", "metric_period"})
"""The keys `defaults:` may have for any endpoint."""


def keys_of(provider: str) -> frozenset[str]:
    """The keys an endpoint of this provider may have besides those that it declares."""
    return SIMULATOR_KEYS if ALIASES.get(provider, provider) == SIMULATOR else CLOUD
