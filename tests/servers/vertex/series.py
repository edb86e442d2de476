"""Cloud Monitoring's `timeSeries.list`: filter, align, reduce, page."""

import math
import re
import secrets
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .clock import ServerClock, rfc3339, seconds
from .errors import Refused
from .traffic import Requests

Json = dict[str, Any]
Query = Mapping[str, list[str]]

PREFIX = "aiplatform.googleapis.com/prediction/online/"
RESOURCE = "aiplatform.googleapis.com/Endpoint"
NUMERIC = {"ALIGN_MEAN", "ALIGN_MIN", "ALIGN_MAX", "ALIGN_RATE"}
_TERM = re.compile(r'([\w.]+)\s*=\s*("(?:[^"\\]|\\.)*"|one_of\((?:"(?:[^"\\]|\\.)*",?\s*)+\))')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass
class Raw:
    """One raw series: samples by time, single values or lists of what a distribution is of."""

    type: str
    kind: str
    labels: dict[str, str]
    resource: dict[str, str]
    samples: list[tuple[float, float]] = field(default_factory=list)
    distribution: bool = False


class Monitoring:
    """Metrics made from raw requests, and series that were put in by hand."""

    def __init__(self, requests: Requests, clock: ServerClock) -> None:
        self._requests, self._clock = requests, clock
        self.extra: list[Raw] = []
        self.metric_delay = 0.0
        self.shortest_period = 60.0
        self.page_points = 100_000
        self.buckets: Json = {
            "exponentialBuckets": {"numFiniteBuckets": 40, "growthFactor": 1.4, "scale": 1.0}
        }
        self._pages: dict[str, list[list[Json]]] = {}

    def answer(self, query: Query) -> Json:
        """One page of an answer."""
        token = query.get("pageToken", [""])[0]
        if not token:
            first, *rest = _paged(self._found(query), self.page_points)
            return self._page(first, rest)
        if token not in self._pages:
            raise Refused("INVALID_ARGUMENT", "Unknown page token.")
        first, *rest = self._pages.pop(token)
        return self._page(first, rest)

    def _page(self, first: list[Json], rest: list[list[Json]]) -> Json:
        page: Json = {"timeSeries": first} if first else {}
        if rest:
            page["nextPageToken"] = secrets.token_hex(8)
            self._pages[page["nextPageToken"]] = rest
        return page

    def _found(self, query: Query) -> list[Json]:
        terms = parse_filter(_one(query, "filter"))
        aligner = _one(query, "aggregation.perSeriesAligner")
        reducer = query.get("aggregation.crossSeriesReducer", ["REDUCE_NONE"])[0]
        by = [text.rpartition(".")[2] for text in query.get("aggregation.groupByFields", [])]
        period = float(_one(query, "aggregation.alignmentPeriod").removesuffix("s"))
        start, end = (seconds(_one(query, f"interval.{x}Time")) for x in ("start", "end"))
        if period < self.shortest_period or end <= start:
            raise Refused("INVALID_ARGUMENT", "Bad interval or alignment period.")
        groups: dict[tuple[tuple[str, str], ...], dict[float, list[Any]]] = {}
        for raw in self._raw(terms, start, end):
            _check_aligner(raw, aligner)
            labels = {k: v for k, v in raw.labels.items() if k in by} if by else {}
            labels = raw.labels if reducer == "REDUCE_NONE" else labels
            points = groups.setdefault(tuple(sorted(labels.items())), defaultdict(list))
            visible = min(end, self._clock.now() - self.metric_delay)
            for at, value in _aligned(raw, aligner, period, (start, end), visible).items():
                points[at].append(value)
        return [
            self._series(dict(labels), points, reducer, period)
            for labels, points in groups.items()
            if points
        ]

    def _raw(self, terms: Mapping[str, set[str]], start: float, end: float) -> Iterable[Raw]:
        types = terms.get("metric.type", set())
        if len(types) != 1:
            raise Refused("INVALID_ARGUMENT", "The filter must name exactly one metric type.")
        kind = next(iter(types))
        for raw in (*self._built_in(kind, start, end), *(e for e in self.extra if e.type == kind)):
            known = {
                "metric.type": raw.type,
                "resource.type": RESOURCE,
                **{f"metric.labels.{k}": v for k, v in raw.labels.items()},
                **{f"resource.labels.{k}": v for k, v in raw.resource.items()},
            }
            if all(known.get(name) in words for name, words in terms.items()):
                yield raw

    def _built_in(self, kind: str, start: float, end: float) -> Iterable[Raw]:
        name = kind.removeprefix(PREFIX)
        found: dict[tuple[str, ...], Raw] = {}
        for one in self._requests.all():
            for extra, value in _facts(name, one) if start < one.at <= end else ():
                key = (one.endpoint, one.model, *extra.values())
                raw = found.get(key)
                if raw is None:
                    labels = {"deployed_model_id": one.model, "spot": "false", **extra}
                    resource = {"endpoint_id": one.endpoint}
                    timed = name == "prediction_latencies"
                    raw = found[key] = Raw(kind, "DELTA", labels, resource, [], timed)
                raw.samples.extend([(one.at, value)] * (one.count if raw.distribution else 1))
        return found.values()

    def _series(
        self, labels: dict[str, str], points: Mapping[float, Any], reducer: str, period: float
    ) -> Json:
        return {
            "metric": {"labels": labels},
            "resource": {"type": RESOURCE},
            "points": [
                {
                    "interval": {"startTime": rfc3339(at - period), "endTime": rfc3339(at)},
                    "value": self._reduced(points[at], reducer),
                }
                for at in sorted(points, reverse=True)
            ],
        }

    def _reduced(self, values: list[Any], reducer: str) -> Json:
        if isinstance(values[0], list):
            return {
                "distributionValue": distribution([v for vs in values for v in vs], self.buckets)
            }
        number = {
            "REDUCE_MEAN": sum(values) / len(values),
            "REDUCE_MIN": min(values),
            "REDUCE_MAX": max(values),
        }.get(reducer, sum(values))
        if isinstance(number, int):
            return {"int64Value": str(number)}
        return {"doubleValue": number}


