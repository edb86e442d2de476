"""One endpoint of canary.yaml from its parsed keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.config.values import KEEP_BASELINE, EndpointConfig

ALIASES: Mapping[str, str] = {"demo": "simulator"}
"""Other words for a provider."""

COMMON = frozenset(
    {
        "provider",
        "endpoint",
        "plan",
        "baseline",
        "candidate",
        "keep_baseline",
        "metric_delay",
        "metric_period",
        "endpoint_url",
    }
)
"""The keys every endpoint may have."""

KEYS: Mapping[str, frozenset[str]] = {
    "simulator": COMMON | {"state", "scenario", "speed", "seed"},
    "sagemaker": COMMON | {"profile", "region"},
    "vertex": COMMON | {"project", "region"},
    "azureml": COMMON | {"subscription", "resource_group", "workspace", "cloud"},
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

NO_SETTINGS = frozenset({"provider", "endpoint", "plan", "baseline", "candidate", "keep_baseline"})
"""The keys of an endpoint that are for canary, not for its provider."""


def endpoint_from(entry: Mapping[str, Any], name: str, folder: Path) -> EndpointConfig:
    """The endpoint of an entry whose values are parsed and whose defaults are filled in.

    A relative `state` file is meant from `folder`, so that every working directory means the
    same one.
    """
    provider = entry["provider"]
    settings = settings_of(entry)
    if "state" in settings:
        settings["state"] = str(folder / settings["state"])
    return EndpointConfig(
        name=name,
        provider=ALIASES.get(provider, provider),
        cloud_name=entry.get("endpoint", name),
        settings=settings,
        plan=entry.get("plan"),
        baseline=entry.get("baseline"),
        candidate=entry.get("candidate", {}),
        keep_baseline=entry.get("keep_baseline", KEEP_BASELINE),
    )


def settings_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider is built with."""
    return {key: value for key, value in entry.items() if key not in NO_SETTINGS}
