"""What each metric samples in one minute: sub-series by every dimension, from raw requests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .state import Endpoint, State

Dimensions = Mapping[str, str]
Sample = tuple[Dimensions, list[float]]
GAUGES = ("Average", "Minimum", "Maximum")


@dataclass(frozen=True)
class Reading:
    """One metric: its unit, the aggregations and the dimensions it has."""

    unit: str
    aggregations: tuple[str, ...]
    dimensions: tuple[str, ...]


LATENCIES = {
    "RequestLatency": None,
    "RequestLatency_P50": 0.5,
    "RequestLatency_P90": 0.9,
    "RequestLatency_P95": 0.95,
    "RequestLatency_P99": 0.99,
}
ENDPOINT: Mapping[str, Reading] = {
    "RequestsPerMinute": Reading(
        "Count",
        ("Average",),
        ("deployment", "statusCode", "statusCodeClass", "modelStatusCode"),
    ),
    **{name: Reading("MilliSeconds", ("Average",), ("deployment",)) for name in LATENCIES},
    "ConnectionsActive": Reading("Count", ("Average",), ()),
    "NetworkBytes": Reading("BytesPerSecond", ("Average",), ()),
}
DEPLOYMENT: Mapping[str, Reading] = {
    name: Reading("Percent", GAUGES, ("instanceId",))
    for name in (
        "CpuUtilizationPercentage",
        "CpuMemoryUtilizationPercentage",
        "GpuUtilizationPercentage",
        "GpuMemoryUtilizationPercentage",
        "DiskUtilization",
    )
} | {"DeploymentCapacity": Reading("Count", GAUGES, ("instanceId",))}


def readings(
    state: State, endpoint: Endpoint, deployment: str | None, name: str, minute: int
) -> Iterator[Sample]:
    """Every sub-series of a metric in a minute, with its samples."""
    if (minute + 1) * 60 > state.now():
        return
    if deployment is not None:
        yield from _gauge(endpoint, deployment, name, minute)
    elif name == "RequestsPerMinute":
        yield from _requests(state, endpoint, minute)
    elif name in LATENCIES:
        yield from _latency(state, endpoint, name, minute)
    elif name in ENDPOINT:
        yield {}, [10.0]
    for (_, custom), points in endpoint.load.extra_values.items():
        if custom == name:
            for at, value, dimensions in points:
                if int(at // 60) == minute:
                    yield dimensions, [value]


def _requests(state: State, endpoint: Endpoint, minute: int) -> Iterator[Sample]:
    for name in endpoint.deployments:
        shadow = state.settings.shadow_counts
        counts = endpoint.load.counts(endpoint.history, name, minute, shadow=shadow)
        for (status, model_status), count in counts.items():
            yield (
                {
                    "deployment": name,
                    "statusCode": status,
                    "statusCodeClass": f"{status[0]}xx",
                    "modelStatusCode": model_status,
                },
                [float(count)],
            )


def _latency(state: State, endpoint: Endpoint, metric: str, minute: int) -> Iterator[Sample]:
    for name in endpoint.deployments:
        shadow, count = state.settings.shadow_counts, state.settings.front_ends
        seconds = endpoint.load.seconds(endpoint.history, name, minute, shadow=shadow)
        groups = [sorted(seconds[i::count]) for i in range(count)]
        samples = [1000 * _at(group, LATENCIES[metric]) for group in groups if group]
        if samples:
            yield {"deployment": name}, samples


def _gauge(endpoint: Endpoint, deployment: str, metric: str, minute: int) -> Iterator[Sample]:
    found = endpoint.find(deployment)
    if found is None:
        return
    quality = endpoint.load.quality(found.body["name"])
    level = {
        "CpuUtilizationPercentage": quality.cpu,
        "CpuMemoryUtilizationPercentage": quality.memory,
        "GpuUtilizationPercentage": quality.gpu,
        "GpuMemoryUtilizationPercentage": quality.gpu,
        "DeploymentCapacity": float((found.body.get("sku") or {}).get("capacity", 1)),
    }.get(metric)
    if level is None:
        return
    for instance in range((found.body.get("sku") or {}).get("capacity", 1)):
        yield {"instanceId": f"aks-{instance}"}, [level + instance + minute % 3]


def _at(ordered: list[float], quantile: float | None) -> float:
    if quantile is None:
        return sum(ordered) / len(ordered)
    return ordered[min(len(ordered) - 1, math.ceil(quantile * len(ordered)) - 1)]
