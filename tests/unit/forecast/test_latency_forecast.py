"""What is forecast of latency comes: one set of thresholds for plan and judge."""

from collections.abc import Callable
from itertools import pairwise
from math import exp, log
from random import Random
from statistics import median
from typing import Any

import pytest
from unit.judge.arranging import MINUTE, at, counts, measured, series
from unit.judge.streams import poisson

from canarycli.forecast.sight import Sight
from canarycli.judge.latency import cumulative, score
from canarycli.judge.margins import Promise
from canarycli.judge.pool import quantile_of
from canarycli.judge.sources import evidence_of, learn, needs, reader
from canarycli.metrics import Counts, Histogram, Metric, Point, Value
from canarycli.plan import Check, Margin, Stage

TAU, SPREAD, DAY, RUNS = 0.2, 0.5, 1440, 16


def above(threshold: float, q: float, slower: float = 1.0) -> float:
    middle = slower * TAU / exp(score(q) * SPREAD)
    return 1 - cumulative(log(threshold / middle) / SPREAD)


BOUNDS = tuple(0.01 * 1.1**i for i in range(60))
CELLS = ((0.9, 30, 5), (0.9, 150, 5), (0.99, 150, 5), (0.99, 300, 10))
Draw = Callable[[Random, float, float, float, int], Point]


def counted(threshold: float, chance: Random, n: float, q: float, slower: float) -> Point:
    """Requests above a threshold."""
    return Counts(at(0), n, poisson(chance, n * above(threshold, q, slower)))


def percentile(chance: Random, n: float, q: float, slower: float, minute: int) -> Point:
    """One that is read from so many requests, interpolated: where it lies among them is a beta."""
    place = q * (n - 1) + 1
    share = chance.betavariate(place, n + 1 - place)
    value = slower * TAU * exp(SPREAD * (score(min(max(share, 1e-9), 1 - 1e-9)) - score(q)))
    return Value(at(minute), value, n)


def histogram(chance: Random, n: float, q: float, slower: float, minute: int) -> Point:
    """Buckets a tenth wide."""
    beyond = [1.0, *(above(bound, q, slower) for bound in BOUNDS), 0.0]
    means = [n * (more - less) for more, less in pairwise(beyond)]
    counts = tuple(float(poisson(chance, mean)) if mean > 1e-9 else 0.0 for mean in means)
    return Histogram(at(minute), BOUNDS, counts)


DRAWS: dict[str, tuple[str, Draw]] = {
    "value": ("latency_p", percentile),
    "spread": ("latency", histogram),
}


def known_of(kind: str, check: Check, others: float, q: float) -> dict[str, Any]:
    """What a baseline's past of that form teaches."""
    chance = Random(1)
    if kind == "over":
        wanted = needs(check, {"tau": TAU})
        thresholds = [(metric, metric.threshold or 0.0) for metric in wanted]
        past = {
            metric.key: counts(
                [(others, poisson(chance, others * above(tau, q))) for _ in range(DAY)]
            )
            for metric, tau in thresholds
        }
        past[check.metric.key] = series([Value(at(i), TAU, others) for i in range(DAY)])
    else:
        name, draw = DRAWS[kind]
        key = check.metric.key if kind == "value" else name
        past = {key: series([draw(chance, others, q, 1.0, i) for i in range(120)])}
    return learn(check, measured({}, past), "old")


def drawing(
    kind: str, check: Check, facts: dict[str, Any], n: float, others: float, slower: float
) -> Callable[[Random, int], Any]:
    q, read = quantile_of(check.metric) or 0.0, reader(check, kind, facts)
    if kind == "over":
        at_tau, far = (metric.threshold or 0.0 for metric in needs(check, facts))
        return lambda chance, _: read(
            counted(far, chance, n, q, slower), counted(at_tau, chance, others, q, 1.0)
        )
    draw = DRAWS[kind][1]
    return lambda chance, minute: read(
        draw(chance, n, q, slower, minute), draw(chance, others, q, 1.0, minute)
    )


