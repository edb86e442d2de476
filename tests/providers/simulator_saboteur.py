"""Ways for a provider to break its promises, one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

from canarycli.errors import CanaryError, Conflict, NotFound
from canarycli.metrics import Counts, Histogram, Measurements, Point, Series, Value, Window
from canarycli.provider import Endpoint, Version
from canarycli.testing import NOON
from canarycli.testing.kit.world import GAUGES
from canarycli.traffic import Traffic

HOME = Traffic.all_to("v41")
HOUR = timedelta(hours=1)
"""Longer than any window the kit asks for."""

NUMBERS = count()
"""Never twice the same."""


class Broken:
    """A provider with some verbs replaced; each is given the real provider first."""

    def __init__(self, provider: Any, ways: Mapping[str, Callable[..., Any]]) -> None:
        self._provider = provider
        self._ways = ways

    def __getattr__(self, name: str) -> Any:
        if name not in self._ways:
            return getattr(self._provider, name)
        way = self._ways[name]
        if name in {"limits", "place", "doctor"}:
            return way(self._provider)
        return lambda *arguments, **told: way(self._provider, *arguments, **told)


class Sabotage(NamedTuple):
    """What is broken, and the test of the kit that must notice."""

    what: str
    test: str
    ways: Mapping[str, Callable[..., Any]]
    arguments: tuple[Any, ...] = ()


def looks(change: Callable[[Endpoint], Endpoint]) -> dict[str, Callable[..., Any]]:
    return {"describe": lambda real, name: change(real.describe(name))}


def asks(change: Callable[[Traffic], Traffic]) -> dict[str, Callable[..., Any]]:
    def shift(real: Any, seen: Endpoint, to: Traffic, notes: Any, **told: Any) -> Any:
        return real.shift(seen, change(to), notes, **told)

    return {"shift": shift}


def measures(change: Callable[[Series], Series]) -> dict[str, Callable[..., Any]]:
    def measure(real: Any, *arguments: Any) -> Measurements:
        found: Measurements = real.measure(*arguments)
        series = {
            version: {key: change(one) for key, one in by_key.items()}
            for version, by_key in found.series.items()
        }
        return replace(found, series=series)

    return {"measure": measure}


def points(change: Callable[[Any], Point]) -> dict[str, Callable[..., Any]]:
    return measures(lambda series: replace(series, points=tuple(map(change, series.points))))


def limited(**changes: Any) -> dict[str, Callable[..., Any]]:
    return {"limits": lambda real: replace(real.limits, **changes)}


def silently(verb: str, *errors: type[CanaryError], answer: Any = None) -> dict[str, Any]:
    """The verb answers where it should raise."""

    def way(real: Any, *arguments: Any, **told: Any) -> Any:
        try:
            return getattr(real, verb)(*arguments, **told)
        except errors:
            return answer

    return {verb: way}


def instead(verb: str, error: type[CanaryError], other: Exception) -> dict[str, Any]:
    """The verb raises something else."""

    def way(real: Any, *arguments: Any, **told: Any) -> Any:
        try:
            return getattr(real, verb)(*arguments, **told)
        except error:
            raise other from None

    return {verb: way}


def blind(real: Any, seen: Endpoint, to: Traffic, notes: Any, **told: Any) -> None:
    real.shift(real.describe(seen.name), to, notes, **told)


def touchy(real: Any, seen: Endpoint, to: Traffic, notes: Any, **told: Any) -> None:
    now = real.provider.describe(seen.name)
    if not now.settled or now.revision != seen.revision:
        raise Conflict("the endpoint has changed")
    real.shift(seen, to, notes, **told)


def spilling(real: Any, seen: Endpoint, to: Traffic, notes: Any, **told: Any) -> None:
    """Two percent of the candidate's share end up on the version named last."""
    shares = {**to.shares, "v42": to.of("v42") - 2, seen.versions[-1].name: 2.0}
    real.shift(seen, Traffic(shares), notes, **told)


def tens(to: Traffic) -> Traffic:
    return Traffic(to.rounded(10))


def leftover(to: Traffic) -> Traffic:
    return Traffic({"v41": 99, "v42": 1}) if to.of("v41") == 100 else to


def without_notes(real: Any, seen: Endpoint, to: Traffic, _notes: Any, **told: Any) -> None:
    real.shift(seen, to, {}, **told)


def without_candidate(seen: Endpoint) -> Endpoint:
    return replace(seen, versions=seen.versions[:1])


