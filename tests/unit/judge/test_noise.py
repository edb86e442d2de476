"""How far two equal arms differ: measured once, and allowed for from then on."""

from collections.abc import Iterator
from datetime import timedelta
from math import exp, sqrt
from random import Random

import pytest
from unit.judge.streams import poisson

from canarycli.config.writing import plan_data
from canarycli.judge.comparison import Comparison
from canarycli.judge.history import History
from canarycli.judge.margins import Margins, Promise
from canarycli.judge.noise import arm_noise
from canarycli.plan import Plan, Stage

Row = tuple[float, float, float, float]
LIMIT = Margins(1.1, 0.0, 1.5, 0.0)


def swinging(
    seed: int, wander: float, length: int, times: float = 1.0, batch: int = 1
) -> Iterator[Row]:
    """1 % errors, 5 % of 6,000 requests a minute; each arm's rate swings by itself and lasts."""
    chance = Random(seed)
    levels = [chance.gauss(0, wander), chance.gauss(0, wander)]
    for _ in range(length):
        levels = [0.9 * v + chance.gauss(0, wander * sqrt(1 - 0.81)) for v in levels]
        rate_c, rate_b = (0.01 * exp(level - wander**2 / 2) for level in levels)
        n_c, n_b = poisson(chance, 300), poisson(chance, 5700)
        bad_c, bad_b = n_c * rate_c * times / batch, n_b * rate_b / batch
        yield n_c, batch * poisson(chance, bad_c), n_b, batch * poisson(chance, bad_b)


@pytest.mark.parametrize(
    ("wander", "batch", "low", "high"),
    [(0.0, 1, 0.0, 0.15), (0.0, 4, 0.0, 0.25), (0.3, 1, 0.3, 0.55), (0.5, 1, 0.5, 0.95)],
)
def test_it_is_the_swing_of_the_ratio_and_neither_chance_nor_batches(
    wander: float, batch: int, low: float, high: float
) -> None:
    found = sorted(arm_noise(list(swinging(s, wander, 240, batch=batch))) or 0 for s in range(15))
    assert low <= found[7] <= high


def test_too_little_is_not_known() -> None:
    assert arm_noise(list(swinging(1, 0.3, 30))) is None
    assert arm_noise([(300.0, 0.0, 5700.0, 0.0)] * 240) is None


def minutes_to_fail(seed: int, noise: float, times: float) -> int | None:
    judge = Comparison(LIMIT.beyond(noise), Promise(), History(0.01, 5700, 2.0, 100))
    for minute, (n_c, x_c, n_b, x_b) in enumerate(swinging(seed, 0.3, 1440, times), 1):
        judge.step((n_c, x_c, x_c, n_b, x_b))
        if judge.evidence >= 100:
            return minute
    return None


@pytest.mark.slow
def test_with_it_swings_of_a_third_roll_hardly_anybody_back_and_harm_is_still_found() -> None:
    healthy, harmed = [], []
    for seed in range(25):
        noise = arm_noise(list(swinging(1000 + seed, 0.3, 240))) or 0.0
        healthy.append(minutes_to_fail(seed, noise, 1.0))
        harmed.append(minutes_to_fail(seed, noise, 3.0) or 9999)
    assert sum(minute is not None for minute in healthy) <= 2
    assert sorted(harmed)[12] <= 30


def test_a_plan_says_it_in_percent() -> None:
    plan = Plan((Stage(5, timedelta(0)),), arm_noise=0.12)
    assert plan_data(plan)["arm_noise"] == "12%"
