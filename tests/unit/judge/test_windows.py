"""A look reads only what is new: the same findings as from everything, at a cost that is flat."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from math import exp
from random import Random

import pytest
from unit.judge.arranging import arms, at, measured, series

from canarycli.judge import Finding, State, begin, extra_metrics, judge, window
from canarycli.metrics import Counts, Histogram, Measurements, Metric, Point, Series, Value, Window
from canarycli.plan import Check, Margin

LENGTH = 260
DELAY = 2
BOUNDS = tuple(0.02 * 1.25**i for i in range(20))


def errors(chance: Random, n: float, factor: float, minute: int) -> Counts:
    rate = 0.002 * factor
    return Counts(at(minute), n, sum(chance.random() < rate for _ in range(int(n))))


def spread(chance: Random, n: float, factor: float, minute: int) -> Histogram:
    counts = [0.0] * (len(BOUNDS) + 1)
    for _ in range(int(n)):
        seconds = 0.08 * factor * exp(chance.gauss(0, 0.5))
        counts[sum(bound < seconds for bound in BOUNDS)] += 1
    return Histogram(at(minute), BOUNDS, tuple(counts))


def value(chance: Random, n: float, factor: float, minute: int) -> Value:
    return Value(at(minute), 0.5 / factor + chance.gauss(0, 0.5 / n**0.5), n)


def gauge(chance: Random, n: float, factor: float, minute: int) -> Value:
    return Value(at(minute), 40 * factor + chance.gauss(0, 2) + 0 * n)


def counted(chance: Random, n: float, factor: float, minute: int) -> Value:
    return Value(at(minute), n + 0 * factor * chance.random())


KPI = Metric("kpi", source={"x": 1})
CHECKS = [
    Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005)),
    Check("latency_p90", Metric("latency"), no_worse_by=Margin(0.4)),
    Check("kpi", KPI, no_worse_by=Margin(0.1)),
    Check("never", Metric("errors_5xx"), never_above=0.02),
    Check("cpu", Metric("cpu"), never_above=80.0),
]
Form = Callable[[Random, float, float, int], Point]
FORMS: dict[str, Form] = {
    "errors_5xx": errors,
    "latency": spread,
    "kpi": value,
    "cpu": gauge,
    "requests": counted,
}


@cache
def endpoint(factor: float, *, gaps: bool) -> Measurements:
    chance = Random(7)
    found: dict[str, dict[str, Series]] = {"new": {}, "old": {}}
    for key, form in FORMS.items():
        for arm, n, times in (("new", 60, factor), ("old", 240, 1.0)):
            points: list[Point] = [
                form(chance, n, times, minute)
                for minute in range(-120, LENGTH)
                if not (gaps and chance.random() < 0.03)
            ]
            found[arm][key] = series(points)
    return measured(found["new"], found["old"], until=LENGTH)


def seen(found: Measurements, span: Window) -> Measurements:
    cut = {
        version: {key: one.within(span) for key, one in by.items()}
        for version, by in found.series.items()
    }
    return replace(found, window=span, series=cut)


def drive(found: Measurements, moments: Sequence[float], *, short: bool) -> list[list[Finding]]:
    """The findings of every look, on what is asked for or on everything there is."""
    who = arms(0, since=0, share=20, delay=DELAY)
    state: State = begin(CHECKS, seen(found, Window(at(-120), at(0))), who)
    said = []
    for now in moments:
        since = 0 if now < 200 else 200
        who = arms(now, since=since, share=20 if now < 200 else 20.5, delay=DELAY)
        assert extra_metrics(CHECKS, state)
        asked = window(CHECKS, state, who)
        span = asked if short else Window(at(since), at(now))
        look = judge(CHECKS, seen(found, span), who, state)
        state = json.loads(json.dumps(look.state))
        said.append(list(look.findings))
    return said


EVERY = {
    "every minute, less often where nothing begins": [
        *range(1, 40),
        *range(40, 190, 5),
        *range(190, 215),
        *range(215, LENGTH, 5),
    ],
    "every 20 s": [i / 3 for i in range(6, 3 * 50)],
    "with gaps": [1, 2, 3, 40, 41, 43, 50, 130, 131, 199, 200, 201, 205, LENGTH - 1],
}


@pytest.mark.slow
@pytest.mark.parametrize("missing", [False, True], ids=["whole", "points missing"])
@pytest.mark.parametrize("factor", [1.0, 4.0])
@pytest.mark.parametrize("moments", EVERY.values(), ids=EVERY)
def test_short_windows_say_what_whole_windows_say(
    moments: list[float], factor: float, *, missing: bool
) -> None:
    found = endpoint(factor, gaps=missing)
    short, whole = (drive(found, moments, short=one) for one in (True, False))
    for now, (ours, theirs) in zip(moments, zip(short, whole, strict=True), strict=True):
        for mine, its in zip(ours, theirs, strict=True):
            assert (mine.verdict, mine.sentence) == (its.verdict, its.sentence), now
            for name in ("candidate", "baseline", "diff", "low", "high", "n_candidate"):
                assert getattr(mine, name) == pytest.approx(getattr(its, name)), (name, now)


def test_a_look_asks_for_no_more_than_what_is_new_and_seven_periods() -> None:
    found = endpoint(1.0, gaps=False)
    state: State = {}
    last = 0
    for now in [*range(1, 60), 120, *range(121, 200)]:
        who = arms(now, share=20, delay=DELAY)
        span = window(CHECKS, state, who)
        if now > 10:
            assert span.length.total_seconds() / 60 <= DELAY + 7 + (now - last)
        state = json.loads(json.dumps(judge(CHECKS, seen(found, span), who, state).state))
        last = now
    assert len(json.dumps(state)) < 60_000
