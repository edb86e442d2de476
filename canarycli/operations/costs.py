"""What a release makes its sources read: said before it starts, by the doctor and by the plan."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from canarycli.child import sized
from canarycli.engine.sources import arms_of
from canarycli.labels import LABELLED, mature_after
from canarycli.late_methods import dataclass
from canarycli.metrics import Metric, Origin, Window
from canarycli.recorder import MOST, RECORDED, USUAL_DELAY
from canarycli.registry import load_source
from canarycli.release.decide.sentences import span
from canarycli.source import Arm, Cost, Costed
from canarycli.verbs import offers

DAY = timedelta(days=1)
PERIODS = 6
"""Of these about a look asks: what is new, and what may have been revised."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What one source is asked.

    Attributes:
        source: its name.
        questions: how many one look asks.
        every: how often there is a look, at most.
        cost: of one look.
    """

    source: str
    questions: int
    every: timedelta
    cost: Cost

    @property
    def a_day(self) -> int:
        """Looks a day, at most."""
        return int(DAY / self.every)

    def __str__(self) -> str:
        """`2 questions a look, up to 1,440 looks a day (every 1 min); a look reads 310.0 MB`."""
        asks = f"{self.questions} question{'s' * (self.questions != 1)} a look"
        text = f"{asks}, up to {self.a_day:,} looks a day (every {span(self.every)})"
        reads, most = self.cost.reads, self.cost.most
        if reads is not None:
            text += f"; a look reads {sized(reads)}, up to {sized(reads * self.a_day)} a day"
        if most is not None:
            text += f"; more than {sized(most)} a look is refused"
        return text


def reads_of(
    endpoint: str,
    versions: Collection[str],
    metrics: Sequence[Metric],
    queries: Mapping[str, str],
    *,
    now: datetime,
    every: timedelta,
) -> Iterator[Reads]:
    """What a look at each of the metrics' sources takes.

    Args:
        endpoint: of the release.
        versions: the baseline's name, and the candidate's if it has one yet.
        metrics: of a plan; those of the endpoint's own cloud are left out.
        queries: each metric's question as it was sent, by its key.
        now: the time.
        every: how often the plan looks.

    Raises:
        CanaryError: a source can't say it: a look would be refused.
    """
    groups: dict[str, list[Metric]] = {}
    for metric in metrics:
        if metric.origin is not None:
            groups.setdefault(metric.origin.name, []).append(metric)
    arms = arms_of(endpoint, versions)
    for name, group in groups.items():
        asked = {queries.get(metric.key, "") for metric in group}
        origin = group[0].origin
        if origin is not None:
            yield Reads(name, len(asked), every, _cost(origin, arms, group, now))


def _cost(origin: Origin, arms: Sequence[Arm], metrics: Sequence[Metric], now: datetime) -> Cost:
    settings = origin.settings
    if origin.kind in {RECORDED, LABELLED}:
        return Cost(most=int(settings.get("at_most") or MOST))
    source = load_source(origin)
    if not offers(source, Costed):
        return Cost()
    end = now - max(settings.get("delay") or USUAL_DELAY, mature_after(origin))
    length = PERIODS * (settings.get("period") or timedelta(minutes=5))
    return source.cost(arms, metrics, Window(end - length, end))
