"""The statistics the judge is made of, each against what is known of it."""

from collections.abc import Iterable
from math import erf, inf, isclose, log, sqrt
from random import Random

import pytest
from unit.judge.streams import Row, history, mean_and_error, release

from canarycli.judge.bets import FAIL_ODDS, FAIL_WEIGHTS, Minute, speeds
from canarycli.judge.dispersion import UNKNOWN, Dispersion, from_history, low_chi_square
from canarycli.judge.interval import Counted
from canarycli.judge.latency import (
    QUANTILES,
    cumulative,
    score,
    share_above,
)
from canarycli.judge.margins import Margins, Promise, margins_of
from canarycli.judge.marks import nearest
from canarycli.judge.means import Means, Scale
from canarycli.judge.memory import packed, unpacked
from canarycli.judge.power import divergence, information, requests_to_fail, requests_to_pass
from canarycli.judge.telling import rate_above
from canarycli.judge.wealth import LANE, fitted, late_start, stage_start
from canarycli.judge.weights import weights
from canarycli.judge.wording import amount, change
from canarycli.metrics import Unit
from canarycli.plan import Better, Margin

# dispersion


def test_history_of_single_errors_has_a_dispersion_near_1() -> None:
    found = sorted(from_history(history(seed, length=600)) for seed in range(9))
    assert found[4] < 1.1
    assert found[-1] < 1.5


def test_a_day_of_single_errors_has_a_dispersion_of_1() -> None:
    found = [from_history(history(seed, length=1440)) for seed in range(6)]
    assert sorted(found)[4] == 1.0


def test_history_of_batches_has_one_of_about_their_size() -> None:
    """A geometric batch of mean 5 scatters 9 times as much as single errors."""
    assert 6 <= from_history(history(1, length=1000, batch=5)) <= 13


def test_a_day_curve_is_no_scatter() -> None:
    rows = [
        row
        for hour in range(20)
        for row in history(hour, length=30, per_minute=1000 + 100 * abs(10 - hour))
    ]
    assert from_history(rows) < 1.4


@pytest.mark.parametrize("rows", [[], [(1000.0, 0.0)] * 1000, [(100.0, 1.0)] * 4])
def test_too_little_history_is_no_history(rows: list[tuple[float, float]]) -> None:
    assert from_history(rows) == UNKNOWN


@pytest.mark.parametrize(("batch", "most"), [(1, 1.6), (5, 16)])
def test_without_history_dispersion_is_learnt_from_the_release(batch: float, most: float) -> None:
    learnt = Dispersion()
    for row in release(2, length=300, per_minute=6000, batch=batch):
        _, _, share, variance = learnt.look(row[0], row[2], row[1] + row[3])
        learnt.learn(Minute(*row), (share, variance))
    assert (batch + 1) / 2 <= learnt.phi <= most


def test_a_real_effect_is_not_taken_for_scatter() -> None:
    learnt = Dispersion(1.0)
    for row in release(3, length=120, per_minute=6000, times=4):
        _, _, share, variance = learnt.look(row[0], row[2], row[1] + row[3])
        learnt.learn(Minute(*row), (share, variance))
    assert learnt.phi < 1.8


def serial(rows: Iterable[Row], *, single: bool) -> float:
    """What bets are divided by on average, for residuals that follow one another."""
    learnt, found = Dispersion(1.0, single=single), []
    for row in rows:
        _, factor, share, variance = learnt.look(row[0], row[2], row[1] + row[3])
        learnt.learn(Minute(*row), (share, variance))
        found.append(factor)
    return sum(found) / len(found)


def test_single_errors_hardly_follow_one_another_by_chance_and_a_worse_arm_still_does() -> None:
    plain = [
        sum(serial(release(s, length=40), single=single) for s in range(60)) / 60
        for single in (False, True)
    ]
    later = [row for part in (1.0, 4.0) for row in release(1, length=40, times=part)]
    assert plain[1] - 1 < 0.6 * (plain[0] - 1)
    assert plain[1] < 1.06
    assert serial(later * 3, single=True) > 1.3


@pytest.mark.parametrize(("df", "quantile"), [(5, 0.752), (10, 3.059), (50, 31.664)])
def test_the_low_quantile_of_chi_square_is_near_the_table(df: float, quantile: float) -> None:
    assert isclose(low_chi_square(df), quantile, rel_tol=0.06)


# the interval of the ratio


@pytest.mark.parametrize("times", [0.5, 1.0, 3.0])
def test_the_interval_holds_the_ratio_at_every_look(times: float) -> None:
    missed = 0
    for seed in range(60):
        ratio = Counted()
        out = False
        for minute, row in enumerate(release(seed, length=60, times=times)):
            ratio.add(Minute(*row), 1.0)
            low, high = ratio.ratio(0.05) if minute % 4 == 3 else (0.0, inf)
            out = out or not low <= times <= high
        missed += out
    assert missed <= 4


def test_the_interval_narrows_with_requests_and_widens_with_scatter() -> None:
    widths = []
    for length, phi in ((30, 1.0), (300, 1.0), (300, 9.0)):
        ratio = Counted()
        for row in release(1, length=length):
            ratio.add(Minute(*row), phi)
        low, high = ratio.ratio(0.05)
        widths.append(high / low)
    assert widths[1] < widths[0]
    assert widths[1] < widths[2]


