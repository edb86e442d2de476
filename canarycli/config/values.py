"""What canary.yaml says, as plain values."""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from canarycli.config.foreign import own_defaults
from canarycli.config.keys import keys_of
from canarycli.late_methods import dataclass

if TYPE_CHECKING:
    from canarycli.freeze import Freeze
    from canarycli.plan import Plan

KEEP_BASELINE = timedelta(hours=1)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """One entry under `endpoints:`, with what it takes from `defaults:`.

    Attributes:
        name: the key in canary.yaml.
        provider: `simulator`, `sagemaker`, `vertex`, `azureml` or a third party's name.
        cloud_name: what the cloud knows the endpoint by.
        settings: what the provider is built with, only what was written: `region`, `profile`,
            `project`, `workspace`, ...; `metric_delay` and `metric_period` are `timedelta`.
        plan: the plan it is released with, None if it names none.
        baseline: the version to compare with, None for the one with most traffic.
        candidate: options for deploying a model, in the provider's words.
        keep_baseline: how long the old version stays deployed after a promotion.
        predictions: how its recorded answers are read, {} where nothing is said.
        labels: where it is known later what they should have said, likewise.
    """

    name: str
    provider: str
    cloud_name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    plan: str | None = None
    baseline: str | None = None
    candidate: Mapping[str, Any] = field(default_factory=dict)
    keep_baseline: timedelta = KEEP_BASELINE
    predictions: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notify:
    """Who hears of what. `to` may hold `${NAME}`: the address itself is never kept here."""

    to: str
    when: tuple[str, ...]

    def unset(self, env: Mapping[str, str]) -> tuple[str, ...]:
        """The variables in it that nothing sets."""
        return tuple(name for name in _VARIABLE.findall(self.to) if not env.get(name))

    def address(self, env: Mapping[str, str]) -> str:
        """Where to send, with variables filled in, which have to be set."""
        return _VARIABLE.sub(lambda match: env[match.group(1)], self.to)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole canary.yaml, or nothing (`path` is None) where there is none.

    Attributes:
        path: the file it came from.
        endpoints: by name, in the order of the file.
        plans: by name.
        notify: who hears of what.
        freeze: when nothing goes up.
        defaults: settings from `defaults:`, such as `region`; see `defaults_for`.
    """

    path: Path | None = None
    endpoints: Mapping[str, EndpointConfig] = field(default_factory=dict)
    plans: "Mapping[str, Plan]" = field(default_factory=dict)
    notify: tuple[Notify, ...] = ()
    freeze: "tuple[Freeze, ...]" = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def defaults_for(self, provider: str) -> dict[str, Any]:
        """The settings for an endpoint of this provider that is not in the file."""
        known = keys_of(provider)
        own = own_defaults(self.defaults, provider)
        return own | {key: value for key, value in self.defaults.items() if key in known}
