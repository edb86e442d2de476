"""Raw metric values and CloudWatch's statistics of them."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .wire import Json, Refusal, moment

Name = tuple[str, str, frozenset[tuple[str, str]]]
STATISTICS = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}
HIGH_RESOLUTION = {1, 5, 10, 20, 30}


def invalid(message: str) -> Refusal:
    return Refusal("ValidationError", message)


class MetricStore:
    def __init__(self) -> None:
        self._values: defaultdict[Name, defaultdict[float, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        at: float,
        values: list[float],
        resolution: float,
    ) -> None:
        """Values are kept at the moment they are published for: rounded down to a resolution."""
        key = (namespace, name, frozenset(dimensions.items()))
        self._values[key][at - at % resolution].extend(values)

    def get_metric_data(self, params: Json, page_size: int | None) -> Json:
        queries = params.get("MetricDataQueries") or []
        _check_queries(queries)
        start, end = moment(params["StartTime"]), moment(params["EndTime"])
        if start >= end:
            raise invalid("The parameter StartTime must be less than the parameter EndTime.")
        ascending = params.get("ScanBy") == "TimestampAscending"
        results = [self._result(query, start, end, ascending=ascending) for query in queries]
        offset = int(params.get("NextToken") or 0)
        until = len(results) if page_size is None else offset + page_size
        answer: Json = {"MetricDataResults": results[offset:until], "Messages": []}
        if until < len(results):
            answer["NextToken"] = str(until)
        return answer

    def _result(self, query: Json, start: float, end: float, *, ascending: bool) -> Json:
        stat = query["MetricStat"]
        metric, period = stat["Metric"], int(stat["Period"])
        dimensions = frozenset((d["Name"], d["Value"]) for d in metric.get("Dimensions") or [])
        key = (metric["Namespace"], metric["MetricName"], dimensions)
        raw: dict[float, list[float]] = self._values.get(key) or {}
        start -= start % min(60, period)
        bins: defaultdict[float, list[float]] = defaultdict(list)
        for at, values in raw.items():
            if start <= at < end:
                bins[at - (at - start) % period].extend(values)
        times = sorted(bins, reverse=not ascending)
        return {
            "Id": query["Id"],
            "Label": metric["MetricName"],
            "Timestamps": times,
            "Values": [statistic(bins[at], stat["Stat"]) for at in times],
            "StatusCode": "Complete",
        }


def statistic(values: list[float], name: str) -> float:
    """One CloudWatch statistic of raw values; lower bounds are exclusive, upper ones inclusive."""
    if name in STATISTICS:
        plain = {
            "Sum": sum(values),
            "Average": sum(values) / len(values),
            "Minimum": min(values),
            "Maximum": max(values),
            "SampleCount": float(len(values)),
        }
        return plain[name]
    if match := re.fullmatch(r"p(\d{1,2}(?:\.\d{1,10})?)", name):
        ordered = sorted(values)
        rank = math.ceil(float(match[1]) / 100 * len(ordered))
        return ordered[max(rank, 1) - 1]
    if match := re.fullmatch(r"PR\(([\d.]*):([\d.]*)\)", name):
        low = float(match[1]) if match[1] else -math.inf
        high = float(match[2]) if match[2] else math.inf
        return 100 * sum(low < value <= high for value in values) / len(values)
    raise invalid(f"The parameter MetricDataQueries has an invalid Stat: {name}")


def _check_queries(queries: list[Any]) -> None:
    if not queries or len(queries) > 500:
        raise invalid("The collection MetricDataQueries must have 1 to 500 items.")
    ids = [query.get("Id", "") for query in queries]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[a-z]\w*", name) for name in ids):
        raise invalid("The values for parameter id in MetricDataQueries must be unique and valid.")
    for query in queries:
        period = int(query["MetricStat"]["Period"])
        if period not in HIGH_RESOLUTION and (period < 60 or period % 60):
            raise invalid(f"Invalid Period: {period}")
        statistic([1.0], query["MetricStat"]["Stat"])