def zeros(series: Series) -> Series:
    return series if series.points else Series((Counts(NOON, 0, 0),))


def baseline_only(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    return real.measure(endpoint, list(versions)[:1], metrics, window)


def known_only(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    if "no-such-version" in versions:
        raise NotFound("no such version")
    return real.measure(endpoint, versions, metrics, window)


def exchanged(real: Any, *asked: Any) -> Any:
    found = real.measure(*asked)
    return replace(found, series={"v41": found.series["v42"], "v42": found.series["v41"]})


def running(series: Series) -> Series:
    """Each count with all before it, as counters are."""
    totals, n, bad = [], 0.0, 0.0
    for point in series.points:
        if isinstance(point, Counts):
            n, bad = n + point.n, bad + point.bad
            totals.append(Counts(point.at, n, bad))
    return replace(series, points=tuple(totals))


def remembered() -> Callable[..., Any]:
    known: list[Any] = []

    def measure(real: Any, *asked: Any) -> Any:
        known.append(real.measure(*asked))
        return known[0]

    return measure


def in_buckets(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    """Counted above the next bound of Prometheus' usual ones."""
    bounds = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
    moved = {
        metric.key: replace(
            metric, threshold=next(bound for bound in bounds if bound >= metric.threshold)
        )
        for metric in metrics
        if metric.threshold
    }
    asked = [moved.get(metric.key, metric) for metric in metrics]
    found = real.measure(endpoint, versions, asked, window)
    series = {
        version: {metric.key: by_key[moved.get(metric.key, metric).key] for metric in metrics}
        for version, by_key in found.series.items()
    }
    return replace(found, series=series)


def without_gauges(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    answered = [metric for metric in metrics if metric.name not in GAUGES]
    return real.measure(endpoint, versions, answered, window)


def doctored(verb: str, way: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {
        "doctor": lambda real: Broken(real.provider.doctor, {verb: lambda _, *a, **k: way(*a, **k)})
    }


def restless_doctor(real: Any) -> Any:
    def moving(honest: Any) -> Any:
        real.provider.impose("demo", Traffic.split("v41", "v42", 10))
        return honest.identity()

    return Broken(real.provider.doctor, {"identity": moving})


def closed(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    wider = Window(window.start, window.end + timedelta(seconds=1))
    return replace(real.measure(endpoint, versions, metrics, wider), window=window)


def wide(real: Any, endpoint: str, versions: Any, metrics: Any, window: Window) -> Any:
    wider = Window(window.start - HOUR, window.end + HOUR)
    return replace(real.measure(endpoint, versions, metrics, wider), window=window)


def micro(point: Any) -> Point:
    match point:
        case Value():
            return replace(point, value=point.value * 1e6)
        case Histogram():
            return replace(point, bounds=tuple(bound * 1e6 for bound in point.bounds))
        case _:
            return Counts(point.at, point.n, point.n - point.bad)


def averaged(point: Any) -> Point:
    return Value(point.at, point.bad / point.n) if isinstance(point, Counts) else point


def twice(real: Any, seen: Endpoint, model: str, like: str, options: Any, release: str) -> str:
    """A new version whenever the endpoint has settled."""
    number = int(seen.revision) - (not seen.settled)
    name: str = real.deploy(seen, model, like, options, f"{release}-{number}")
    return name


def generous(real: Any, seen: Endpoint, *rest: Any) -> str:
    name: str = real.deploy(seen, *rest)
    real.provider.impose(seen.name, Traffic.split("v41", "v42", 10))
    return name


def too_soon(seen: Endpoint) -> Endpoint:
    versions = tuple(replace(version, in_service=True) for version in seen.versions)
    return replace(seen, versions=versions, settled=True)


def reckless(real: Any, seen: Endpoint, version: str) -> None:
    real.provider.impose(seen.name, Traffic.all_to("v42"))
    real.retire(real.describe(seen.name), version)


def unnamed(real: Any, endpoint: str, _to: Traffic) -> str:
    command: str = real.plain_command(endpoint, HOME)
    return command


def calling(real: Any, endpoint: str, to: Traffic) -> str:
    real.describe(endpoint)
    command: str = real.plain_command(endpoint, to)
    return command


def anywhere(_real: Any, name: str) -> Endpoint:
    return Endpoint(name, (Version("v41", in_service=True),), HOME, settled=True)


def restless(seen: Endpoint) -> Endpoint:
    return replace(seen, revision=str(next(NUMBERS)))
