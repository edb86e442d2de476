"""Asks the sources of a look side by side, each within its time; one that fails is left out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Thread
from time import monotonic

from canarycli.engine.recorded import LONGEST, Kept
from canarycli.engine.sound import sound_measurements
from canarycli.errors import Broken, CanaryError, Unsupported
from canarycli.labels import LABELLED
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Origin, Series, Window
from canarycli.provider import Provider
from canarycli.recorder import RECORDED
from canarycli.registry import OUR_SOURCES, load_source
from canarycli.source import BASELINE, CANDIDATE, Arm, Sliced
from canarycli.verbs import offers

TOGETHER = 45.0
"""Seconds all sources have; the lease of a driver is twice as long."""

Question = Callable[[], Measurements]
Patience = Callable[[Question], Measurements]
"""Asks again where that makes sense."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One source, what it was asked for, and its answer when it comes."""

    name: str
    metrics: Sequence[Metric]
    answer: "Future[Measurements]"


def ask(
    provider: Provider,
    arms: Sequence[Arm],
    metrics: Collection[Metric],
    window: Window,
    patience: Patience,
) -> tuple[Asked, ...]:
    """Begin to ask every source that the metrics name; `beside` waits for the answers.

    A source is made anew for each look, so that a secret that has changed is read anew.

    Args:
        provider: the endpoint's own, which may keep what its versions answered.
        arms: see `arms_of`.
        metrics: those that name a source.
        window: the range of time, with those of sources that have another.
        patience: how a question is asked again.
    """
    groups: dict[str, tuple[Origin, list[Metric]]] = {}
    for metric in metrics:
        if metric.origin is not None:
            groups.setdefault(metric.origin.name, (metric.origin, []))[1].append(metric)
    return tuple(
        Asked(
            name,
            group,
            _begun(name, _question(provider, origin, arms, group, window.of(name)), patience),
        )
        for name, (origin, group) in groups.items()
    )


def arms_of(endpoint: str, versions: Collection[str]) -> tuple[Arm, ...]:
    """The versions by the names that sources know: the baseline first, then the candidate."""
    roles = zip(versions, (BASELINE, CANDIDATE), strict=False)
    return tuple(Arm(name, role, endpoint) for name, role in roles)


def values_of(
    provider: Provider, arms: Sequence[Arm], metric: Metric, window: Window
) -> Mapping[str, float]:
    """The part of the arms' requests that has each value of a metric's field, greatest first.

    Raises:
        Unsupported: nobody can tell them apart by a field.
    """
    origin = metric.origin
    if origin is None:
        raise Unsupported(f"{metric.name}: nothing tells its requests apart", hint="leave by: out")
    if origin.kind in {RECORDED, LABELLED}:
        return Kept(provider, origin, arms).values({metric.by}, window)[metric.by]
    source = load_source(origin)
    if not offers(source, Sliced):
        raise Unsupported(
            f"source {origin.name} can't tell requests apart by {metric.by}",
            hint="leave by: out, or write a metric for each value",
        )
    newest = replace(window, start=max(window.start, window.end - LONGEST))
    counts = source.values(arms, metric, newest)
    whole = sum(counts.values())
    greatest = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return {value: n / whole for value, n in greatest if n > 0}


def beside(
    measured: Measurements, asked: Sequence[Asked], seconds: float = TOGETHER
) -> Measurements:
    """What the endpoint's own cloud measured, with what the sources say and why others don't."""
    series: dict[str, Mapping[str, Series]] = dict(measured.series)
    queries, failed = dict(measured.queries), dict(measured.failed)
    until = monotonic() + seconds
    for one in asked:
        found = _waited(one, until)
        if isinstance(found, str):
            failed |= {metric.key: found for metric in one.metrics}
            continue
        queries |= found.queries
        for version, known in found.series.items():
            series[version] = {**series.get(version, {}), **known}
    return replace(measured, series=series, queries=queries, failed=failed)


def _question(
    provider: Provider,
    origin: Origin,
    arms: Sequence[Arm],
    metrics: Sequence[Metric],
    window: Window,
) -> Question:
    if origin.kind in {RECORDED, LABELLED}:
        return lambda: Kept(provider, origin, arms).measure(metrics, window)
    if origin.kind in OUR_SOURCES:
        return lambda: load_source(origin).measure(arms, metrics, window)
    return lambda: sound_measurements(load_source(origin).measure(arms, metrics, window))


def _begun(name: str, question: Question, patience: Patience) -> "Future[Measurements]":
    answer: Future[Measurements] = Future()

    def work() -> None:
        try:
            answer.set_result(patience(question))
        except CanaryError as error:
            answer.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - nothing may leave who waits without an answer
            answer.set_exception(Broken(f"it broke: {type(error).__name__} {error}".rstrip()))

    # A daemon: a source that never answers must not keep the process from its end.
    Thread(target=work, daemon=True, name=f"source {name}").start()
    return answer


def _waited(one: Asked, until: float) -> Measurements | str:
    """The answer, or why there is none."""
    try:
        return one.answer.result(max(0.0, until - monotonic()))
    except TimeoutError:
        return f"source {one.name} takes too long to answer"
    except CanaryError as error:
        return f"source {one.name}: {error.message}"
