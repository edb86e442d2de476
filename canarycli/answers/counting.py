"""Counts what answers say by version and period, each answer once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from canarycli.answers.reading import Paths, Said, read
from canarycli.errors import Unsupported
from canarycli.metrics import Counts, Histogram, Metric, Point, Series, Window
from canarycli.recorder import Answer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BOUNDS = tuple(step / 100 for step in range(1, 100))
"""Where scores from 0 to 1 are counted; a score beyond them falls into the outermost."""


@dataclass(slots=True)
class Tally:
    """What one version said in one period."""

    n: int = 0
    valid: int = 0
    empty: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    scores: list[float] = field(default_factory=list)

    def add(self, said: Said) -> None:
        """Take one answer in."""
        self.n += 1
        self.valid += said.valid
        self.empty += said.empty
        if said.valid and said.label is not None:
            self.labels[said.label] += 1
        if said.valid and said.score is not None:
            self.scores.append(said.score)


def counted(
    answers: Iterable[Answer],
    paths: Paths,
    metrics: Collection[Metric],
    window: Window,
    *,
    period: timedelta,
    delay: timedelta,
    versions: Collection[str],
) -> Mapping[str, Mapping[str, Series]]:
    """A series by version and metric key; only whole periods that lie in the window.

    Raises:
        Unsupported: a metric asks for what `predictions` does not say.
    """
    for metric in metrics:
        _refuse(metric, paths)
    tallies: dict[str, dict[datetime, Tally]] = {name: defaultdict(Tally) for name in versions}
    known: set[tuple[str, str]] = set()
    for answer in answers:
        start = answer.at - (answer.at - EPOCH) % period
        if answer.version not in tallies or (answer.version, answer.key) in known:
            continue
        if not (window.start <= start and start + period <= window.end):
            continue
        known.add((answer.version, answer.key))
        for said in read(answer.body, answer.content_type, paths):
            tallies[answer.version][start].add(said)
    return {
        version: {
            metric.key: Series(
                tuple(_point(metric, at, found[at]) for at in sorted(found)), period, delay
            )
            for metric in metrics
        }
        for version, found in tallies.items()
    }


def _point(metric: Metric, at: datetime, tally: Tally) -> Point:
    match metric.name:
        case "answer_invalid":
            return Counts(at, tally.n, tally.n - tally.valid - tally.empty)
        case "answer_empty":
            return Counts(at, tally.n, tally.empty)
        case "class_share":
            return Counts(at, tally.valid, tally.labels[metric.about])
        case "score_over":
            over = sum(score > float(metric.about) for score in tally.scores)
            return Counts(at, len(tally.scores), over)
        case _:
            counts = [0.0] * (len(BOUNDS) + 1)
            for score in tally.scores:
                counts[min(len(BOUNDS), max(0, int(score * 100)))] += 1
            return Histogram(at, BOUNDS, tuple(counts))


def _refuse(metric: Metric, paths: Paths) -> None:
    match metric.name:
        case "class_share" if paths.label is None and not paths.positive:
            raise _lacks(metric, "class:, where in an answer its class is")
        case "score_over" | "scores" if paths.score is None:
            raise _lacks(metric, "score:, where in an answer its score is")
        case "score_over":
            try:
                float(metric.about)
            except ValueError as error:
                raise Unsupported(f"{metric.key}: a score is a number: score_over(0.8)") from error
        case "class_share" | "scores" | "answer_invalid" | "answer_empty":
            pass
        case _:
            raise Unsupported(
                f"{metric.key} needs labels, which recorded answers do not have",
                hint="ask the store that has them: a metric from: one of the sources",
            )


def _lacks(metric: Metric, what: str) -> Unsupported:
    return Unsupported(f"{metric.key}: predictions: of the endpoint does not say {what}")