@pytest.mark.parametrize(
    ("errors", "share", "low", "high"),
    [(200, 0.05, 0.4834, 2.8062), (2e6, 0.5, 1.29184, 1.30822), (2e8, 0.5, 1.299095, 1.300906)],
)
def test_the_interval_is_exact_at_every_scale(
    errors: float, share: float, low: float, high: float
) -> None:
    """Against the mixture summed over two million points; the ratio is 1.3."""
    n_c, n_b = 1e9 * share, 1e9 * (1 - share)
    part = 1.3 * n_c / (1.3 * n_c + n_b)
    ratio = Counted()
    ratio.add(Minute(n_c, errors * part, n_b, errors * (1 - part)), 1.0)
    assert ratio.ratio(0.05) == pytest.approx((low, high), rel=1e-3)


def test_without_errors_the_ratio_may_be_anything() -> None:
    ratio = Counted()
    ratio.add(Minute(1000, 0, 1000, 0), 1.0)
    assert ratio.ratio(0.05) == (0.0, inf)


def test_a_rate_is_bounded_by_about_the_rule_of_three() -> None:
    assert 3 / 1000 < rate_above(0, 1000) < 9 / 1000
    assert 0.01 < rate_above(10, 1000) < 0.03


# values


def test_evidence_on_values_has_a_mean_of_at_most_1_even_with_wild_tails() -> None:
    ends = []
    for seed in range(200):
        chance = Random(seed)
        means = Means(0.0, 0.0, Promise())
        for _ in range(60):
            wild = chance.gauss(0, 1) / max(0.3, abs(chance.gauss(0, 1)))
            means.step((wild, 1.0))
        ends.append(means.fail.total)
    mean, error = mean_and_error(ends)
    assert mean - 3 * error <= 1
    assert sum(end >= 100 for end in ends) <= 4


def test_values_find_a_shift_and_its_interval_holds_it() -> None:
    chance = Random(5)
    means = Means(0.1, 0.5, Promise())
    for _ in range(100):
        means.step((chance.gauss(1.0, 0.5), 1.0))
    low, high = means.bounds(0.05)
    assert means.evidence >= 100
    assert means.assurance < 1
    assert low <= 1.0 <= high


def test_one_wild_value_is_no_proof() -> None:
    chance = Random(6)
    means = Means(0.0, 0.5, Promise(), Scale(spread=1))
    for i in range(30):
        means.step((1000.0 if i == 20 else chance.gauss(0, 1), 1.0))
    assert means.evidence < 100


def test_a_scale_needs_a_few_neighbours() -> None:
    rows = [(1.0, 100.0), (1.1, 100.0)] * 3
    assert Scale.of(rows[:4], as_log=False).spread == 0
    assert isclose(Scale.of(rows * 5, as_log=False).spread, 0.1 / sqrt(2 / 100), rel_tol=0.01)


# latency


@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.99, 0.999])
def test_the_normal_score_is_the_inverse_of_the_distribution(q: float) -> None:
    assert isclose(cumulative(score(q)), q, rel_tol=1e-9)
    assert isclose(cumulative(1.0), 0.5 * (1 + erf(1 / sqrt(2))))


def test_the_share_above_a_threshold_is_exact_for_a_lognormal() -> None:
    values = [0.1 * 2.718281828 ** (0.5 * score(q)) for q in QUANTILES]
    for factor in (0.8, 1.0, 1.5, 3.0):
        exact = 1 - cumulative(log(factor) / 0.5)
        assert isclose(share_above(0.1 * factor, QUANTILES, values), exact, rel_tol=1e-6)


def test_equal_percentiles_and_a_single_one_are_handled() -> None:
    assert 0 <= share_above(0.2, QUANTILES, [0.1, 0.1, 0.1]) <= 0.011
    with pytest.raises(ValueError, match="one percentile alone"):
        share_above(0.1, [0.5], [0.1])


def test_bounds_round_towards_neither_failing_nor_passing() -> None:
    bounds = (0.05, 0.1, 0.2, 0.4)
    assert nearest(bounds, 0.11) == 1


# margins, weights, capital


def test_a_margin_means_the_same_whichever_way_is_better() -> None:
    margin = Margin(relative=0.1, absolute=0.02)
    lower = margins_of(margin, Better.LOWER)
    higher = margins_of(margin, Better.HIGHER)
    good = 0.6
    limit = good * 0.9 - 0.02
    assert isclose(1 - limit, higher.rho_fail * (1 - good) + higher.delta_fail)
    assert (lower.rho_fail, lower.delta_fail) == (1.1, 0.02)
    assert (lower.rho_pass, lower.delta_pass) == (1.1, 0.02)


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Margins(rho_fail=-1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["anything"], [1.0]),
        (["errors_5xx", "latency_p99"], [4 / 7, 3 / 7]),
        (["errors_5xx", "errors_4xx", "latency", "kpi"], [0.4, 0.1, 0.3, 0.2]),
        (["latency_p50", "latency_p90", "latency_p99"], [0.25, 0.5, 0.25]),
        (["a", "b", "c", "d"], [0.25] * 4),
    ],
)
def test_alpha_is_shared_out_whole(names: list[str], expected: list[float]) -> None:
    assert weights(names) == pytest.approx(expected)


