"""Reads endpoint configs, which never change: once read, they are kept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from canarycli.errors import ProviderError
from canarycli.late_methods import dataclass
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One variant as its config has it."""

    name: str
    model: str
    instance_type: str
    instances: int | None


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """An endpoint config; `answer` is DescribeEndpointConfig's, for making a copy."""

    name: str
    variants: Mapping[str, VariantSpec]
    components: bool
    publishes_every: timedelta | None
    answer: Mapping[str, Any]


class Configs:
    """The endpoint configs of one account, read when first asked for."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._known: dict[str, EndpointConfig] = {}
        self._latest: dict[str, str] = {}

    def note(self, endpoint: str, config: str) -> None:
        """Remember which config an endpoint was last seen with."""
        self._latest[endpoint] = config

    def known(self, name: str) -> EndpointConfig | None:
        """The config if it was read before; makes no call."""
        return self._known.get(name)

    def read(self, name: str) -> EndpointConfig:
        """The config of that name.

        Raises:
            ProviderError: it can't be read.
        """
        if name not in self._known:
            doing = f"look at endpoint config {name!r}"
            with self._clients.asking(doing):
                answer = self._clients.sagemaker.describe_endpoint_config(EndpointConfigName=name)
            answer = checked(answer, doing, "EndpointConfigName", "ProductionVariants")
            self._known[name] = parse_config(answer)
        return self._known[name]

    def drop(self, name: str) -> None:
        """Forget a config that was deleted."""
        self._known.pop(name, None)

    def of_endpoint(self, endpoint: str) -> EndpointConfig | None:
        """The config the endpoint was last seen with; None where that is unknown or unreadable."""
        name = self._latest.get(endpoint)
        if not name:
            return None
        try:
            return self.read(name)
        except ProviderError:
            return None


def parse_config(answer: Mapping[str, Any]) -> EndpointConfig:
    """What canary needs of a config."""
    variants = answer.get("ProductionVariants") or []
    shadows = answer.get("ShadowProductionVariants") or []
    metrics = answer.get("MetricsConfig") or {}
    seconds = metrics.get("MetricPublishFrequencyInSeconds")
    frequent = bool(metrics.get("EnableEnhancedMetrics")) and seconds is not None
    return EndpointConfig(
        name=str(answer["EndpointConfigName"]),
        variants={v["VariantName"]: _spec(v) for v in (*variants, *shadows)},
        components=any("ModelName" not in v for v in variants),
        publishes_every=timedelta(seconds=int(seconds)) if frequent and seconds else None,
        answer=answer,
    )


def _spec(variant: Mapping[str, Any]) -> VariantSpec:
    return VariantSpec(
        name=str(variant["VariantName"]),
        model=str(variant.get("ModelName", "")),
        instance_type=str(variant.get("InstanceType", "")),
        instances=variant.get("InitialInstanceCount"),
    )
