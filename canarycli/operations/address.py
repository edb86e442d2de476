"""Which endpoint a person means, before anything is looked up."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from canarycli.late_methods import dataclass

OPTIONS = ("profile", "region", "project", "subscription", "resource_group", "workspace")
"""The settings that have an option of their own; all others are said by `--set`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which endpoint a person means, in their own words; None where they said nothing.

    Attributes:
        release: a release id, or an endpoint's name.
        endpoint: a name in canary.yaml, or the cloud's own with `provider`.
        provider: the provider's name or an alias of it.
        config: the config file, None to look for one.
        settings: what was said of the place, named as in canary.yaml.
    """

    release: str | None = None
    endpoint: str | None = None
    provider: str | None = None
    config: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def word(self) -> str | None:
        """What was named, whichever way."""
        return self.release or self.endpoint

    @property
    def flags(self) -> tuple[str, ...]:
        """What was said besides the name, as flags to be given again."""
        given = {"provider": self.provider, "config": self.config, **self.settings}
        flags = [flag_of(name, str(value)) for name, value in given.items() if value]
        return tuple(word for flag in flags for word in flag)


def flag_of(name: str, value: str) -> tuple[str, str]:
    """How a setting is said on the command line."""
    if name in {"provider", "config", *OPTIONS}:
        return f"--{name.replace('_', '-')}", value
    return "--set", f"{name}={value}"
