"""Both arms' metrics: requests counted one status at a time, the rest as Azure averages it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from canarycli.errors import NotFound, Unsupported
from canarycli.metrics import Counts, Measurements, Metric, Point, Series, Value, Window
from canarycli_azureml import custom
from canarycli_azureml.api import Session
from canarycli_azureml.monitoring import NAMESPACE, Line, Question, ask
from canarycli_azureml.settings import Settings
from canarycli_azureml.statuses import Failures, in_class, models_fault

LATENCIES: Mapping[str, str] = {
    "latency_p50": "RequestLatency_P50",
    "latency_p90": "RequestLatency_P90",
    "latency_p95": "RequestLatency_P95",
    "latency_p99": "RequestLatency_P99",
}
"""Means of percentiles, one a front end: good to compare arms measured alike, no more."""

GAUGES: Mapping[str, str] = {
    "cpu": "CpuUtilizationPercentage",
    "memory": "CpuMemoryUtilizationPercentage",
    "gpu": "GpuUtilizationPercentage",
}
COUNTED = ("requests", "errors", "errors_5xx", "errors_4xx", "model_errors")
NAMES = frozenset({*COUNTED, *LATENCIES, *GAUGES})
REQUESTS = "RequestsPerMinute"
EVERY_DIMENSION = ("deployment", "statusCode", "modelStatusCode")
MILLISECONDS = 1000.0

Tally = Mapping[tuple[str, str], float]
"""Requests of one minute by status and model status."""


@dataclass(frozen=True, slots=True)
class Looking:
    """One look at the metrics of an endpoint."""

    settings: Settings
    session: Session
    endpoint: str
    window: Window

    @property
    def path(self) -> str:
        """The endpoint's resource id."""
        return self.settings.endpoint(self.endpoint)

    def ask(self, question: Question) -> dict[str, tuple[Line, ...]]:
        """The answer to one question."""
        doing = f"reading metrics of endpoint {self.endpoint!r}"
        return ask(self.session, question, self.window, doing)


def measure(
    looking: Looking, versions: Collection[str], metrics: Collection[Metric]
) -> Measurements:
    """The points of each metric on each version.

    One call counts the requests of all versions, one brings all latencies, and every version's
    gauges take one each.

    Raises:
        Unsupported: there is no such metric here.
    """
    for metric in metrics:
        if not metric.source and metric.name not in NAMES:
            raise Unsupported(
                f"azureml has no metric {metric.key!r}", hint=f"it has {', '.join(sorted(NAMES))}"
            )
    taken_at = datetime.now(UTC)
    found: dict[str, dict[str, Series]] = {version: {} for version in versions}
    queries: dict[str, str] = {}
    for (version, key), (points, query) in _everything(looking, versions, metrics).items():
        found[version][key] = Series(tuple(sorted(points, key=lambda point: point.at)))
        queries[key] = query
    return Measurements(looking.window, taken_at, found, queries)


Found = dict[tuple[str, str], tuple[list[Point], str]]
Tallies = Mapping[str, Mapping[datetime, Tally]]


def _everything(looking: Looking, versions: Collection[str], metrics: Collection[Metric]) -> Found:
    if not looking.window:
        return {}
    built_in = [metric for metric in metrics if not metric.source]
    needs_counts = any(m.name in {*COUNTED, *LATENCIES} for m in built_in)
    tallies = count(looking) if needs_counts else {}
    return {
        **_counted(looking, versions, built_in, tallies),
        **_latencies(looking, versions, built_in, tallies),
        **_gauges(looking, versions, built_in),
        **_custom(looking, versions, [metric for metric in metrics if metric.source]),
    }


def _counted(
    looking: Looking, versions: Collection[str], metrics: Collection[Metric], tallies: Tallies
) -> Found:
    wanted = [metric for metric in metrics if metric.name in COUNTED]
    failures = looking.settings.failures
    found: Found = {}
    for version in versions:
        minutes = tallies.get(version.lower(), {})
        for metric in wanted:
            points = [_count(metric.name, at, tally, failures) for at, tally in minutes.items()]
            found[version, metric.key] = (points, _counting(metric.name, failures))
    return found


