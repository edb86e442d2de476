"""Ratios of two sums, revenue per order: compared as means of what is above the usual ratio."""

from collections.abc import Iterator
from random import Random

import pytest
from unit.judge.arranging import MINUTE, START, arms, measured

from canarycli.judge import Finding, State, Verdict, begin, judge
from canarycli.metrics import Metric, Series, Value
from canarycli.plan import Better, Check, Margin

RATIO = Check(
    "revenue per order",
    Metric("revenue per order"),
    no_worse_by=Margin(relative=0.1),
    better=Better.HIGHER,
)
N, MINUTES, PAST = 400, 120, 60


def minute(chance: Random, orders: float, paid: float) -> tuple[float, float]:
    """Means of what was paid and of what was ordered, of all requests of a minute."""
    bought = sum(chance.random() < orders for _ in range(N))
    amounts = sum(chance.uniform(0.5, 1.5) * paid for _ in range(bought))
    return amounts / N, bought / N


def series(rows: list[tuple[float, float]]) -> Series:
    return Series(
        tuple(Value(START + i * MINUTE, value, N, per) for i, (value, per) in enumerate(rows))
    )


def release(orders: float, paid: float) -> Iterator[Finding]:
    """The baseline sells to a tenth of its requests, for 20 each."""
    chance, key = Random(5), RATIO.metric.key
    past = series([minute(chance, 0.1, 20) for _ in range(PAST)])
    state: State = begin([RATIO], measured({}, {key: past}), arms(0))
    base = [minute(chance, 0.1, 20) for _ in range(MINUTES)]
    mine = [minute(chance, orders, paid) for _ in range(MINUTES)]
    for now in range(5, MINUTES + 1, 5):
        found = measured({key: series(mine[:now])}, {key: series(base[:now])}, until=now)
        judged = judge([RATIO], found, arms(now, share=50), state)
        state = judged.state
        yield judged.findings[0]


@pytest.mark.parametrize(
    ("orders", "paid", "verdict"),
    [
        pytest.param(0.1, 20, Verdict.PASS, id="as much per order"),
        pytest.param(0.2, 20, Verdict.PASS, id="twice the orders for as much each"),
        pytest.param(0.2, 15, Verdict.FAIL, id="more revenue, and less per order"),
    ],
)
def test_a_ratio_is_judged_and_shown_as_one(orders: float, paid: float, verdict: Verdict) -> None:
    found = next((f for f in release(orders, paid) if f.verdict is verdict), None)

    assert found is not None
    assert found.baseline == pytest.approx(20, rel=0.1)
    assert found.candidate == pytest.approx(paid, rel=0.1)
    assert found.diff == pytest.approx(paid / 20 - 1, abs=0.1)
