"""One endpoint of canary.yaml from its parsed keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.config.values import KEEP_BASELINE, EndpointConfig

SIMULATOR = "simulator"
ALIASES: Mapping[str, str] = {"demo": SIMULATOR}
"""Other words for a provider."""

COMMON = frozenset({"provider", "endpoint", "plan", "baseline", "candidate", "keep_baseline"})
"""The keys every endpoint may have: they are for canary, not for the provider."""

CLOUD = COMMON | {"metric_delay", "metric_period", "endpoint_url"}
"""The keys every endpoint in a cloud may have."""

SECONDS = frozenset({"period", "settle", "delay", "startup"})
NUMBERS = frozenset({"rate", "day", "finest", "shadow_up_to"})
SCRIPT = frozenset({"state", "scenario", "speed", "seed", "versions"})
"""What the simulator takes; the durations among it as plain seconds."""

KEYS: Mapping[str, frozenset[str]] = {
    SIMULATOR: COMMON | SECONDS | NUMBERS | SCRIPT,
    "sagemaker": CLOUD | {"profile", "region"},
    "vertex": CLOUD | {"project", "region"},
    "azureml": CLOUD | {"subscription", "resource_group", "workspace", "cloud"},
}
"""All keys of an endpoint by provider; other providers have keys of their own."""

DEFAULTS = frozenset().union(*KEYS.values()) - KEYS[SIMULATOR] - {"endpoint_url"} | {
    "plan",
    "keep_baseline",
}
"""The keys `defaults:` may have."""

MEMORY = ":memory:"


def endpoint_from(entry: Mapping[str, Any], name: str, folder: Path) -> EndpointConfig:
    """The endpoint of an entry whose values are parsed and whose defaults are filled in.

    The simulator is told which endpoint it has, and a relative `state` file of it is meant from
    `folder`, so that every working directory means the same one.
    """
    provider = ALIASES.get(entry["provider"], entry["provider"])
    cloud_name = entry.get("endpoint", name)
    settings = settings_of(entry)
    if provider == SIMULATOR:
        settings["endpoints"] = [cloud_name]
        if settings.get("state", MEMORY) != MEMORY:
            settings["state"] = str(folder / Path(settings["state"]).expanduser())
    return EndpointConfig(
        name=name,
        provider=provider,
        cloud_name=cloud_name,
        settings=settings,
        plan=entry.get("plan"),
        baseline=entry.get("baseline"),
        candidate=entry.get("candidate", {}),
        keep_baseline=entry.get("keep_baseline", KEEP_BASELINE),
    )


def settings_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider is built with."""
    return {key: value for key, value in entry.items() if key not in COMMON}
