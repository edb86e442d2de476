"""Asks CloudWatch for many statistics in one call."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.errors import Denied, ProviderError, Unavailable
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Series, Window
from canarycli_sagemaker.alarms import alarm_of, alarm_series, read_alarms
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.metrics import Recipe, Statistic, recipe
from canarycli_sagemaker.points import Column, make_series
from canarycli_sagemaker.settings import MINUTE

PER_CALL = 500
"""GetMetricData's limit on queries."""

NEAR = 10
"""Windows that begin within so many periods are read as one."""

KEPT: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(hours=3), MINUTE),
    (timedelta(days=15), timedelta(minutes=5)),
    (timedelta(days=63), timedelta(hours=1)),
)
"""Data older than the first has no shorter period than the second (GetMetricData's reference)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one look at the metrics asks for."""

    endpoint: str
    versions: Collection[str]
    metrics: Collection[Metric]
    window: Window
    period: timedelta
    errors: str = "errors"

    @property
    def size(self) -> int:
        """How many statistics it takes; 0 where it can't be asked at all."""
        try:
            made = self.recipes().values()
        except ProviderError:
            return 0
        return len({part for one in made for part in one.parts.values()})

    def recipes(self) -> dict[tuple[str, str], Recipe]:
        """What each metric on each version is made from; alarms are none."""
        return {
            (version, metric.key): recipe(metric, self.endpoint, version, self.errors)
            for version in self.versions
            for metric in self.metrics
            if alarm_of(metric, self.endpoint, version) is None
        }

    def alarms(self) -> dict[tuple[str, str], str]:
        """The alarm behind each metric that is one, on each version."""
        return {
            (version, metric.key): name
            for version in self.versions
            for metric in self.metrics
            if (name := alarm_of(metric, self.endpoint, version)) is not None
        }


def measure(clients: Clients, question: Question) -> Measurements:
    """The points of each metric on each version.

    Points are whole periods that start in the window; the newest may still grow.
    """
    [answer] = measure_many(clients, [question])
    if isinstance(answer, ProviderError):
        raise answer
    return answer


def measure_many(
    clients: Clients, questions: Sequence[Question]
) -> tuple[Measurements | ProviderError, ...]:
    """The same for several, with as many statistics in each call as it takes."""
    taken_at = datetime.now(UTC)
    looks = [_look(question, taken_at) for question in questions]
    good = [look for look in looks if isinstance(look, _Look)]
    columns: dict[int, Mapping[Statistic, Column]] = {}
    for group in _groups(good):
        found = _ask(clients, group)
        columns |= {id(look): found for look in group}
    answers: list[Measurements | ProviderError] = []
    for look in looks:
        if isinstance(look, ProviderError):
            answers.append(look)
            continue
        try:
            answers.append(_answer(clients, look, columns.get(id(look), {}), taken_at))
        except ProviderError as error:
            answers.append(error)
    return tuple(answers)


def is_full(questions: Sequence[Question]) -> bool:
    """Whether one more like the last would take another call."""
    sizes = [question.size for question in questions]
    return sum(sizes) + sizes[-1] > PER_CALL


@dataclass(frozen=True, slots=True)
class _Look:
    """A question put in CloudWatch's words."""

    question: Question
    period: timedelta
    window: Window
    recipes: Mapping[tuple[str, str], Recipe]

    @property
    def wanted(self) -> tuple[Statistic, ...]:
        """Every statistic once; none where the window is empty."""
        if not self.window:
            return ()
        made = self.recipes.values()
        return tuple({part: None for one in made for part in one.parts.values()})


def _look(question: Question, now: datetime) -> _Look | ProviderError:
    period = period_for(question.window.start, now, question.period)
    window = Window(rounded_up(question.window.start, period), question.window.end)
    try:
        return _Look(question, period, window, question.recipes())
    except ProviderError as error:
        return error


def _groups(looks: Sequence[_Look]) -> list[list[_Look]]:
    """Those that one range of time and one period will do for, without many points too many."""
    groups: list[list[_Look]] = []
    for look in sorted(looks, key=lambda one: (one.period, one.window.start)):
        last = groups[-1][0] if groups else None
        near = (
            last is not None
            and last.period == look.period
            and look.window.start - last.window.start <= NEAR * look.period
        )
        if near:
            groups[-1].append(look)
        else:
            groups.append([look])
    return groups


