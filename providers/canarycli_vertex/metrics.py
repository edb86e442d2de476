"""Measures versions: canary's metric names in Cloud Monitoring's words and back.

Requests come from `response_count`, latency from `prediction_latencies`: two questions a poll
answer every built-in request and latency metric of all versions. A series that is not there is
no data. Only errors are zero where there were responses and none of them failed.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime

from canarycli.errors import Unsupported
from canarycli.failing import Failures
from canarycli.late_methods import dataclass
from canarycli.metrics import (
    Counts,
    Histogram,
    Measurements,
    Metric,
    Point,
    Series,
    Value,
    Window,
)
from canarycli_vertex.api import Api
from canarycli_vertex.custom import measure_custom
from canarycli_vertex.distribution import merged, percentile, read_histogram, slower_than
from canarycli_vertex.errors import understood
from canarycli_vertex.monitoring import (
    ARM,
    Question,
    Reading,
    about,
    ask,
    one_of,
    whole_periods,
)
from canarycli_vertex.offered import NAMES, WORD

COUNTED: Mapping[str, tuple[str, ...]] = {
    "requests": (),
    "errors_5xx": ("5",),
    "errors_4xx": ("4",),
    "model_errors": ("4", "5"),
}
"""First digits of the response codes that are bad. Codes come as `503` or as `5xx`.

`errors` are requests without their model's answer: failures, and refusals and time-outs that
come as a 4xx, as `failures:` says. The caller's own mistakes are none.
"""

TIMED = frozenset(
    {
        "latency",
        "latency_over",
        "latency_p50",
        "latency_p90",
        "latency_p95",
        "latency_p99",
        "overhead_p50",
        "overhead_p99",
    }
)
GAUGES = frozenset({"cpu", "memory", "gpu", "replicas"})

_RANKED = re.compile(r"(?P<kind>latency|overhead)_p(?P<rank>\d{2})")
_MILLISECONDS = 0.001

Found = dict[str, dict[str, Series]]
MemoryOf = Callable[[Collection[str]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a poll is about: versions of an endpoint, and the whole periods of its window."""

    api: Api
    endpoint_id: str
    versions: tuple[str, ...]
    window: Window
    answers: dict[Question, list[Reading]] = field(default_factory=dict)

    @property
    def failures(self) -> Failures:
        """The status codes that are a version's fault."""
        return self.api.settings.failures

    def ask(self, question: Question) -> list[Reading]:
        """The answer to a question, which is asked once however many metrics need it."""
        if question not in self.answers:
            self.answers[question] = ask(self.api, question, self.window)
        return self.answers[question]


def measure(
    api: Api,
    endpoint_id: str,
    versions: Collection[str],
    metrics: Collection[Metric],
    window: Window,
    *,
    memory_of: MemoryOf,
) -> Measurements:
    """The points of each metric on each version; see `Provider.measure`.

    `memory_of` gives the bytes of memory of each version's machine; it is asked only where a
    metric needs it.

    Raises:
        Unsupported: a metric is neither built in nor has a source.
    """
    scope = Scope(
        api,
        endpoint_id,
        tuple(sorted(set(versions))),
        whole_periods(window, api.settings.metric_period),
    )
    for metric in metrics:
        _known(metric)
    found: Found = defaultdict(dict)
    queries: dict[str, str] = {}
    custom = [metric for metric in metrics if metric.source]
    built_in = [metric for metric in metrics if not metric.source]
    if scope.versions:
        _count(scope, [m for m in built_in if m.name in {"errors", *COUNTED}], found, queries)
        _time(scope, [m for m in built_in if m.name in TIMED], found, queries)
        for metric in built_in:
            if metric.name in GAUGES:
                _gauge(scope, metric, memory_of, found, queries)
        for metric in custom:
            series, query = measure_custom(scope.ask, endpoint_id, scope.versions, metric)
            _put(scope, found, metric, series)
            queries[metric.key] = query
    return Measurements(window, datetime.now(UTC), dict(found), queries)


def _known(metric: Metric) -> None:
    if metric.source and set(metric.source) != {WORD}:
        raise Unsupported(
            f"metric {metric.name!r} has no {WORD}: source",
            hint=f"{WORD}: {{type: custom.googleapis.com/..., labels: {{...}}, reducer: mean}}",
        )
    if not metric.source and metric.name not in NAMES | GAUGES:
        raise Unsupported(
            f"Vertex AI has no metric {metric.name!r}", hint=f"it has {', '.join(sorted(NAMES))}"
        )
    if metric.name == "latency_over" and not metric.source and metric.threshold is None:
        raise Unsupported("latency_over needs a threshold")


def _count(scope: Scope, metrics: list[Metric], found: Found, queries: dict[str, str]) -> None:
    """Responses by code become counts of requests and bad ones, minute by minute."""
    if not metrics:
        return
    question = Question(
        about("response_count", scope.endpoint_id, scope.versions), by=(ARM, "response_code")
    )
    readings = scope.ask(question)
    for metric in metrics:
        with understood("response_count"):
            counted = _counted(readings, _blame(metric.name, scope.failures))
        series: dict[str, list[Point]] = {
            version: [_counts(metric, at, n, bad) for at, (n, bad) in minutes.items()]
            for version, minutes in counted.items()
        }
        _put(scope, found, metric, series)
        queries[metric.key] = str(question)


