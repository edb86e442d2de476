"""A bet never gains on average while its hypothesis holds: counted out, not sampled."""

from math import comb, exp, isclose, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.judge.bets import FAIL_ODDS, FAIL_WEIGHTS, PASS_ODDS, PASS_WEIGHTS, Minute, bets

rates = st.floats(0, 1)
N_CANDIDATE, N_BASELINE = 4, 9


def expected(
    odds: tuple[float, ...], rho: float, delta: float, guess: float, rate_c: float, rate_b: float
) -> list[float]:
    """The mean factor of every alternative, over all outcomes of one minute."""
    total = [0.0] * len(odds)
    for x_c in range(N_CANDIDATE + 1):
        for x_b in range(N_BASELINE + 1):
            chance = (
                comb(N_CANDIDATE, x_c) * rate_c**x_c * (1 - rate_c) ** (N_CANDIDATE - x_c)
            ) * (comb(N_BASELINE, x_b) * rate_b**x_b * (1 - rate_b) ** (N_BASELINE - x_b))
            _, logs = bets(odds, rho, delta, guess, Minute(N_CANDIDATE, x_c, N_BASELINE, x_b))
            total = [t + chance * exp(value) for t, value in zip(total, logs, strict=True)]
    return total


@given(st.floats(0.2, 3), st.floats(0, 0.3), rates, rates, rates)
def test_no_fail_bet_gains_against_a_candidate_inside_the_margin(
    rho: float, delta: float, guess: float, rate_b: float, inside: float
) -> None:
    rate_c = inside * min(1.0, rho * rate_b + delta)
    assert max(expected(FAIL_ODDS, rho, delta, guess, rate_c, rate_b)) <= 1 + 1e-9


@given(st.floats(0.2, 3), st.floats(0, 0.3), rates, rates, rates)
def test_no_pass_bet_gains_for_a_candidate_at_the_margin_or_beyond(
    rho: float, delta: float, guess: float, rate_b: float, beyond: float
) -> None:
    edge = min(1.0, rho * rate_b + delta)
    if edge < rho * rate_b + delta - 1e-12:
        edge = 1.0
        rate_b = max(0.0, (1 - delta) / rho) if delta <= 1 else 0.0
    rate_c = edge + beyond * (1 - edge)
    assert max(expected(PASS_ODDS, rho, delta, guess, rate_c, rate_b)) <= 1 + 1e-9


@given(
    st.floats(0, 3), st.floats(0, 0.5), rates, st.integers(0, 50), rates, st.integers(1, 50), rates
)
def test_a_factor_is_positive_and_a_number_whatever_comes(
    rho: float, delta: float, guess: float, n_c: int, part_c: float, n_b: int, part_b: float
) -> None:
    minute = Minute(n_c, round(n_c * part_c), n_b, round(n_b * part_b))
    for odds in (FAIL_ODDS, PASS_ODDS):
        _, logs = bets(odds, rho, delta, guess, minute)
        assert all(isfinite(value) for value in logs)


@pytest.mark.parametrize("guess", [0.9, 0.95, 0.999])
def test_a_bet_of_the_wrong_sign_is_no_bet(guess: float) -> None:
    strengths, _ = bets(FAIL_ODDS, 1.1, 0.0, guess, Minute(60, 54, 1140, 1026))
    assert min(strengths) >= 0
    strengths, _ = bets(PASS_ODDS, 1.5, 0.0, guess, Minute(60, 54, 1140, 1026))
    assert max(strengths) <= 0


def test_for_rare_errors_the_strength_does_not_depend_on_the_guess() -> None:
    minute = Minute(60, 1, 1140, 2)
    low, _ = bets(FAIL_ODDS, 1.1, 0.0, 1e-6, minute)
    high, _ = bets(FAIL_ODDS, 1.1, 0.0, 1e-5, minute)
    assert all(isclose(a, b, rel_tol=2e-2) for a, b in zip(low, high, strict=True))


def test_zero_errors_tell_nothing_of_a_ratio_and_something_of_a_difference() -> None:
    _, relative = bets(PASS_ODDS, 1.5, 0.0, 1e-7, Minute(1000, 0, 19_000, 0))
    _, absolute = bets(PASS_ODDS, 1.5, 0.0005, 1e-7, Minute(1000, 0, 19_000, 0))
    assert max(relative) < 0.01
    assert isclose(absolute[-2], 0.85 * 1000 * 0.0005, rel_tol=0.05)


def test_the_grids_share_out_all_of_the_capital() -> None:
    assert isclose(sum(FAIL_WEIGHTS), 1.0)
    assert isclose(sum(PASS_WEIGHTS), 1.0)
