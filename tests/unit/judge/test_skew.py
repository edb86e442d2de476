"""Means of skewed amounts: windows are brought together until two arms compare fairly."""

from dataclasses import replace
from math import isclose
from random import Random
from typing import Any

import pytest
from unit.judge.arranging import MINUTE, arms, at, measured, series
from unit.judge.streams import poisson

from canarycli.forecast import forecast
from canarycli.judge import Verdict, begin, judge
from canarycli.judge.margins import Promise
from canarycli.judge.means import Means, Scale
from canarycli.judge.skew import Gathering, lean_of_history, tilt_of, windows_needed
from canarycli.metrics import Counts, Metric, Value
from canarycli.plan import Better, Check, Margin, Plan, Stage
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

BUYERS = 0.03
MEAN = BUYERS * 40.3
"""Of exp(N(3, 1.18)): few buy, and few of those buy much."""

REVENUE = Check(
    "revenue",
    Metric("revenue", source={"cloudwatch": {"name": "Revenue"}}),
    no_worse_by=Margin(relative=0.05),
    better=Better.HIGHER,
    cap=200,
)


def amounts(chance: Random, requests: int, cap: float) -> float:
    bought = poisson(chance, requests * BUYERS)
    return sum(min(cap, chance.lognormvariate(3, 1.18)) for _ in range(bought)) / requests


def shop(seed: int, minutes: int, *, history: int = 0, cap: float = 1e9) -> dict[str, Any]:
    """Two equal arms of 150 and 2,850 requests a minute."""
    chance = Random(seed)
    rows = [
        [amounts(chance, 150, cap), 150, amounts(chance, 2850, cap), 2850] for _ in range(minutes)
    ]
    return {
        "name": "revenue",
        "form": "values",
        "better": "higher",
        "history": [[amounts(chance, 2850, cap), 2850] for _ in range(history)],
        "minutes": rows,
    }


def judged(metric: dict[str, Any], **config: float) -> SeriesVerdict:
    metric["config"] = {"margin_fail": 0.05, "margin_pass": 0.05, **config}
    return judge_document(from_json({"schema": "canary.series/1", "metrics": [metric]}))


@pytest.mark.parametrize("history", [0, 120])
def test_equal_arms_of_skewed_amounts_are_not_rolled_back(history: int) -> None:
    """Judged minute by minute a fifth of them were."""
    said = [judged(shop(seed, 300, history=history)).verdict for seed in range(10)]
    assert said.count(Verdict.FAIL) == 0


def test_with_a_cap_a_window_has_a_sixth_of_cap_over_margin_requests() -> None:
    margin = 0.05 * MEAN
    need = windows_needed(200, tilt_of(150, 1e12), margin)
    assert isclose(150 * need, 200 / (6 * margin))


def test_windows_grow_until_they_are_long_enough() -> None:
    means = Means(0.05, 0.05, Promise(), Scale(1, 10, 200 / MEAN))
    row = (0.0, 142.5, 0.0, 0.0, tilt_of(150, 2850))
    for _ in range(12):
        means.step(row)
    assert means.minutes == 3


def test_windows_brought_together_are_one_window_of_all_requests() -> None:
    whole = Gathering()
    for difference, n_c, n_b in ((0.2, 100, 900), (-0.1, 300, 2700)):
        whole.add((difference, 1 / (1 / n_c + 1 / n_b), 0.0, 0.0, tilt_of(n_c, n_b)))
    difference, precision, _, _, tilt = whole.taken()
    assert isclose(difference, (0.2 * 100 - 0.1 * 300) / 400)
    assert isclose(precision, 1 / (1 / 400 + 1 / 3600))
    assert isclose(tilt, tilt_of(400, 3600))
    assert whole.numbers() == Gathering().numbers()


def test_equal_arms_need_no_longer_windows_however_skewed() -> None:
    means = Means(0.05, 0.05, Promise(), Scale(1, 10, 1e6))
    for _ in range(5):
        means.step((0.0, 750.0, 0.0, 0.0, tilt_of(1500, 1500)))
    assert means.minutes == 5


def test_history_tells_how_far_amounts_lean_and_drift_is_no_lean() -> None:
    chance = Random(4)
    skewed = [(amounts(chance, 2850, 200), 2850.0) for _ in range(600)]
    calm = [(10 + i / 100 + chance.gauss(0, 0.02), 2850.0) for i in range(600)]
    assert 100 < lean_of_history(skewed) < 600
    assert lean_of_history(calm) < 60


