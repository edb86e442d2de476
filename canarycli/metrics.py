"""What is measured: metric names and units, windows, and the points of a series."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from canarycli.late_methods import dataclass


class Unit(StrEnum):
    """The unit a value is in, everywhere inside canary."""

    COUNT = "count"
    RATIO = "ratio"
    SECONDS = "seconds"
    PERCENT = "percent"
    NONE = "none"


class Form(StrEnum):
    """What a cloud can say about one minute of a metric."""

    COUNTS = "counts"
    VALUES = "values"
    HISTOGRAM = "histogram"


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "requests": Unit.COUNT,
        "errors": Unit.RATIO,
        "errors_5xx": Unit.RATIO,
        "errors_4xx": Unit.RATIO,
        "model_errors": Unit.RATIO,
        "latency_over": Unit.RATIO,
        "latency": Unit.SECONDS,
        "latency_p50": Unit.SECONDS,
        "latency_p90": Unit.SECONDS,
        "latency_p95": Unit.SECONDS,
        "latency_p99": Unit.SECONDS,
        "overhead_p50": Unit.SECONDS,
        "overhead_p99": Unit.SECONDS,
        "cpu": Unit.PERCENT,
        "memory": Unit.PERCENT,
        "gpu": Unit.PERCENT,
    }
)
"""The built-in metric names, the same on every cloud, and the unit of each."""


ANSWERS: Mapping[str, Unit] = MappingProxyType(
    {
        "class_share": Unit.RATIO,
        "score_over": Unit.RATIO,
        "scores": Unit.RATIO,
        "answer_invalid": Unit.RATIO,
        "answer_empty": Unit.RATIO,
        "answer_length": Unit.COUNT,
        "answer_tokens": Unit.COUNT,
        "accuracy": Unit.RATIO,
        "precision": Unit.RATIO,
        "missed": Unit.RATIO,
        "false_alarms": Unit.RATIO,
        "auc": Unit.RATIO,
        "brier": Unit.RATIO,
        "log_loss": Unit.RATIO,
        "error_over": Unit.RATIO,
    }
)
"""Metrics of what a model says, read from recorded answers; their `n` is answers, not traffic."""

FAILURES = frozenset({"errors", "errors_5xx", "model_errors"})
"""Metrics of which every bad request got no answer of its model's; of others most may be bad."""

ABOUT = frozenset({"class_share", "score_over", "error_over"})
"""Those that say what about: `class_share(fraud)`."""

LENGTHS = frozenset({"answer_length", "answer_tokens"})
"""Those that are a mean over the answers, of characters or tokens."""

EVERY_LABEL = frozenset({"accuracy", "brier", "log_loss", "error_over"})
"""Those that count every answer of which it is known what would have been right."""

LABELLED = EVERY_LABEL | {"precision", "missed", "false_alarms", "auc"}
"""Those that need to know what would have been right."""

RIGHT = frozenset({"accuracy", "precision", "auc"})
"""Those of which more is better: they count what was right."""

OTHER = "other"
"""The slice of all values that have none of their own."""