def parse_filter(text: str) -> dict[str, set[str]]:
    """What each field must be one of; anything but `a="b" AND c=one_of("d","e")` is refused."""
    terms: dict[str, set[str]] = {}
    for part in re.split(r"\s+AND\s+", text.strip()):
        match = _TERM.fullmatch(part)
        if not match:
            raise Refused("INVALID_ARGUMENT", f"Could not parse filter {part!r}")
        name = match[1].replace(".label.", ".labels.")
        terms[name] = {re.sub(r"\\(.)", r"\1", word) for word in _STRING.findall(match[2])}
    return terms


def distribution(values: list[float], options: Json) -> Json:
    """Google's Distribution of raw values; zero counts at the end are left out."""
    bounds = bucket_bounds(options)
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_right(bounds, value)] += 1
    while counts and not counts[-1]:
        counts.pop()
    mean = math.fsum(values) / len(values)
    return {
        "count": str(len(values)),
        "mean": mean,
        "sumOfSquaredDeviation": math.fsum((value - mean) ** 2 for value in values),
        "bucketOptions": options,
        "bucketCounts": [str(count) for count in counts],
    }


def bucket_bounds(options: Json) -> list[float]:
    """The bounds that bucket options stand for."""
    if form := options.get("exponentialBuckets"):
        return [
            form["scale"] * form["growthFactor"] ** i for i in range(form["numFiniteBuckets"] + 1)
        ]
    if form := options.get("linearBuckets"):
        return [
            form.get("offset", 0) + form["width"] * i for i in range(form["numFiniteBuckets"] + 1)
        ]
    return list(options["explicitBuckets"]["bounds"])


def _facts(name: str, one: Any) -> Iterable[tuple[dict[str, str], float]]:
    if name == "response_count":
        yield {"response_code": one.code}, one.count
    elif name == "prediction_latencies":
        yield {"latency_type": "total"}, one.ms
        yield {"latency_type": "overhead"}, one.overhead_ms
        yield {"latency_type": "model"}, max(one.ms - one.overhead_ms, 0.0)
    elif name == "error_count" and not one.code.startswith("2"):
        yield {}, one.count


def _aligned(
    raw: Raw, aligner: str, period: float, interval: tuple[float, float], visible: float
) -> dict[float, Any]:
    """Samples by the end of their period; periods are counted back from the interval's end."""
    start, end = interval
    found: dict[float, list[float]] = defaultdict(list)
    for at, value in raw.samples:
        if start < at <= min(end, visible):
            found[end - math.floor((end - at) / period) * period].append(value)
    if raw.distribution:
        return dict(found)
    folds: dict[str, Callable[[list[float]], float]] = {
        "ALIGN_MEAN": lambda v: sum(v) / len(v),
        "ALIGN_MIN": min,
        "ALIGN_MAX": max,
        "ALIGN_COUNT": len,
        "ALIGN_RATE": lambda v: sum(v) / period,
    }
    fold = folds.get(aligner, sum)
    return {at: fold(values) for at, values in found.items()}


def _check_aligner(raw: Raw, aligner: str) -> None:
    if raw.distribution and aligner in NUMERIC:
        raise Refused("INVALID_ARGUMENT", f"{aligner} is not valid for a distribution.")
    if raw.kind == "GAUGE" and aligner in {"ALIGN_DELTA", "ALIGN_RATE"}:
        raise Refused("INVALID_ARGUMENT", f"{aligner} is not valid for a gauge.")


def _paged(series: list[Json], points: int) -> list[list[Json]]:
    """Pages of so many points; a series that doesn't fit goes on on the next page."""
    pages: list[list[Json]] = [[]]
    room = points
    for one in series:
        rest = one["points"]
        while rest:
            if not room:
                pages.append([])
                room = points
            pages[-1].append({**one, "points": rest[:room]})
            rest, room = rest[room:], room - len(rest[:room])
    return pages


def _one(query: Query, name: str) -> str:
    if name not in query:
        raise Refused("INVALID_ARGUMENT", f"{name} is required.")
    return query[name][0]