def told_and_came(kind: str, cell: tuple[float, int, float], slower: float) -> tuple[float, float]:
    """Minutes to a verdict as forecast, and as they come on average."""
    q, per_minute, percent = cell
    check = Check("slow", Metric(f"latency_p{q * 100:.0f}"), no_worse_by=Margin(relative=0.2))
    others = per_minute * (100 - percent) / percent
    facts = known_of(kind, check, others, q)
    stage = Stage(percent, 15 * MINUTE)
    outlook = Sight(check, facts, 1.0).at(1, stage, per_minute, 0.0, 0 * MINUTE)
    said = outlook.passes_in if slower <= 1 else outlook.fails_in
    row, came = drawing(kind, check, facts, per_minute, others, slower), []
    for seed in range(RUNS):
        chance, evidence, minute = Random(seed), evidence_of(check, kind, facts, Promise()), 0
        while minute < 300 and not (
            evidence.assurance >= 20 if slower <= 1 else evidence.evidence >= 100
        ):
            minute += 1
            evidence.step(row(chance, minute))
        came.append(minute)
    assert said is not None
    return said / MINUTE, sum(came) / RUNS


@pytest.mark.slow
@pytest.mark.parametrize("slower", [1.0, 2.0], ids=["equal passes", "twice as slow fails"])
@pytest.mark.parametrize("kind", ["over", "value", "spread"])
def test_a_verdict_comes_about_when_it_was_said(kind: str, slower: float) -> None:
    """Within 30 %, or two minutes of a fail that no forecast puts below two."""
    for cell in CELLS:
        said, came = told_and_came(kind, cell, slower)
        assert abs(came - said) <= (0.3 * said if slower <= 1 else 2.0)


@pytest.mark.parametrize(("per_second", "most"), [(20, 10), (200, 6)])
def test_a_quarter_slower_is_found_in_minutes_with_a_limit_of_a_tenth(
    per_second: int, most: int
) -> None:
    check = Check("slow", Metric("latency_p90"), no_worse_by=Margin(relative=0.1))
    per_minute, others = 3.0 * per_second, 57.0 * per_second
    facts = known_of("over", check, others, 0.9)
    row, came = drawing("over", check, facts, per_minute, others, 1.25), []
    for seed in range(6 * RUNS):
        chance, evidence, minute = Random(seed), evidence_of(check, "over", facts, Promise()), 0
        while evidence.evidence < 100 and minute < 60:
            minute += 1
            evidence.step(row(chance, minute))
        came.append(minute)
    assert median(came) <= most


def test_history_of_the_counts_tells_how_they_scatter() -> None:
    """Without it the judge began with errors in batches of 30, and took four times as long."""
    check = Check("slow", Metric("latency_p90"), no_worse_by=Margin(relative=0.2))
    at_tau, slower = needs(check, {"tau": TAU})
    chance = Random(2)
    past = {
        "latency_p90": series([Value(at(i), TAU, 2850) for i in range(DAY)]),
        at_tau.key: counts([(2850, poisson(chance, 285)) for _ in range(DAY)]),
        slower.key: counts([(2850, poisson(chance, 142)) for _ in range(DAY)]),
    }
    [known] = learn(check, measured({}, past), "old")["past"]
    assert known["rate"] == pytest.approx(0.1, rel=0.05)
    assert known["equal"] == pytest.approx(0.05, rel=0.05)
    assert known["phi"] < 1.6


PROMETHEUS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@pytest.mark.parametrize(
    ("limit", "fails"), [(0.2, None), (1.0, 2.0)], ids=["between bounds", "beyond the next bound"]
)
def test_a_fail_is_forecast_by_the_bound_the_candidate_is_cut_at(
    limit: float, fails: float | None
) -> None:
    """p90 is 80 ms, the bounds above it 100 and 250 ms: neither limit passes, one can fail."""
    check = Check("slow", Metric("latency_p90"), no_worse_by=Margin(relative=limit))
    beyond = [1.0, *(above(bound, 0.9, 0.4) for bound in PROMETHEUS), 0.0]
    usual = tuple(3000 * (more - less) for more, less in pairwise(beyond))
    past = {"latency": series([Histogram(at(i), PROMETHEUS, usual) for i in range(240)])}
    facts = learn(check, measured({}, past), "old")
    outlook = Sight(check, facts, 1.0).at(1, Stage(5, 15 * MINUTE), 150, 0.0, 0 * MINUTE)
    assert outlook.passes_in is None
    assert outlook.fails_in == (fails and fails * MINUTE)
