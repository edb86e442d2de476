"""Draws have the distribution they claim, take one number each, and grow with it."""

from collections.abc import Callable
from itertools import pairwise
from math import comb, exp, factorial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from canarycli.simulator.noise import above, binomial, lognormal, poisson, quantile

EVENLY = [(step + 0.5) / 20_000 for step in range(20_000)]
"""Uniform numbers that cover 0 to 1, so that a mean over them is nearly the expectation."""

UNIFORM = st.floats(1e-9, 1 - 1e-9)


def moments(draw: Callable[[float], float]) -> tuple[float, float]:
    """Mean and variance."""
    drawn = [draw(uniform) for uniform in EVENLY]
    mean = sum(drawn) / len(drawn)
    return mean, sum((value - mean) ** 2 for value in drawn) / len(drawn)


@pytest.mark.parametrize("expected", [0.01, 0.5, 3, 29, 31, 500, 12_000])
def test_a_poisson_count_has_its_mean_and_variance(expected: float) -> None:
    mean, variance = moments(lambda uniform: poisson(uniform, expected))

    assert mean == pytest.approx(expected, rel=0.01)
    assert variance == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("n", "share"),
    [(10, 0.5), (10, 0.9), (1000, 0.001), (1000, 0.02), (1000, 0.5), (100_000, 0.0001), (50, 0.99)],
)
def test_a_binomial_count_has_its_mean_and_variance(n: int, share: float) -> None:
    mean, variance = moments(lambda uniform: binomial(uniform, n, share))

    assert mean == pytest.approx(n * share, rel=0.01)
    assert variance == pytest.approx(n * share * (1 - share), rel=0.05)


def test_few_events_are_drawn_exactly() -> None:
    poissons = [poisson(uniform, 2.0) for uniform in EVENLY]
    binomials = [binomial(uniform, 12, 0.2) for uniform in EVENLY]

    for count in range(6):
        likely = exp(-2) * 2**count / factorial(count)
        assert poissons.count(count) / len(EVENLY) == pytest.approx(likely, abs=2e-4)
        likely = comb(12, count) * 0.2**count * 0.8 ** (12 - count)
        assert binomials.count(count) / len(EVENLY) == pytest.approx(likely, abs=2e-4)


@given(UNIFORM, st.integers(0, 100_000), st.floats(0, 1))
def test_a_part_of_n_is_at_most_n(uniform: float, n: int, share: float) -> None:
    assert 0 <= binomial(uniform, n, share) <= n


@given(UNIFORM, st.integers(0, 2000), st.integers(0, 2000), st.floats(0, 0.5))
@example(1e-9, 272, 321, 0.09375)  # as rare as can be drawn, at the seam
@example(1 - 1e-9, 1000, 1001, 0.03)
def test_more_requests_have_no_fewer_errors_but_for_the_seam(
    uniform: float, few: int, more: int, share: float
) -> None:
    one, other = sorted((few, more))

    assert binomial(uniform, one, share) <= binomial(uniform, other, share) + 2


@pytest.mark.parametrize(("n", "share", "count"), [(0, 0.5, 0), (9, 0, 0), (9, 1, 9), (9, 2, 9)])
def test_sure_things_need_no_chance(n: int, share: float, count: int) -> None:
    assert binomial(0.5, n, share) == count


def test_nothing_expected_is_nothing_drawn() -> None:
    assert poisson(0.999, 0) == 0


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_the_quantile_of_a_sample_is_about_the_one_asked_for(n: int) -> None:
    middle = quantile(0.5, 0.5, n)
    spread = quantile(0.84134, 0.5, n) - quantile(0.15866, 0.5, n)

    assert middle == pytest.approx(0.5)
    assert spread == pytest.approx(2 * (0.25 / (n + 1)) ** 0.5, rel=0.05)


@given(UNIFORM, st.lists(st.floats(0, 1), min_size=2, max_size=5), st.integers(1, 10_000))
def test_higher_quantiles_of_one_sample_are_no_lower(
    uniform: float, wanted: list[float], n: int
) -> None:
    drawn = [quantile(uniform, at, n) for at in sorted(wanted)]

    assert all(low <= high + 1e-12 for low, high in pairwise(drawn))
    assert all(0 < value < 1 for value in drawn)


@given(st.floats(0.001, 0.999), st.floats(0.01, 2))
def test_so_many_are_above_a_quantile_as_its_name_says(at: float, spread: float) -> None:
    limit = lognormal(at, 1.0, spread)

    assert above(limit, median=1.0, spread=spread) == pytest.approx(1 - at)


@pytest.mark.parametrize(("limit", "share"), [(0.05, 1.0), (0.1, 0.0), (0.2, 0.0)])
def test_without_spread_all_are_at_the_median(limit: float, share: float) -> None:
    assert above(limit, median=0.1, spread=0) == share


def test_everything_is_above_nothing() -> None:
    assert above(0, median=0.1, spread=0.4) == 1
