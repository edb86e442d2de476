"""Azure Monitor's metrics of an endpoint and its deployments, made from raw requests."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .filters import Clause, parse_filter
from .readings import DEPLOYMENT, ENDPOINT, Dimensions, Reading, readings
from .state import Endpoint, State
from .wire import Reply, Request

INTERVALS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "P1D": 1440}
DEFAULT_TOP = 10
MOST_METRICS = 20


@dataclass(frozen=True)
class Question:
    """One call: what, of when, how fine, split and cut how."""

    names: tuple[str, ...]
    aggregation: str
    start: datetime
    end: datetime
    step: int
    clauses: tuple[Clause, ...]
    top: int


def answer(state: State, request: Request, endpoint: Endpoint, deployment: str | None) -> Reply:
    """A call of the metrics API; its errors are not wrapped in `error`."""
    try:
        question = _question(request, state)
        for name in question.names:
            _check_name(state, question, endpoint, deployment, name)
    except ValueError as error:
        return Reply(400, {"code": "BadRequest", "message": str(error)})
    value = [_metric(state, endpoint, deployment, question, name) for name in question.names]
    return Reply(
        200,
        {
            "cost": 0,
            "timespan": f"{_text(question.start)}/{_text(question.end)}",
            "interval": request.query.get("interval", "PT1M"),
            "value": value,
            "namespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "resourceregion": "westeurope",
        },
    )


def _question(request: Request, state: State) -> Question:
    query = request.query
    names = tuple(name for name in query.get("metricnames", "").split(",") if name)
    if not names or len(names) > MOST_METRICS:
        raise ValueError("metricnames must have 1 to 20 names")
    start, _, end = query.get("timespan", "").partition("/")
    interval = query.get("interval", "PT1M")
    if interval not in INTERVALS:
        raise ValueError(f"Invalid interval {interval}")
    if "top" in query and "$filter" not in query:
        raise ValueError("top is only valid with a filter")
    now = datetime.fromtimestamp(state.now(), UTC)
    return Question(
        names=names,
        aggregation=query.get("aggregation", "Average"),
        start=_time(start) if start else now - timedelta(hours=1),
        end=_time(end) if end else now,
        step=INTERVALS[interval],
        clauses=parse_filter(query.get("$filter", "")),
        top=int(query.get("top", DEFAULT_TOP)),
    )


def _time(text: str) -> datetime:
    # A "+" that was not percent-encoded arrives as a space, and is no time any more.
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", text):
        raise ValueError(f"Invalid time {text!r} in timespan")
    return datetime.fromisoformat(text).astimezone(UTC)


def _check_name(
    state: State, question: Question, endpoint: Endpoint, deployment: str | None, name: str
) -> None:
    family = DEPLOYMENT if deployment else ENDPOINT
    if name in family:
        _check(state, question, name, family[name])
    elif name not in {custom for _, custom in endpoint.load.extra_values}:
        raise ValueError(
            "Failed to find metric configuration for provider: "
            "Microsoft.MachineLearningServices, resource Type: workspaces/onlineEndpoints, "
            f"metric: {name}, Valid metrics: {','.join(family)}"
        )


def _check(state: State, question: Question, name: str, reading: Reading) -> None:
    for clause in question.clauses:
        if clause.dimension.lower() not in (d.lower() for d in reading.dimensions):
            raise ValueError(f"Metric {name} does not support dimension {clause.dimension}")
    if question.aggregation not in reading.aggregations and state.settings.strict_aggregation:
        raise ValueError(
            f"Metric {name} does not support aggregation {question.aggregation}. "
            f"Supported aggregation: {', '.join(reading.aggregations)}"
        )


def _metric(
    state: State, endpoint: Endpoint, deployment: str | None, question: Question, name: str
) -> dict[str, Any]:
    series: dict[tuple[tuple[str, str], ...], dict[int, list[float]]] = defaultdict(dict)
    split = [clause.dimension for clause in question.clauses]
    first = int(question.start.timestamp()) // 60
    end = -int(-question.end.timestamp() // 60)
    for minute in range(first, end):
        for dimensions, values in readings(state, endpoint, deployment, name, minute):
            if not all(c.admits(_of(dimensions, c.dimension)) for c in question.clauses):
                continue
            key = tuple((d.lower(), _of(dimensions, d)) for d in split)
            series[key].setdefault(minute, []).extend(values)
    reading = ENDPOINT.get(name) or DEPLOYMENT.get(name)
    found = [
        {
            "metadatavalues": [
                {"name": {"value": d, "localizedValue": d}, "value": value} for d, value in key
            ],
            "data": list(_points(state, question, reading, name, minutes, (first, end))),
        }
        for key, minutes in sorted(series.items())
    ]
    unit = reading.unit if reading else "Unspecified"
    return {
        "id": f"{endpoint.body['id']}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": unit,
        "timeseries": found[: question.top] if question.clauses else found,
        "errorCode": "Success",
    }


def _points(
    state: State,
    question: Question,
    reading: Reading | None,
    name: str,
    minutes: Mapping[int, list[float]],
    bounds: tuple[int, int],
) -> Iterator[dict[str, Any]]:
    known = state.now() - state.settings.ingestion_seconds
    if name.startswith("RequestLatency"):
        known -= state.settings.latency_seconds
    key = question.aggregation.lower()
    supported = reading is None or question.aggregation in reading.aggregations
    for start in range(*bounds, question.step):
        at = datetime.fromtimestamp(start * 60, UTC)
        if start * 60 >= state.now():
            return
        found = [
            v
            for minute in range(start, start + question.step)
            if (minute + 1) * 60 <= known
            for v in minutes.get(minute, [])
        ]
        point: dict[str, Any] = {"timeStamp": _text(at)}
        if found and supported:
            point[key] = _aggregated(state, question.aggregation, found, name)
        elif supported and (name == "RequestsPerMinute" or state.settings.missing == "zero"):
            point[key] = 0.0
        elif state.settings.missing == "drop":
            continue
        yield point


def _aggregated(state: State, aggregation: str, values: list[float], name: str) -> float:
    summed = name == "RequestsPerMinute" and state.settings.rollup == "sum"
    match aggregation:
        case "Total":
            return float(sum(values))
        case "Count":
            return float(len(values))
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case _:
            return float(sum(values)) if summed else sum(values) / len(values)


def _of(dimensions: Dimensions, name: str) -> str:
    return next((v for d, v in dimensions.items() if d.lower() == name.lower()), "")


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
