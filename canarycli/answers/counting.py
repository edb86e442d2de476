"""Counts what answers say by version and period, each answer once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from canarycli.answers.quality import QUALITY
from canarycli.answers.reading import Paths, Said, read
from canarycli.answers.told import Told
from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import (
    ABOUT,
    LABELLED,
    LENGTHS,
    Counts,
    Histogram,
    Metric,
    Point,
    Series,
    Value,
    Window,
)
from canarycli.recorder import Answer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BOUNDS = tuple(step / 100 for step in range(1, 100))
"""Where scores from 0 to 1 are counted; a score beyond them falls into the outermost."""

BY_SCORE = frozenset({"score_over", "scores", "auc", "brier", "log_loss", "error_over"})
BY_CLASS = frozenset({"class_share", "accuracy", "missed", "false_alarms", "precision"})
OF_TWO = frozenset({"missed", "false_alarms", "precision", "auc", "brier", "log_loss"})
"""Metrics that need a positive class."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a period is and how late it is whole."""

    period: timedelta
    delay: timedelta


def told(
    answers: Iterable[Answer],
    paths: Paths,
    window: Window,
    *,
    period: timedelta,
    versions: Collection[str],
) -> Iterator[Told]:
    """Every answer of the whole periods that lie in the window, once."""
    known: set[tuple[str, str]] = set()
    for answer in answers:
        start = answer.at - (answer.at - EPOCH) % period
        if answer.version not in versions or (answer.version, answer.key) in known:
            continue
        if not (window.start <= start and start + period <= window.end):
            continue
        known.add((answer.version, answer.key))
        several = list(read(answer.body, answer.content_type, paths))
        for said in several:
            key = answer.key if len(several) == 1 else ""
            yield Told(answer.version, start, said.key or key, said)


def counted(
    found: Iterable[Told],
    paths: Paths,
    metrics: Collection[Metric],
    *,
    pace: Pace,
    versions: Collection[str],
) -> Mapping[str, Mapping[str, Series]]:
    """A series by version and metric key.

    Raises:
        Unsupported: a metric asks for what `predictions` does not say.
    """
    for metric in metrics:
        refuse(metric, paths)
    periods: dict[str, dict[datetime, list[Told]]] = {name: defaultdict(list) for name in versions}
    for one in found:
        periods[one.version][one.at].append(one)
    return {
        version: {
            metric.key: Series(
                tuple(_points(metric, by_time, paths)),
                pace.period,
                pace.delay,
                _labelled(metric, by_time, paths),
            )
            for metric in metrics
        }
        for version, by_time in periods.items()
    }


def _labelled(
    metric: Metric, by_time: Mapping[datetime, Sequence[Told]], paths: Paths
) -> float | None:
    """The part of the answers that has a label, None where none is asked for."""
    if metric.name not in LABELLED:
        return None
    every = (one for several in by_time.values() for one in several)
    asked = [one.truth is not None for one in every if metric.takes(_field(metric, one, paths))]
    return sum(asked) / len(asked) if asked else None


def _points(
    metric: Metric, by_time: Mapping[datetime, Sequence[Told]], paths: Paths
) -> Iterator[Point]:
    for at in sorted(by_time):
        point = _point(metric, at, by_time[at], paths)
        if point is not None:
            yield point


def _point(metric: Metric, at: datetime, every: Sequence[Told], paths: Paths) -> Point | None:
    several = [one for one in every if metric.takes(_field(metric, one, paths))]
    if metric.name == "scores":
        return _histogram(at, several)
    if metric.name in LENGTHS:
        return _mean(metric, at, [one.said for one in several])
    if metric.name in QUALITY:
        return Counts(at, *map(float, QUALITY[metric.name](metric, several, paths)))
    among, those = SAYS[metric.name]
    counts = [those(metric, one.said) for one in several if among(one.said)]
    return Counts(at, len(counts), sum(counts))


def _field(metric: Metric, one: Told, paths: Paths) -> str | None:
    """The value an answer is sliced by; one that can't be read has none."""
    where = paths.fields.index(metric.by) if metric.value else 0
    return one.said.fields[where] if one.said.fields else None


Which = Callable[[Said], bool]
Those = Callable[[Metric, Said], bool]

SAYS: Mapping[str, tuple[Which, Those]] = MappingProxyType(
    {
        "answer_invalid": (lambda _: True, lambda _, said: not (said.valid or said.empty)),
        "answer_empty": (lambda _: True, lambda _, said: said.empty),
        "class_share": (
            lambda said: said.valid,
            lambda metric, said: said.label == metric.about,
        ),
        "score_over": (
            lambda said: said.valid and said.score is not None,
            lambda metric, said: (said.score or 0.0) > float(metric.about),
        ),
    }
)
"""What a metric of answers counts: among which of them, and which of those."""


def _histogram(at: datetime, several: Sequence[Told]) -> Histogram:
    counts = [0.0] * (len(BOUNDS) + 1)
    for one in several:
        if one.said.valid and one.said.score is not None:
            counts[min(len(BOUNDS), max(0, int(one.said.score * 100)))] += 1
    return Histogram(at, BOUNDS, tuple(counts))


def _mean(metric: Metric, at: datetime, several: Sequence[Said]) -> Value | None:
    """The mean length of those that have one, each cut at the metric's cap; None without any."""
    cap = float(metric.about or "inf")
    sizes = (one.length if metric.name == "answer_length" else one.tokens for one in several)
    known = [min(size, cap) for size in sizes if size is not None]
    return Value(at, sum(known) / len(known), len(known)) if known else None


def refuse(metric: Metric, paths: Paths) -> None:
    """Refuse a metric of what `predictions` does not say.

    Raises:
        Unsupported: it does not.
    """
    if metric.name in BY_CLASS and paths.label is None and not paths.positive:
        raise _lacks(metric, "class:, where in an answer its class is")
    if metric.name in BY_SCORE and paths.score is None:
        raise _lacks(metric, "score:, where in an answer its score is")
    if metric.name in OF_TWO and not paths.positive:
        raise _lacks(metric, "positive:, the class that is looked for")
    if metric.name not in {*SAYS, *QUALITY, *LENGTHS, "scores"}:
        raise Unsupported(f"{metric.key}: recorded answers do not say that")
    if metric.name in ABOUT - {"class_share"}:
        try:
            float(metric.about)
        except ValueError as error:
            raise Unsupported(
                f"{metric.key}: a number belongs there: {metric.name}(0.8)"
            ) from error


def refuse_labels(metrics: Iterable[Metric]) -> None:
    """Refuse what can't be told from answers alone.

    Raises:
        Unsupported: a metric needs to know what would have been right.
    """
    for metric in metrics:
        if metric.name in LABELLED:
            raise Unsupported(
                f"{metric.key} needs labels, which recorded answers do not have",
                hint="say where they are, labels: of the endpoint, or ask a store that joins them: "
                "a metric from: one of the sources",
            )


def _lacks(metric: Metric, what: str) -> Unsupported:
    return Unsupported(f"{metric.key}: predictions: of the endpoint does not say {what}")