VALUED = frozenset({"value", "sum", "mean", "per", "promql"})
"""Keys by which a metric of a source is a value; without one it counts `bad` of `n`."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source that a metric comes from, with all it takes to ask it on any machine.

    Attributes:
        name: what canary.yaml calls it.
        kind: the entry point of its class, `prometheus`.
        settings: its keys in canary.yaml. Secrets are names of variables (`token_env`), never
            values; `delay` and `period` are `timedelta`.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing to measure, on every version asked about.

    Attributes:
        name: a key of `UNITS`, or a name of the person's own with a `source`.
        threshold: for `latency_over`, the seconds above which a request counts as slow.
        source: for a custom metric, the cloud's own words for it, as in canary.yaml under
            `cloudwatch:`, `cloud_monitoring:` or `azure_monitor:`, with that word as the only
            key; `{arm}` in a text stands for the version. With an `origin` its other keys.
        origin: the source that has it, None for the endpoint's own cloud.
        about: the class, score or error that a metric of `ABOUT` is about; what each answer is
            cut at for one of `LENGTHS`, "" for nothing.
        by: where in an answer the field is that it is asked for each value of, "" for none.
        value: the one it is asked for, `OTHER` for all that are not `among` those asked for;
            "" while nobody has looked which there are, and it counts all answers.
        among: see `value`.
    """

    name: str
    threshold: float | None = None
    source: Mapping[str, Any] = field(default_factory=dict, hash=False)
    origin: Origin | None = None
    about: str = ""
    by: str = ""
    value: str = ""
    among: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name that tells this metric from every other of a release."""
        slice_ = f" of {self.by}={self.value}" if self.value else ""
        if self.about:
            return f"{self.name}({self.about}){slice_}"
        whole = self.name if self.threshold is None else f"{self.name}({self.threshold:g}s)"
        return f"{whole}{slice_}"

    def takes(self, value: str | None) -> bool:
        """Whether it counts an answer whose field has that value."""
        if self.value in {"", value}:
            return True
        return self.value == OTHER and value not in self.among

    @property
    def says(self) -> bool:
        """Whether it is about what the model says."""
        return self.name in ANSWERS and not self.source

    @property
    def sampled(self) -> float | None:
        """The part of the recorded answers that is read for it, None where none are read."""
        if self.origin is None or not self.says:
            return None
        return float(self.origin.settings.get("sample", 1.0))

    @property
    def counts_failures(self) -> bool:
        """Whether its bad requests are failures that somebody felt."""
        return self.name in FAILURES

    @property
    def traffic(self) -> bool:
        """Whether its requests are all that the endpoint's own cloud counted."""
        return self.origin is None and not self.says

    @property
    def unit(self) -> Unit:
        """The unit its values come in: what counts some of many is a share."""
        if self.origin is None or self.says:
            return ANSWERS[self.name] if self.says else UNITS.get(self.name, Unit.NONE)
        if VALUED.isdisjoint(self.source):
            return Unit.RATIO
        return Unit(self.source.get("unit", Unit.NONE))


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of time, UTC: `start` is in it, `end` is not.

    Attributes:
        start: the first moment of it.
        end: the first moment after it.
        sources: other ranges for sources that are asked in the same look, by name: what comes
            late reaches further back.
    """

    start: datetime
    end: datetime
    sources: Mapping[str, "Window"] = field(default_factory=dict, hash=False, compare=False)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window's times carry their zone")

    def __bool__(self) -> bool:
        return self.start < self.end

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.start <= at < self.end

    def of(self, source: str) -> "Window":
        """The range that a source is asked for."""
        return self.sources.get(source, self)

    @property
    def length(self) -> timedelta:
        """From start to end, never negative."""
        return max(self.end - self.start, timedelta(0))


@dataclass(frozen=True, slots=True)
class Counts:
    """`bad` of `n` requests in the period that starts at `at`.

    `over` is where slow requests were really counted, in seconds, where a cloud only counts at
    the bounds of its buckets; None where it counts exactly as asked.
    """

    at: datetime
    n: float
    bad: float
    over: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """One value for the period that starts at `at`: a mean, a percentile, a gauge.

    `n` is the number of requests it was made from, None where the cloud does not say. With a
    `per` it is one part of a ratio of two sums, revenue per order: the other one's mean over the
    same requests.
    """

    at: datetime
    value: float
    n: float | None = None
    per: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many requests fell between each two bounds, in the period that starts at `at`.

    `counts` has one entry more than `bounds`: below the first, between each two, above the last.
    """

    at: datetime
    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.bounds) + 1:
            raise ValueError("a histogram has one count more than it has bounds")

    @property
    def n(self) -> float:
        """All requests in it."""
        return sum(self.counts)


Point = Counts | Value | Histogram


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one metric on one version, oldest first, at most one a period.

    All points have one form. No points means no data: never zero, never an error.

    Attributes:
        points: as they are known now.
        period: the time one of them covers.
        delay: points younger than this may still grow or be missing; None for the provider's
            own delay. A series of labels that take a day to come has a day.
        labelled: the part of the answers that has a label by now, where labels are asked for.
    """

    points: tuple[Point, ...] = ()
    period: timedelta = timedelta(minutes=1)
    delay: timedelta | None = None
    labelled: float | None = None

    @property
    def newest(self) -> datetime | None:
        """The end of the newest period there is a point for."""
        return self.points[-1].at + self.period if self.points else None

    def within(self, window: Window) -> "Series":
        """The points whose whole period lies in the window."""
        kept = (p for p in self.points if p.at >= window.start and p.at + self.period <= window.end)
        return replace(self, points=tuple(kept))


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one look at the metrics found: a series by version and metric key.

    Attributes:
        window: the range of time that was asked for.
        taken_at: when it was asked.
        series: by version name, then by `Metric.key`; absent means no data.
        queries: by `Metric.key`, the question in the cloud's own words, for people.
        failed: by `Metric.key`, why nothing is known of it at this look: its source failed.
    """

    window: Window
    taken_at: datetime
    series: Mapping[str, Mapping[str, Series]]
    queries: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def of(self, version: str, metric: Metric) -> Series:
        """The series of one metric on one version, empty where there is no data."""
        return self.series.get(version, {}).get(metric.key, Series())

    def joined(self, more: "Measurements") -> "Measurements":
        """With the metrics of another look at the same window."""
        versions = {**self.series, **more.series}
        series = {v: {**self.series.get(v, {}), **more.series.get(v, {})} for v in versions}
        queries, failed = {**self.queries, **more.queries}, {**self.failed, **more.failed}
        return replace(self, series=series, queries=queries, failed=failed)
