"""Prometheus, and whatever speaks its API: Thanos, Mimir, the clouds' own.

A metric says `counter`, whose raw samples are differenced here, one increment once: `increase()`
stretches what it sees to the edges of its window, misses a series' first value, and stretches `n`
and `bad` apart. Or it says `promql`, an expression for one arm's value of a period.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from canarycli.errors import Rejected, Unavailable, Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Measurements, Metric, Point, Series, Value, Window
from canarycli.source import Arm
from canarycli_sources.measured import Answer, measurements, nothing
from canarycli_sources.rows import NAMED, number
from canarycli_sources.settings import Pace
from canarycli_sources.web import Web

BEFORE = timedelta(hours=1)
"""A series without a sample for so long before a window began in it."""

MOST_POINTS = 11_000
"""Points of one series in one answer, by Prometheus' own limit."""

RANGE = re.compile(r"\[\s*([0-9smhdwy]+)\s*(:?)[^\]]*\]")
PARTS = re.compile(r"([0-9]+)(ms|[smhdwy])")
NAME = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
ARM = ":arm"


class Prometheus:
    """Counters and expressions of one server."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._web = Web(settings)
        self._pace = Pace.of(settings)

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics of one counter with the same labels are one question."""
        whole = self._pace.whole(window)
        asked: dict[str, list[_Track]] = {}
        answers: list[Answer] = []
        for metric in metrics:
            expression = metric.source.get("promql")
            if expression is not None:
                answers.append(self._valued(metric, str(expression), arms, whole))
            else:
                answers.append(self._counted(metric, arms, whole, asked))
        return measurements(arms, window, answers)

    def values(self, arms: Sequence[Arm], metric: Metric, window: Window) -> Mapping[str, float]:
        """See `Sliced`: the field is a label of the counter."""
        if "counter" not in metric.source:
            raise Unsupported(
                f"{metric.name}: an expression is not asked by {metric.by}",
                hint="write counter:, of which that is a label",
            )
        selector = self._selector(metric, str(metric.source["counter"]), arms)
        found: dict[str, float] = {}
        for track in self._raw(selector, self._pace.whole(window)):
            if value := track.labels.get(metric.by):
                grown = sum(growth for _, growth in track.growth)
                found[value] = found.get(value, 0.0) + grown
        return found

    def _counted(
        self, metric: Metric, arms: Sequence[Arm], window: Window, asked: dict[str, "list[_Track]"]
    ) -> Answer:
        spec = metric.source
        n_of = self._selector(metric, str(spec.get("counter", "")), arms)
        sum_of = self._selector(metric, str(spec["sum"]), arms) if "sum" in spec else ""
        if not sum_of and not isinstance(spec.get("bad"), Mapping):
            raise Unsupported(
                f"{metric.name}: a counter needs bad:, the labels of what is counted as bad"
            )
        shown = " / ".join(filter(None, (sum_of, n_of)))
        if not window:
            return metric, nothing(arms, self._pace), shown
        for selector in filter(None, (n_of, sum_of)):
            if selector not in asked:
                asked[selector] = self._raw(selector, window)
        label, form = str(spec.get("arm", "version")), str(spec.get(NAMED, "{arm}"))
        found = {}
        for arm in arms:
            own = {
                selector: [
                    t
                    for t in asked[selector]
                    if t.labels.get(label) == arm.named(form)
                    and metric.takes(t.labels.get(metric.by))
                ]
                for selector in filter(None, (n_of, sum_of))
            }
            mine = own[n_of]
            other = own.get(sum_of, [t for t in mine if _matches(t.labels, spec.get("bad", {}))])
            found[arm.version] = self._points(mine, other, window, mean=bool(sum_of))
        return metric, found, shown

    def _points(
        self, mine: "Sequence[_Track]", other: "Sequence[_Track]", window: Window, *, mean: bool
    ) -> Series:
        n, part = self._grown(mine), self._grown(other)
        points: list[Point] = []
        for at in self._pace.periods(window):
            if at not in n:
                continue
            whole, some = n[at], part.get(at, 0.0)
            if not mean:
                points.append(Counts(at, whole, some))
            elif whole > 0:
                points.append(Value(at, some / whole, whole))
        return Series(tuple(points), self._pace.period, self._pace.delay)

    def _grown(self, tracks: "Sequence[_Track]") -> dict[datetime, float]:
        """By period, how much the counters grew; 0 where they were seen and stood still."""
        total: dict[datetime, float] = {}
        for track in tracks:
            for at, growth in track.growth:
                start = self._pace.start(at)
                total[start] = total.get(start, 0.0) + growth
        return total

    def _raw(self, selector: str, window: Window) -> "list[_Track]":
        """Every series of a selector, differenced, from an hour before the window on."""
        length = int((window.length + BEFORE).total_seconds())
        # An instant question for a range gives the samples as they were scraped: no step between.
        result = self._ask(
            "/api/v1/query",
            {"query": f"{selector}[{length}s]", "time": f"{window.end.timestamp():.3f}"},
            "matrix",
        )
        samples = [(one.get("metric", {}), _samples(one)) for one in result]
        # A server that is new itself has seen no beginning: then no first value is growth.
        old = any(s[0][0] < window.start - BEFORE / 2 for _, s in samples if s)
        return [_Track(labels, tuple(_growth(s, window, old=old))) for labels, s in samples if s]

    def _valued(
        self, metric: Metric, expression: str, arms: Sequence[Arm], window: Window
    ) -> Answer:
        sound(metric, expression, self._pace.period)
        if not window:
            return metric, nothing(arms, self._pace), expression
        step = self._pace.period
        if window.length / step > MOST_POINTS:
            window = Window(window.end - MOST_POINTS * step, window.end)
        form, found = str(metric.source.get(NAMED, "{arm}")), {}
        for arm in arms:
            fields = {
                "query": expression.replace(ARM, quoted(arm.named(form))),
                "start": f"{(window.start + step).timestamp():.3f}",
                "end": f"{window.end.timestamp():.3f}",
                "step": f"{step.total_seconds():g}",
            }
            result = self._ask("/api/v1/query_range", fields, "matrix")
            if len(result) > 1:
                raise Rejected(
                    f"{metric.name}: the expression gives {len(result)} series for one arm",
                    hint="make one of them: sum(...)",
                )
            values = [(at, number(v)) for at, v in _pairs(result[0])] if result else []
            points = [Value(at - step, v) for at, v in values if v is not None]
            found[arm.version] = Series(tuple(points), step, self._pace.delay)
        return metric, found, expression

    def _ask(self, path: str, fields: Mapping[str, str], kind: str) -> list[dict[str, Any]]:
        answer = self._web.form(path, fields)
        data = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(data, Mapping) or answer.get("status") != "success":
            raise Unavailable("the answer is not Prometheus' own")
        result = data.get("result")
        if data.get("resultType") != kind or not isinstance(result, list):
            raise Rejected(
                f"the expression gives a {data.get('resultType')}, not a series",
                hint="write an expression that gives an instant vector",
            )
        return result

    def _selector(self, metric: Metric, counter: str, arms: Sequence[Arm]) -> str:
        spec = metric.source
        if not NAME.match(counter):
            raise Unsupported(
                f"{metric.name}: a prometheus metric needs counter: or promql:",
                hint="counter: requests_total, the plain name; labels go under match:",
            )
        label, form = str(spec.get("arm", "version")), str(spec.get(NAMED, "{arm}"))
        names = "|".join(re.escape(arm.named(form)) for arm in arms)
        match = spec.get("match")
        fixed = [f"{k}={quoted(str(v))}" for k, v in (match or {}).items()]
        return f"{counter}{{{','.join([*fixed, f'{label}=~{quoted(names)}'])}}}"


