"""Both arms' metrics: requests counted one status at a time, the rest as Azure averages it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from canarycli.errors import Unsupported
from canarycli.failing import Failures, in_class
from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Measurements, Metric, Point, Series, Value, Window
from canarycli_azureml import custom
from canarycli_azureml.api import Session
from canarycli_azureml.monitoring import NAMESPACE, Line, Question, ask
from canarycli_azureml.offered import NAMES
from canarycli_azureml.settings import Settings
from canarycli_azureml.together import Answers

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
    gauges take one, for they belong to its deployment. What else differs only in its metric goes
    along with one of these.

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
Read = Callable[[Sequence[Line]], list[Point]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric of one version: what to ask, and what its lines become.

    Attributes:
        of: the version and the metric's key.
        question: about this metric alone.
        query: the question for people.
        read: makes points of the answer.
    """

    of: tuple[str, str]
    question: Question
    query: str
    read: Read


Tallies = Mapping[str, Mapping[datetime, Tally]]


def _everything(looking: Looking, versions: Collection[str], metrics: Collection[Metric]) -> Found:
    if not looking.window:
        return {}
    built_in = [metric for metric in metrics if not metric.source]
    needs_counts = any(m.name in {*COUNTED, *LATENCIES} for m in built_in)
    tallies = count(looking) if needs_counts else {}
    asked = [
        *_latencies(looking, versions, built_in, tallies),
        *_gauges(looking, versions, built_in),
        *_custom(looking, versions, [metric for metric in metrics if metric.source]),
    ]
    answers = Answers(looking.ask, (one.question for one in asked))
    found = _counted(looking, versions, built_in, tallies)
    for one in asked:
        lines = answers.of(one.question)
        if lines is not None:
            found[one.of] = (one.read(lines), one.query)
    return found


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


def models_fault(status: str, model_status: str) -> bool:
    """Whether the model itself answered with an error."""
    return status == "424" or in_class(model_status, "4xx") or in_class(model_status, "5xx")


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
) -> Iterator[Asked]:
    for metric in metrics:
        name = LATENCIES.get(metric.name, "")
        for version in versions if name else ():
            requests = {at: sum(t.values()) for at, t in tallies.get(version.lower(), {}).items()}
            question = Question(looking.path, (name,), ("deployment",))
            query = f"Average of {name} by deployment, PT1M: a mean of percentiles"
            yield Asked((version, metric.key), question, query, _seconds(version, requests))


def _seconds(version: str, requests: Mapping[datetime, float]) -> Read:
    """Minutes in which there were requests; others have no latency."""

    def read(lines: Sequence[Line]) -> list[Point]:
        return [
            Value(at, value / MILLISECONDS, requests[at])
            for line in lines
            if line.is_of(version)
            for at, value in line.values.items()
            if value > 0 and at in requests
        ]

    return read


def _gauges(
    looking: Looking, versions: Collection[str], metrics: Collection[Metric]
) -> Iterator[Asked]:
    for metric in metrics:
        name = GAUGES.get(metric.name, "")
        for version in versions if name else ():
            path = looking.settings.deployment(looking.endpoint, version)
            question = Question(path, (name,), namespace=f"{NAMESPACE}/deployments")
            query = f"Average of {name} of the deployment, PT1M"
            yield Asked((version, metric.key), question, query, _as_they_are)


def _as_they_are(lines: Sequence[Line]) -> list[Point]:
    return [Value(at, value) for line in lines for at, value in line.values.items()]


def _custom(
    looking: Looking, versions: Collection[str], metrics: Collection[Metric]
) -> Iterator[Asked]:
    for metric in metrics:
        source = custom.parse(metric)
        for version in versions:
            question = source.question(looking.path, version)
            read = partial(custom.points, source, version)
            yield Asked((version, metric.key), question, str(question), read)