def count(looking: Looking) -> dict[str, dict[datetime, Tally]]:
    """Requests by version in lower case and minute; minutes without any are absent.

    Split by every dimension there is, because anything coarser may be a mean over series of
    Azure's own; and added up here. A minute nobody asked in and one that has not arrived yet
    both read 0, so neither is a point.
    """
    question = Question(looking.path, (REQUESTS,), EVERY_DIMENSION)
    found: dict[str, dict[datetime, dict[tuple[str, str], float]]] = {}
    for line in looking.ask(question).get(REQUESTS, ()):
        version = line.dimensions.get("deployment", "").lower()
        status = line.dimensions.get("statuscode", "")
        model_status = line.dimensions.get("modelstatuscode", "")
        for at, requests in line.values.items():
            if requests > 0:
                tally = found.setdefault(version, {}).setdefault(at, {})
                key = (status, model_status)
                tally[key] = tally.get(key, 0.0) + requests
    return {version: dict(minutes) for version, minutes in found.items()}


def _count(name: str, at: datetime, tally: Tally, failures: Failures) -> Point:
    n = sum(tally.values())
    if name == "requests":
        return Value(at, n, n)
    is_bad = _blame(name, failures)
    return Counts(at, n, sum(c for (status, model), c in tally.items() if is_bad(status, model)))


def _blame(name: str, failures: Failures) -> Callable[[str, str], bool]:
    match name:
        case "errors":
            return lambda status, _: failures.blame(status)
        case "errors_5xx":
            return lambda status, _: in_class(status, "5xx")
        case "errors_4xx":
            return lambda status, _: in_class(status, "4xx")
        case _:
            return models_fault


def _counting(name: str, failures: Failures) -> str:
    which = {
        "requests": "",
        "errors": f" with statusCode {failures}",
        "errors_5xx": " with statusCode 5xx",
        "errors_4xx": " with statusCode 4xx",
        "model_errors": " with statusCode 424 or modelStatusCode 4xx, 5xx",
    }[name]
    return f"{REQUESTS}{which}, by {', '.join(EVERY_DIMENSION)}, PT1M, added up"


def _latencies(
    looking: Looking, versions: Collection[str], metrics: Collection[Metric], tallies: Tallies
) -> Found:
    wanted = [metric for metric in metrics if metric.name in LATENCIES]
    if not wanted:
        return {}
    names = tuple(sorted({LATENCIES[m.name] for m in wanted}))
    answer = looking.ask(Question(looking.path, names, ("deployment",)))
    found: Found = {}
    for version in versions:
        requests = {at: sum(t.values()) for at, t in tallies.get(version.lower(), {}).items()}
        for metric in wanted:
            lines = answer.get(LATENCIES[metric.name], ())
            points: list[Point] = [
                Value(at, value / MILLISECONDS, requests[at])
                for line in lines
                if line.dimensions.get("deployment", "").lower() == version.lower()
                for at, value in line.values.items()
                if value > 0 and at in requests
            ]
            query = (
                f"Average of {LATENCIES[metric.name]} by deployment, PT1M: a mean of percentiles"
            )
            found[version, metric.key] = (points, query)
    return found


def _gauges(looking: Looking, versions: Collection[str], metrics: Collection[Metric]) -> Found:
    wanted = [metric for metric in metrics if metric.name in GAUGES]
    if not wanted:
        return {}
    names = tuple(sorted({GAUGES[m.name] for m in wanted}))
    found: Found = {}
    for version in versions:
        path = looking.settings.deployment(looking.endpoint, version)
        question = Question(path, names, namespace=f"{NAMESPACE}/deployments")
        try:
            answer = looking.ask(question)
        except NotFound:
            continue
        for metric in wanted:
            points: list[Point] = [
                Value(at, value)
                for line in answer.get(GAUGES[metric.name], ())
                for at, value in line.values.items()
            ]
            query = f"Average of {GAUGES[metric.name]} of the deployment, PT1M"
            found[version, metric.key] = (points, query)
    return found


def _custom(looking: Looking, versions: Collection[str], metrics: Collection[Metric]) -> Found:
    found: Found = {}
    for metric in metrics:
        source = custom.parse(metric)
        for version in versions:
            question = source.question(looking.path, version)
            try:
                lines = looking.ask(question).get(source.name, ())
            except NotFound:
                continue
            found[version, metric.key] = (custom.points(source, lines), str(question))
    return found