@dataclass(frozen=True, slots=True)
class _Track:
    """One series: its labels, and by how much it grew until each sample."""

    labels: Mapping[str, str]
    growth: tuple[tuple[datetime, float], ...]


def _growth(
    samples: Sequence[tuple[datetime, float]], window: Window, *, old: bool
) -> "list[tuple[datetime, float]]":
    """The growth of a counter; what falls has begun anew at 0, and so has a series that is new."""
    first = samples[0]
    new = [first] if old and first[0] >= window.start - BEFORE / 2 else []
    steps = [(at, v - u if v >= u else v) for (_, u), (at, v) in pairwise(samples)]
    return [*new, *steps]


def _samples(one: Mapping[str, Any]) -> list[tuple[datetime, float]]:
    found = ((at, number(value)) for at, value in _pairs(one))
    return [(at, value) for at, value in found if value is not None]


def _pairs(one: Mapping[str, Any]) -> list[tuple[datetime, Any]]:
    try:
        return [(datetime.fromtimestamp(float(at), UTC), v) for at, v in one.get("values", [])]
    except (TypeError, ValueError) as error:
        raise Unavailable("the answer is not Prometheus' own") from error


def _matches(labels: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    """Whether a series counts as bad: each label has the value, or one of the values."""
    return all(
        labels.get(label) in ([str(v) for v in value] if isinstance(value, list) else [str(value)])
        for label, value in wanted.items()
    )


def quoted(text: str) -> str:
    """A text as a string of PromQL, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def sound(metric: Metric, expression: str, period: timedelta) -> None:
    """Refuse an expression that says something else than it seems to.

    Raises:
        Unsupported: it names no arm, counts things twice, or asks within a question.
    """
    if ARM not in expression:
        raise Unsupported(
            f"{metric.name}: the expression does not name the arm",
            hint=f"write version={ARM}, it becomes the version's name in quotes",
        )
    for length, colon in RANGE.findall(expression):
        if colon:
            raise Unsupported(f"{metric.name}: a subquery counts a period more than once")
        seconds = sum(int(number) * SECONDS[unit] for number, unit in PARTS.findall(length))
        if seconds > period.total_seconds():
            raise Unsupported(
                f"{metric.name}: [{length}] is longer than the period, so minutes count twice",
                hint=f"write [{period.total_seconds():g}s], or a longer period: of the source",
            )
