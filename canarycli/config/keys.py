"""The keys of an endpoint in canary.yaml, by provider."""

from collections.abc import Mapping

SIMULATOR = "simulator"
ALIASES: Mapping[str, str] = {"demo": SIMULATOR}
"""Other words for a provider."""
NICKNAMES: Mapping[str, str] = {"aws": "sagemaker", "gcp": "vertex", "google": "vertex"}
"""Words that are none, and what is meant by them."""

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

KEYS: Mapping[str, frozenset[str]] = {
    SIMULATOR: COMMON | SECONDS | NUMBERS | SIMULATED,
    "sagemaker": CLOUD | {"profile", "region", "failures"},
    "vertex": CLOUD | {"project", "region", "impersonate", "monitoring_url", "failures"},
    "azureml": CLOUD | {"subscription", "resource_group", "workspace", "cloud", "failures"},
}
"""All keys of an endpoint by provider; other providers have keys of their own."""

DEFAULTS = frozenset(
    {
        "plan",
        "keep_baseline",
        "metric_delay",
        "metric_period",
        "profile",
        "region",
        "project",
        "subscription",
        "resource_group",
        "workspace",
        "cloud",
    }
)
"""The keys `defaults:` may have."""


def keys_of(provider: str) -> frozenset[str]:
    """What canary knows an endpoint of this provider may have."""
    return KEYS.get(ALIASES.get(provider, provider), CLOUD)
