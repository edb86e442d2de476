"""Measures a person's own metric from Cloud Monitoring.

In canary.yaml:

    cloud_monitoring:
      type: custom.googleapis.com/fraud/approved
      labels: {model: "{arm}"}      # `{arm}` stands for the version's deployed model id
      reducer: mean                 # mean, sum, min, max, count, rate, distribution, p50 ... p99
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Metric, Value
from canarycli_vertex.distribution import percentile, read_histogram
from canarycli_vertex.errors import understood
from canarycli_vertex.monitoring import ARM, PREFIX, Question, Reading, one_of, quoted
from canarycli_vertex.offered import WORD

ARM_TEXT = "{arm}"
REDUCERS: Mapping[str, tuple[str, str]] = {
    "mean": ("ALIGN_MEAN", "REDUCE_MEAN"),
    "sum": ("ALIGN_SUM", "REDUCE_SUM"),
    "min": ("ALIGN_MIN", "REDUCE_MIN"),
    "max": ("ALIGN_MAX", "REDUCE_MAX"),
    "count": ("ALIGN_COUNT", "REDUCE_SUM"),
    "rate": ("ALIGN_RATE", "REDUCE_SUM"),
    "distribution": ("ALIGN_DELTA", "REDUCE_SUM"),
}
_RANK = re.compile(r"p(\d{2})")
_LABEL = re.compile(r"(?:(?:metric|resource)\.labels?\.)?[A-Za-z_][A-Za-z0-9_]*")
_KEYS = frozenset({"type", "labels", "reducer", "aligner"})


@dataclass(frozen=True, slots=True)
class Source:
    """A custom metric's source, checked.

    Attributes:
        type: Monitoring's metric type.
        labels: what labels must be; full names, with `{arm}` in a value.
        aligner: Monitoring's word.
        reducer: Monitoring's word.
        rank: for a distribution, the percentile to read from it; None reads its mean.
    """

    type: str
    labels: Mapping[str, str]
    aligner: str
    reducer: str
    rank: float | None

    @classmethod
    def read(cls, metric: Metric, endpoint_id: str) -> "Source":
        """The source as it stands in canary.yaml.

        Raises:
            Unsupported: it says too little, or something unknown.
        """
        given = metric.source[WORD]
        if not isinstance(given, Mapping) or not given.get("type"):
            raise Unsupported(f"metric {metric.name!r}: {WORD} needs a type")
        for key in given:
            if key not in _KEYS:
                raise Unsupported(
                    f"metric {metric.name!r}: {WORD} has no key {key!r}",
                    hint=f"it has {', '.join(sorted(_KEYS))}",
                )
        word = str(given.get("reducer", "mean"))
        match = _RANK.fullmatch(word)
        if word not in REDUCERS and not match:
            raise Unsupported(
                f"metric {metric.name!r}: there is no reducer {word!r}",
                hint=f"there are {', '.join(REDUCERS)} and p01 to p99",
            )
        aligner, reducer = REDUCERS["distribution" if match else word]
        return cls(
            type=str(given["type"]),
            labels=_labels(metric.name, given, endpoint_id),
            aligner=str(given.get("aligner", aligner)),
            reducer=reducer,
            rank=int(match[1]) / 100 if match else None,
        )

    @property
    def arm_label(self) -> str:
        """The metric label that is the version and nothing else, "" if there is none."""
        names = [name for name, text in self.labels.items() if ARM_TEXT in text]
        if len(names) == 1 and self.labels[names[0]] == ARM_TEXT:
            return names[0].removeprefix("metric.labels.") if "metric" in names[0] else ""
        return ""


def measure_custom(
    ask: Callable[[Question], list[Reading]],
    endpoint_id: str,
    versions: tuple[str, ...],
    metric: Metric,
) -> tuple[dict[str, list[Value]], str]:
    """The points by version, and the question in Monitoring's words.

    One request for all versions where one label is the version, else one for each.
    """
    source = Source.read(metric, endpoint_id)
    label = source.arm_label
    if label:
        question = _question(source, versions, by=(label,))
        readings = ask(question)
        with understood(source.type):
            found = _values(source, {v: _of(readings, label, v) for v in versions})
        return found, str(question)
    questions = {version: _question(source, (version,), by=()) for version in versions}
    answers = {version: ask(question) for version, question in questions.items()}
    with understood(source.type):
        return _values(source, answers), "; ".join(str(q) for q in questions.values())


def _of(readings: list[Reading], label: str, version: str) -> list[Reading]:
    return [one for one in readings if one.labels.get(label) == version]


def _labels(name: str, given: Mapping[str, Any], endpoint_id: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, text in (given.get("labels") or {}).items():
        if not _LABEL.fullmatch(str(key)):
            raise Unsupported(f"metric {name!r}: {key!r} can't be a label")
        full = re.sub(r"\.label\.", ".labels.", str(key))
        labels[full if "." in full else f"metric.labels.{full}"] = str(text)
    if any(ARM_TEXT in text for text in labels.values()):
        return labels
    if not str(given["type"]).startswith(PREFIX):
        raise Unsupported(
            f"metric {name!r}: nothing in its labels tells the versions apart",
            hint=f'labels: {{model: "{ARM_TEXT}"}}',
        )
    own = {f"metric.labels.{ARM}": ARM_TEXT, "resource.labels.endpoint_id": endpoint_id}
    return {**own, **labels}


def _question(source: Source, versions: tuple[str, ...], by: tuple[str, ...]) -> Question:
    terms = [f"metric.type={quoted(source.type)}"]
    for name, text in source.labels.items():
        words = {text.replace(ARM_TEXT, version) for version in versions}
        terms.append(one_of(name, words))
    return Question(" AND ".join(terms), source.aligner, source.reducer, by)


def _values(source: Source, readings: Mapping[str, list[Reading]]) -> dict[str, list[Value]]:
    found: dict[str, dict[datetime, Value]] = defaultdict(dict)
    for version, several in readings.items():
        for one in several:
            value = _value(source, one)
            if value is not None:
                found[version][one.at] = value
    return {version: list(minutes.values()) for version, minutes in found.items()}


def _value(source: Source, one: Reading) -> Value | None:
    if not isinstance(one.value, dict):
        return Value(one.at, one.value)
    count = float(int(one.value.get("count", 0)))
    if not count:
        return None
    if source.rank is None:
        return Value(one.at, float(one.value.get("mean", 0.0)), count)
    histogram = read_histogram(one.at, one.value, 1.0)
    value = percentile(histogram, source.rank) if histogram else None
    return None if value is None else Value(one.at, value, count)
