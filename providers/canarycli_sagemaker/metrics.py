"""Which CloudWatch statistics each of canary's metrics is made from."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Metric
from canarycli_sagemaker.offered import CUSTOM_SOURCE, METRICS

REQUESTS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
MICROSECONDS = 1_000_000
"""ModelLatency and OverheadLatency come in microseconds."""


class Part(StrEnum):
    """What one statistic is to its metric."""

    REQUESTS = "requests"
    SAMPLES = "samples"
    BAD = "bad"
    UNANSWERED = "unanswered"
    CALLERS = "callers"
    WITHIN = "within"
    VALUE = "value"


class Shape(StrEnum):
    """How the parts become points."""

    REQUESTS = "requests"
    ERRORS = "errors"
    FAILED = "failed"
    SLOW = "slow"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of one CloudWatch metric; the dimensions are exactly these."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """The statistics one metric is made from, and how.

    Attributes:
        scale: a value is divided by this.
        query: for people.
    """

    shape: Shape
    parts: Mapping[Part, Statistic]
    query: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class _Named:
    shape: Shape
    namespace: str
    name: str
    statistic: str = "Sum"


BUILT_IN: Mapping[str, _Named] = MappingProxyType(
    {
        "requests": _Named(Shape.REQUESTS, REQUESTS, "Invocations"),
        "errors": _Named(Shape.FAILED, REQUESTS, "Invocation5XXErrors"),
        "errors_5xx": _Named(Shape.ERRORS, REQUESTS, "Invocation5XXErrors"),
        "errors_4xx": _Named(Shape.ERRORS, REQUESTS, "Invocation4XXErrors"),
        "model_errors": _Named(Shape.ERRORS, REQUESTS, "InvocationModelErrors"),
        "latency_over": _Named(Shape.SLOW, REQUESTS, "ModelLatency", "PR"),
        "latency_p50": _Named(Shape.VALUE, REQUESTS, "ModelLatency", "p50"),
        "latency_p90": _Named(Shape.VALUE, REQUESTS, "ModelLatency", "p90"),
        "latency_p95": _Named(Shape.VALUE, REQUESTS, "ModelLatency", "p95"),
        "latency_p99": _Named(Shape.VALUE, REQUESTS, "ModelLatency", "p99"),
        "overhead_p50": _Named(Shape.VALUE, REQUESTS, "OverheadLatency", "p50"),
        "overhead_p99": _Named(Shape.VALUE, REQUESTS, "OverheadLatency", "p99"),
        "cpu": _Named(Shape.VALUE, INSTANCES, "CPUUtilization", "Average"),
        "memory": _Named(Shape.VALUE, INSTANCES, "MemoryUtilization", "Average"),
        "gpu": _Named(Shape.VALUE, INSTANCES, "GPUUtilization", "Average"),
    }
)


def recipe(metric: Metric, endpoint: str, version: str, errors: str = "errors") -> Recipe:
    """What to ask CloudWatch for, for one metric on one version.

    Args:
        metric: canary's.
        endpoint: its name.
        version: the variant.
        errors: the built-in metric that `errors` means here.

    Raises:
        Unsupported: SageMaker has no such metric, or its source is incomplete.
    """
    if metric.source:
        return _custom(metric, endpoint, version)
    named = _named(errors if metric.name == "errors" else metric.name)
    where = (("EndpointName", endpoint), ("VariantName", version))
    statistic = _slow(metric) if named.shape is Shape.SLOW else named.statistic

    def of(name: str, kind: str) -> Statistic:
        return Statistic(named.namespace, name, kind, where)

    asked, main = of("Invocations", "Sum"), of(named.name, statistic)
    samples = of(named.name, "SampleCount")
    match named.shape:
        case Shape.REQUESTS:
            parts = {Part.REQUESTS: main, Part.SAMPLES: of("ModelLatency", "SampleCount")}
        case Shape.ERRORS:
            parts = {Part.REQUESTS: asked, Part.SAMPLES: samples, Part.BAD: main}
        case Shape.FAILED:
            parts = {
                Part.REQUESTS: asked,
                Part.SAMPLES: of("InvocationModelErrors", "SampleCount"),
                Part.BAD: main,
                Part.UNANSWERED: of("InvocationModelErrors", "Sum"),
                Part.CALLERS: of("Invocation4XXErrors", "Sum"),
            }
        case Shape.SLOW:
            parts = {Part.SAMPLES: samples, Part.WITHIN: main}
        case Shape.VALUE:
            parts = {Part.VALUE: main}
            if named.namespace == REQUESTS:
                parts[Part.SAMPLES] = samples
    latency = named.name.endswith("Latency") and named.shape is Shape.VALUE
    query = _question(named, statistic)
    return Recipe(named.shape, parts, query, MICROSECONDS if latency else 1.0)


def _question(named: _Named, statistic: str) -> str:
    """What is asked of CloudWatch, for people."""
    query = f"{named.namespace} {named.name}"
    if named.shape is Shape.FAILED:
        return f"{query}, or InvocationModelErrors - Invocation4XXErrors where that is more"
    return f"{query} {statistic}" if named.shape in {Shape.SLOW, Shape.VALUE} else query


def _named(name: str) -> _Named:
    if (found := BUILT_IN.get(name)) is not None:
        return found
    raise Unsupported(
        f"SageMaker has no metric {name!r}",
        hint=f"it has {', '.join(sorted(METRICS))}; others need a cloudwatch: source",
    )


def _slow(metric: Metric) -> str:
    if metric.threshold is None:
        raise Unsupported("latency_over needs a threshold", hint="write latency_over: 500ms")
    return f"PR(:{metric.threshold * MICROSECONDS:.0f})"


@dataclass(frozen=True, slots=True)
class CustomSource:
    """A metric of the person's own: the words under `cloudwatch:` in canary.yaml."""

    namespace: str
    name: str
    statistic: str = "Average"
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, metric: Metric) -> "CustomSource":
        """The source of one metric.

        Raises:
            Unsupported: something is missing or unknown.
        """
        source = metric.source.get(CUSTOM_SOURCE)
        if not isinstance(source, Mapping) or not {"namespace", "name"} <= set(source):
            raise Unsupported(
                f"metric {metric.name!r} has no CloudWatch source",
                hint="cloudwatch: {namespace: MyApp, name: Approved, dimensions: "
                '{VariantName: "{arm}"}}, or cloudwatch: {alarm: NAME}',
            )
        unknown = set(source) - {"namespace", "name", "statistic", "dimensions"}
        if unknown:
            raise Unsupported(
                f"metric {metric.name!r}: cloudwatch has no key {min(unknown)!r}",
                hint="it has namespace, name, statistic, dimensions",
            )
        return cls(
            str(source["namespace"]),
            str(source["name"]),
            str(source.get("statistic") or "Average"),
            {str(k): str(v) for k, v in (source.get("dimensions") or {}).items()},
        )


def _custom(metric: Metric, endpoint: str, version: str) -> Recipe:
    source = CustomSource.parse(metric)

    def filled(text: Any) -> str:
        return str(text).replace("{arm}", version).replace("{endpoint}", endpoint)

    where = tuple((name, filled(value)) for name, value in source.dimensions.items())
    value = Statistic(filled(source.namespace), filled(source.name), source.statistic, where)
    samples = Statistic(value.namespace, value.name, "SampleCount", where)
    query = f"{source.namespace} {source.name} {source.statistic}"
    return Recipe(Shape.VALUE, {Part.VALUE: value, Part.SAMPLES: samples}, query)
