"""One endpoint of canary.yaml from its parsed keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.config.keys import COMMON, LABELS, SIMULATOR
from canarycli.config.values import KEEP_BASELINE, EndpointConfig
from canarycli.registry import ALIASES

MEMORY = ":memory:"


def endpoint_from(entry: Mapping[str, Any], name: str, folder: Path) -> EndpointConfig:
    """The endpoint of an entry whose values are parsed and whose defaults are filled in.

    The simulator is told which endpoint it has, and a relative `state` file of it is meant from
    `folder`, so that every working directory means the same one.
    """
    provider = ALIASES.get(entry["provider"], entry["provider"])
    cloud_name = entry.get("endpoint", name)
    settings = settings_of(entry)
    labels = {} if provider == SIMULATOR else settings.pop(LABELS, {})
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
        predictions=entry.get("predictions", {}),
        labels=labels,
    )


def settings_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider is built with."""
    return {key: value for key, value in entry.items() if key not in COMMON}