def test_capital_that_is_brought_in_later_is_what_was_held_back() -> None:
    starts = sum(late_start(minute, 1440) for minute in range(200_000))
    assert 0.08 <= starts <= 0.1
    assert sum(stage_start(stage) for stage in range(1, 60)) <= 0.1
    assert LANE == 0.5


def test_capital_goes_to_what_this_traffic_finds_neither_at_once_nor_after_hours() -> None:
    busy = speeds(FAIL_ODDS, 1.1, 0.0, 0.005, Minute(10_000, 0, 190_000, 0))
    quiet = speeds(FAIL_ODDS, 1.1, 0.0, 0.001, Minute(60, 0, 1_140, 0))
    fit, other = (fitted(FAIL_WEIGHTS, gains, log(100)) for gains in (busy, quiet))
    gained = [
        [w / before for w, before in zip(ws, FAIL_WEIGHTS, strict=True)] for ws in (fit, other)
    ]

    assert sum(fit) == pytest.approx(sum(FAIL_WEIGHTS)) == pytest.approx(sum(other))
    assert gained[0][0] > 2
    assert gained[0][-1] < 1  # at x2 a minute or two are enough
    assert max(gained[1]) == pytest.approx(gained[1][FAIL_ODDS.index(3.0)])
    assert min(*gained[0], *gained[1]) > 0.1  # nothing is given up


def test_an_alternative_gains_what_information_says() -> None:
    (gain,) = speeds((2.0,), 1.1, 0.0, 0.002, Minute(600, 0, 11_400, 0))
    rate = 2 * 0.0022 / (1 - 0.0022 + 2 * 0.0022)

    assert gain == pytest.approx(600 * information(rate, 0.002, 1.1, 0.0, 0.05), rel=0.01)


def test_one_minute_never_proves_anything_in_any_crowd() -> None:
    for crowd in range(1, 20):
        promise = Promise(weight=1 / crowd, crowd=crowd)
        assert crowd * promise.one_minute / crowd < 1 / promise.alpha


def test_numbers_survive_packing_exactly() -> None:
    numbers = [0.1, 1e-300, -7.25, 3.0]
    assert unpacked(packed(numbers)) == numbers


# power


@pytest.mark.parametrize(
    ("per_second", "base", "times", "minutes"),
    [(200, 0.005, 1.5, 24.9), (200, 0.005, 2, 5.5), (20, 0.01, 2, 27.4), (20, 0.001, 5, 23.1)],
)
def test_walds_bound_is_as_computed_elsewhere(
    per_second: float, base: float, times: float, minutes: float
) -> None:
    nats = information(base * times, base, 1.1, 0.0, 0.05)
    assert isclose(log(100) / nats / (per_second * 3), minutes, rel_tol=0.01)


def test_information_is_nothing_at_the_margin_and_divergence_at_equality() -> None:
    assert information(0.0055, 0.005, 1.1, 0.0, 0.05) < 1e-9
    assert divergence(0.3, 0.3) == 0
    assert divergence(0.0, 0.5) == pytest.approx(log(2))
    assert divergence(0.5, 0.0) == inf
    assert requests_to_fail(0.0, 1, 0.01) == inf
    assert requests_to_pass(0.1, 2, 0.05) == pytest.approx((log(20) + 2.2) * 20)


# words


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0019, Unit.RATIO, "0.19%"),
        (0.000012, Unit.RATIO, "0.0012%"),
        (0.0, Unit.RATIO, "0.00%"),
        (51.0, Unit.PERCENT, "51%"),
        (0.171, Unit.SECONDS, "171 ms"),
        (1.2, Unit.SECONDS, "1.20 s"),
        (12402, Unit.COUNT, "12,402"),
        (3.14159, Unit.NONE, "3.142"),
    ],
)
def test_amounts_read_well(value: float, unit: Unit, text: str) -> None:
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("diff", "unit", "relative", "text"),
    [
        (0.0115, Unit.RATIO, False, "+1.15 pp"),
        (-0.004, Unit.RATIO, False, "-0.40 pp"),
        (3.0, Unit.PERCENT, False, "+3.0 pp"),
        (0.076, Unit.SECONDS, True, "+7.6%"),
        (-0.013, Unit.SECONDS, False, "-13 ms"),
        (210.0, Unit.RATIO, True, "x211"),
        (-0.0001, Unit.PERCENT, False, "+0.0 pp"),
        (-0.0001, Unit.SECONDS, True, "+0.0%"),
        (-0.0001, Unit.SECONDS, False, "+0 ms"),
        (-0.000064, Unit.RATIO, False, "-0.0064 pp"),
    ],
)
def test_changes_read_well(diff: float, unit: Unit, relative: bool, text: str) -> None:  # noqa: FBT001 - a table
    assert change(diff, unit, relative=relative) == text