def test_what_has_no_history_is_learnt_from_the_release() -> None:
    chance = Random(5)
    means = Means(0.05, 0.05, Promise())
    for _ in range(200):
        difference = (amounts(chance, 150, 1e9) - amounts(chance, 2850, 1e9)) / MEAN
        means.step((difference, 142.5, 0.0, 0.0, tilt_of(150, 2850)))
    assert means.leaning > 20
    assert means.minutes < 150


def test_the_state_keeps_windows_that_are_not_whole_yet() -> None:
    first, second = (Means(0.05, 0.05, Promise(), Scale(1, 10, 150)) for _ in range(2))
    chance = Random(6)
    for number in range(40):
        row = (chance.gauss(0.3, 1), 142.5, 0.0, 0.0, tilt_of(150, 2850))
        first.step(row)
        second.step(row)
        if number % 7 == 3:
            numbers = second.numbers()
            second = Means(0.05, 0.05, Promise())
            second.load(numbers)
    assert second.numbers() == first.numbers()
    assert first.fail.total != Means(0.05, 0.05, Promise()).fail.total


def test_a_cap_bounds_what_history_would_have_said() -> None:
    assert Scale(2.0, 6.0, 900.0).relative(200).lean == 100
    assert Scale(2.0, 6.0, 900.0).relative().lean == 450


def live(share: float, size: float, minutes: int) -> Verdict:
    """One look after so many minutes of equal arms, with a day's history."""
    chance = Random(7)
    past = [Value(at(i), amounts(chance, 2850, 200), 2850) for i in range(240)]
    history = measured({}, {"revenue": series(past)}, until=240)
    checks = [REVENUE]
    state = begin(checks, history, arms(240))
    ours, theirs = (
        series([Value(at(240 + i), amounts(chance, n, 200) * k, n) for i in range(minutes)])
        for n, k in ((round(3000 * share), size), (round(3000 * (1 - share)), 1.0))
    )
    found = measured({"revenue": ours}, {"revenue": theirs}, until=240 + minutes)
    return judge(checks, found, arms(240 + minutes, since=240), state).findings[0].verdict


def test_live_a_cap_is_what_windows_go_by_and_half_the_amount_fails() -> None:
    assert live(0.25, 1.0, 60) is Verdict.INCONCLUSIVE
    assert live(0.25, 0.5, 120) is Verdict.FAIL


def test_the_forecast_knows_the_windows() -> None:
    facts = {"level": MEAN, "spread": 4.0, "lean": 200 / MEAN}
    plan = Plan((Stage(5, 15 * MINUTE), Stage(50, 15 * MINUTE), Stage(100, 0 * MINUTE)), (REVENUE,))
    small, half = forecast(plan, 3000, {"revenue": facts}).outlooks
    assert small.window == 4 * MINUTE
    assert half.window is None


CALM = Check(
    "ctr",
    Metric("ctr", source={"cloudwatch": {"name": "CTR"}}),
    no_worse_by=Margin(relative=0.01),
    better=Better.HIGHER,
)


def test_a_fail_within_what_equal_machines_differ_by_says_so() -> None:
    chance = Random(8)
    ours, theirs = (
        series([Value(at(i), level + chance.gauss(0, 0.001), 3000) for i in range(60)])
        for level in (0.98, 1.0)
    )
    found = measured({"ctr": ours}, {"ctr": theirs}, until=60)
    finding, _ = judge([CALM], found, arms(60), {}).findings
    assert finding.verdict is Verdict.FAIL
    assert "two equal machines may differ by as much" in finding.sentence


def test_a_share_that_is_counted_says_nothing_of_machines() -> None:
    """Of counts it is known by how much they differ by chance."""
    ours, theirs = (
        series([Counts(at(i), 9000, 9000 * bad) for i in range(60)]) for bad in (0.3, 0.2)
    )
    found = measured({"ctr": ours}, {"ctr": theirs}, until=60)
    check = replace(CALM, better=Better.LOWER)
    finding = judge([check], found, arms(60, share=50), {}).findings[0]
    assert finding.verdict is Verdict.FAIL
    assert "machines" not in finding.sentence


def test_values_that_stood_still_so_far_are_no_division_by_nothing() -> None:
    means = Means(0.05, 0.05, Promise(), Scale(1, 10))
    for _ in range(9):
        means.step((0.0, 142.5, 0.0, 0.0, 0.0))
    assert means.minutes == 9