def _answer(
    clients: Clients, look: _Look, columns: Mapping[Statistic, Column], taken_at: datetime
) -> Measurements:
    question, window, period = look.question, look.window, look.period
    series: dict[str, dict[str, Series]] = {version: {} for version in question.versions}
    for (version, key), made in look.recipes.items():
        parts = {part: columns.get(what, {}) for part, what in made.parts.items()}
        series[version][key] = make_series(made, parts, window, period)
    queries = {key: made.query for (_, key), made in look.recipes.items()}
    alarms = question.alarms()
    states = read_alarms(clients, alarms.values()) if alarms and window else {}
    for (version, key), name in alarms.items():
        queries[key] = f"alarm {name}"
        if name in states:
            series[version][key] = alarm_series(states[name], window, period)
    return Measurements(question.window, taken_at, series, queries)


def period_for(start: datetime, now: datetime, period: timedelta) -> timedelta:
    """The shortest period there is data for, at least `period`."""
    for age, shortest in KEPT:
        if now - start > age:
            period = max(period, shortest)
    return period


def rounded_up(at: datetime, period: timedelta) -> datetime:
    """The first start of a period that is not before `at`."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + -((epoch - at) // period) * period


def _ask(clients: Clients, looks: Sequence[_Look]) -> Mapping[Statistic, Column]:
    """Every statistic of looks that are near each other."""
    wanted = tuple({what: None for look in looks for what in look.wanted})
    endpoints = sorted({look.question.endpoint for look in looks})
    named = f"endpoint {endpoints[0]!r}" if len(endpoints) == 1 else f"{len(endpoints)} endpoints"
    start = min(look.window.start for look in looks)
    window = Window(start, max(look.window.end for look in looks))
    return columns_of(clients, f"read the metrics of {named}", wanted, window, looks[0].period)


def columns_of(
    clients: Clients,
    doing: str,
    wanted: Sequence[Statistic],
    window: Window,
    period: timedelta,
) -> Mapping[Statistic, Column]:
    """The values of statistics, as many in each call as it takes; absent where there is none."""
    columns: dict[Statistic, dict[datetime, float]] = {}
    for first in range(0, len(wanted), PER_CALL):
        batch = wanted[first : first + PER_CALL]
        asked: dict[str, Any] = {
            "MetricDataQueries": [_query(f"q{i}", what, period) for i, what in enumerate(batch)],
            "StartTime": window.start,
            "EndTime": _whole_second_after(window.end),
            "ScanBy": "TimestampAscending",
        }
        for result in _pages(clients, doing, asked):
            column = columns.setdefault(batch[int(result["Id"][1:])], {})
            column.update(_column(result))
    return columns


def _pages(clients: Clients, doing: str, asked: dict[str, Any]) -> list[Any]:
    results: list[Any] = []
    while True:
        with clients.asking(doing):
            answer = clients.cloudwatch.get_metric_data(**asked)
        answer = checked(answer, doing, "MetricDataResults")
        for result in answer["MetricDataResults"]:
            _refuse_partial(doing, result)
        results.extend(answer["MetricDataResults"])
        if not answer.get("NextToken"):
            return results
        asked = {**asked, "NextToken": answer["NextToken"]}


def _refuse_partial(doing: str, result: Mapping[str, Any]) -> None:
    match result.get("StatusCode"):
        case "InternalError":
            raise Unavailable(f"can't {doing}: CloudWatch had an internal error")
        case "Forbidden":
            raise Denied(f"can't {doing}: CloudWatch forbids {result.get('Label')!r}")


def _query(name: str, what: Statistic, period: timedelta) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in what.dimensions]
    metric = {"Namespace": what.namespace, "MetricName": what.name, "Dimensions": dimensions}
    seconds = int(period.total_seconds())
    stat = {"Metric": metric, "Period": seconds, "Stat": what.statistic}
    return {"Id": name, "MetricStat": stat, "ReturnData": True}


def _column(result: Mapping[str, Any]) -> Column:
    times = (at.astimezone(UTC) for at in result["Timestamps"])
    return dict(zip(times, result["Values"], strict=True))


def _whole_second_after(at: datetime) -> datetime:
    """The end is exclusive, and botocore sends whole seconds."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
