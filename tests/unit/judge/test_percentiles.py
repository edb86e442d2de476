"""Percentiles of few requests read low or high: no evidence for a pass or a fail at the limit."""

from collections.abc import Callable, Sequence
from math import ceil, exp
from random import Random
from statistics import NormalDist
from typing import Any

import pytest
from unit.judge.arranging import arms, at, measured, series

from canarycli.judge import Verdict, judge
from canarycli.metrics import Metric, Series, Value
from canarycli.plan import Check, Margin
from canarycli.series import judge_document
from canarycli.series.document import from_json
from canarycli.series.latency import PercentilesForm

MINUTES = 150
RUNS = 10


def interpolated(found: Sequence[float], q: float) -> float:
    place = (len(found) - 1) * q
    low, high = found[int(place)], found[min(int(place) + 1, len(found) - 1)]
    return low + (high - low) * (place - int(place))


def nearest_rank(found: Sequence[float], q: float) -> float:
    return found[ceil(len(found) * q) - 1]


def minute(chance: Random, n: int, slower: float, spread: float) -> list[float]:
    """The latencies of a minute: lognormal, or Pareto with that power where it is above 2.

    Of thousands a percentile reads right, so fewer will do.
    """
    draw = chance.paretovariate if spread > 2 else lambda sd: exp(chance.gauss(0, sd))
    return sorted(slower * draw(spread) for _ in range(min(n, 1000)))


def values(
    seed: int, n: int, slower: float, *, q: float, made: Callable[..., float], spread: float
) -> list[float]:
    chance = Random(seed)
    return [made(minute(chance, n, slower, spread), q) for _ in range(MINUTES)]


def points(found: Sequence[float], n: int | None) -> Series:
    return series([Value(at(i), value, n) for i, value in enumerate(found)])


CELLS = {
    "p90 of 30": (0.9, 30, interpolated, 0.5),
    "p90 of 30, by rank": (0.9, 30, nearest_rank, 0.5),
    "p90 of 60, wide": (0.9, 60, interpolated, 1.0),
    "p90 of 60, pareto": (0.9, 60, interpolated, 2.2),
    "p90 of 200": (0.9, 200, interpolated, 0.5),
    "p99 of 250": (0.99, 250, interpolated, 0.5),
}


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["with requests", "values only"])
@pytest.mark.parametrize("cell", CELLS.values(), ids=list(CELLS))
def test_a_candidate_at_its_limit_does_not_pass(
    cell: tuple[float, int, Callable[..., float], float], *, known: bool
) -> None:
    q, n, made, spread = cell
    name = f"latency_p{q * 100:.0f}"
    check = Check("slow", Metric(name), no_worse_by=Margin(relative=0.2))
    said = []
    for seed in range(RUNS):
        ours = values(seed, n, 1.2, q=q, made=made, spread=spread)
        theirs = values(seed + 500, 19 * n, 1.0, q=q, made=made, spread=spread)
        found = measured(
            {name: points(ours, n if known else None)},
            {name: points(theirs, 19 * n if known else None)},
            until=MINUTES,
        )
        said.append(judge([check], found, arms(MINUTES), {}).findings[0].verdict)
    assert said.count(Verdict.PASS) == 0
    assert said.count(Verdict.FAIL) == 0


def test_an_equal_candidate_passes_by_percentiles_of_few_requests() -> None:
    check = Check("slow", Metric("latency_p90"), no_worse_by=Margin(relative=0.2))
    ours = values(1, 60, 1.0, q=0.9, made=interpolated, spread=0.5)
    theirs = values(2, 1140, 1.0, q=0.9, made=interpolated, spread=0.5)
    found = measured(
        {"latency_p90": points(ours, 60)}, {"latency_p90": points(theirs, 1140)}, until=MINUTES
    )
    assert judge([check], found, arms(MINUTES), {}).findings[0].verdict is Verdict.PASS


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["with requests", "values only"])
def test_recorded_percentiles_at_the_limit_do_not_pass(*, known: bool) -> None:
    quantiles, n = (0.5, 0.9), 60
    said = []
    for seed in range(RUNS):
        chance = Random(seed)
        rows = []
        for _ in range(MINUTES):
            ours, theirs = minute(chance, n, 1.3, 0.5), minute(chance, 19 * n, 1.0, 0.5)
            at_c, at_b = ([interpolated(arm, q) for q in quantiles] for arm in (ours, theirs))
            rows.append([n if known else None, at_c, 19 * n if known else None, at_b])
        metric = {
            "name": "latency",
            "form": "percentiles",
            "quantiles": list(quantiles),
            "config": {"tol_fail": 0.4, "tol_pass": 0.3},
            "minutes": rows,
        }
        document = {"schema": "canary.series/1", "id": "r", "metrics": [metric]}
        said.append(judge_document(from_json(document)).verdict)
    assert said.count(Verdict.PASS) == 0


LONG = 240
QUANTILES = (0.5, 0.9, 0.99)


def placed(chance: Random, n: int, *, pareto: bool) -> list[float]:
    """The percentiles of n requests, drawn by the places they have in the distribution."""
    found, below, place = [], 0, 0.0
    for q in QUANTILES:
        k = round(q * (n + 1)) - below
        place += (1 - place) * chance.betavariate(k, n + 1 - below - k)
        below += k
        found.append(
            (1 - place) ** (-1 / 1.5) if pareto else exp(0.5 * NormalDist().inv_cdf(place))
        )
    return found


@pytest.mark.parametrize("known", [True, False], ids=["with requests", "values only"])
@pytest.mark.parametrize("pareto", [False, True], ids=["lognormal", "pareto"])
def test_a_candidate_at_its_limit_is_not_failed_by_what_percentiles_read_high(
    *, pareto: bool, known: bool
) -> None:
    check = Check("slow", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))
    for seed in range(5, 9):
        chance = Random(seed)
        ours = [1.2 * placed(chance, 600, pareto=pareto)[2] for _ in range(LONG)]
        theirs = [placed(chance, 11_400, pareto=pareto)[2] for _ in range(LONG)]
        found = measured(
            {"latency_p99": points(ours, 600 if known else None)},
            {"latency_p99": points(theirs, 11_400 if known else None)},
            until=LONG,
        )
        finding, *_ = judge([check], found, arms(LONG), {}).findings
        assert finding.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("n", [60, 600])
@pytest.mark.parametrize("pareto", [False, True], ids=["lognormal", "pareto"])
def test_recorded_percentiles_at_the_limit_show_no_more_slow_ones_than_the_baseline(
    n: int, *, pareto: bool
) -> None:
    chance = Random(n)
    past = [[19 * n, placed(chance, 19 * n, pareto=pareto)] for _ in range(LONG)]
    rows = [
        [n, [1.2 * v for v in placed(chance, n, pareto=pareto)], *one]
        for one in ([19 * n, placed(chance, 19 * n, pareto=pareto)] for _ in range(LONG))
    ]
    metric: dict[str, Any] = {"name": "latency", "form": "percentiles"}
    metric |= {"config": {"tol_fail": 0.2, "tol_pass": 0.2}, "history": past, "minutes": rows}
    document = from_json({"schema": "canary.series/1", "metrics": [metric]})
    form = PercentilesForm(document.metrics[0])
    total = [sum(column) for column in zip(*(form.row(row) for row in rows), strict=True)]
    for n_c, slow, _, n_b, slow_b in (total[i : i + 5] for i in (0, 5, 10)):
        # A few hundredths are chance.
        assert 0.85 * slow_b * n_c <= slow * n_b <= 1.04 * slow_b * n_c