def _counted(
    readings: Iterable[Reading], is_bad: Callable[[str], bool]
) -> dict[str, dict[datetime, tuple[float, float]]]:
    """All and bad responses by version and minute; a negative count is a reset and left out."""
    sums: dict[str, dict[datetime, tuple[float, float]]] = defaultdict(dict)
    for one in readings:
        if one.number >= 0:
            n, bad = sums[one.labels[ARM]].get(one.at, (0.0, 0.0))
            blamed = is_bad(one.labels["response_code"])
            sums[one.labels[ARM]][one.at] = (n + one.number, bad + one.number * blamed)
    return sums


def _blame(name: str, failures: Failures) -> Callable[[str], bool]:
    """Which response codes are bad ones of a metric."""
    if name == "errors":
        return failures.blame
    return lambda code: code.startswith(COUNTED[name])


def _counts(metric: Metric, at: datetime, n: float, bad: float) -> Point:
    return Value(at, n) if metric.name == "requests" else Counts(at, n, bad)


def _time(scope: Scope, metrics: list[Metric], found: Found, queries: dict[str, str]) -> None:
    """Latency distributions become histograms, percentiles and counts of slow requests."""
    kinds = sorted({_kind(metric) for metric in metrics})
    if not kinds:
        return
    question = Question(
        about(
            "prediction_latencies",
            scope.endpoint_id,
            scope.versions,
            one_of("metric.labels.latency_type", kinds),
        ),
        by=(ARM, "latency_type"),
    )
    readings = scope.ask(question)
    with understood("prediction_latencies"):
        histograms = _histograms(readings)
    for metric in metrics:
        _put(
            scope,
            found,
            metric,
            {
                version: [point for one in minutes if (point := _point_of(metric, one)) is not None]
                for (version, kind), minutes in histograms.items()
                if kind == _kind(metric)
            },
        )
        queries[metric.key] = str(question) + _rule(metric)


def _kind(metric: Metric) -> str:
    """Vertex's `latency_type`: `overhead` is the time not spent in the model."""
    return "overhead" if metric.name.startswith("overhead") else "total"


def _rule(metric: Metric) -> str:
    if metric.threshold is None:
        return ""
    return f" | slower than the first bucket bound at or above {metric.threshold:g} s"


def _histograms(readings: Iterable[Reading]) -> dict[tuple[str, str], list[Histogram]]:
    parts: dict[tuple[str, str], dict[datetime, list[Histogram]]] = defaultdict(dict)
    for one in readings:
        if not isinstance(one.value, dict):
            raise TypeError("a number where a distribution was expected")
        histogram = read_histogram(one.at, one.value, _MILLISECONDS)
        if histogram is not None and histogram.n:
            who = (one.labels[ARM], one.labels.get("latency_type", "total"))
            parts[who].setdefault(one.at, []).append(histogram)
    return {who: [merged(same) for same in minutes.values()] for who, minutes in parts.items()}


def _point_of(metric: Metric, histogram: Histogram) -> Point | None:
    if metric.name == "latency":
        return histogram
    if metric.name == "latency_over":
        return slower_than(histogram, metric.threshold or 0.0)
    match = _RANKED.fullmatch(metric.name)
    value = percentile(histogram, int(match["rank"]) / 100) if match else None
    return None if value is None else Value(histogram.at, value, histogram.n)


def _gauge(
    scope: Scope, metric: Metric, memory_of: MemoryOf, found: Found, queries: dict[str, str]
) -> None:
    """Utilisation in percent, the mean over a version's replicas; or their number."""
    name, reducer = {
        "cpu": ("cpu/utilization", "REDUCE_MEAN"),
        "gpu": ("accelerator/duty_cycle", "REDUCE_MEAN"),
        "memory": ("memory/bytes_used", "REDUCE_MEAN"),
        "replicas": ("replicas", "REDUCE_SUM"),
    }[metric.name]
    question = Question(
        about(name, scope.endpoint_id, scope.versions), aligner="ALIGN_MEAN", reducer=reducer
    )
    factors = _factors(metric, scope.versions, memory_of)
    points: dict[str, dict[datetime, Value]] = defaultdict(dict)
    with understood(name):
        for one in scope.ask(question):
            factor = factors.get(one.labels[ARM])
            if factor is not None:
                points[one.labels[ARM]][one.at] = Value(one.at, one.number * factor)
    _put(
        scope,
        found,
        metric,
        {version: list(minutes.values()) for version, minutes in points.items()},
    )
    queries[metric.key] = str(question)


def _factors(metric: Metric, versions: Collection[str], memory_of: MemoryOf) -> Mapping[str, float]:
    """What turns Google's number into ours: fractions and bytes into percent."""
    if metric.name == "memory":
        return {version: 100 / size for version, size in memory_of(versions).items()}
    return dict.fromkeys(versions, 1.0 if metric.name == "replicas" else 100.0)


def _put(scope: Scope, found: Found, metric: Metric, series: Mapping[str, Iterable[Point]]) -> None:
    for version, points in series.items():
        ordered = tuple(sorted(points, key=lambda point: point.at))
        if ordered:
            found[version][metric.key] = Series(ordered, scope.api.settings.metric_period)
