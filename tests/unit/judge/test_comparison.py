"""The sequential judge of one rate: what it promises, and its hard cases."""

from collections.abc import Iterable

import pytest
from unit.judge.streams import Row, history, mean_and_error, release

from canarycli.judge.comparison import Comparison
from canarycli.judge.history import History
from canarycli.judge.margins import Margins, Promise

RELATIVE = Margins(1.1, 0.0, 1.5, 0.0)


def known(seed: int, world: dict[str, float]) -> History:
    return History.of(history(seed, **world))  # type: ignore[arg-type]  # numbers


def fresh(margins: Margins = RELATIVE, past: History | None = None, **promise: float) -> Comparison:
    return Comparison(margins, Promise(**promise), past or History(phi=1.0))  # type: ignore[arg-type]  # numbers


def step(judge: Comparison, row: Row) -> None:
    n_c, x_c, n_b, x_b = row
    judge.step((n_c, x_c, x_c, n_b, x_b))


def run(judge: Comparison, rows: Iterable[Row]) -> int | None:
    """Minutes until a fail."""
    for minute, row in enumerate(rows, 1):
        step(judge, row)
        if judge.evidence >= 1 / judge.promise.alpha:
            return minute
    return None


WORLDS = {
    "plain": {},
    "rare errors": {"rate": 0.0005},
    "frequent errors": {"rate": 0.3, "per_minute": 400},
    "shared shocks": {"shocks": 0.05},
    "batches of 5": {"batch": 5},
    "half of the traffic": {"share": 0.5},
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_evidence_against_a_healthy_candidate_has_a_mean_of_at_most_1(
    world: dict[str, float],
) -> None:
    past = known(1, world)
    ends = []
    for seed in range(150):
        judge = fresh(past=past)
        for row in release(seed, length=40, **world):  # type: ignore[arg-type]  # numbers
            step(judge, row)
        ends.append(judge.fail.total)
    mean, error = mean_and_error(ends)
    assert mean - 3 * error <= 1
    assert sum(end >= 100 for end in ends) <= 5


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_evidence_for_a_candidate_at_the_margin_has_a_mean_of_at_most_1(
    world: dict[str, float],
) -> None:
    past = known(1, world)
    ends = []
    for seed in range(150):
        judge = fresh(past=past)
        for row in release(seed, length=40, times=1.5, **world):  # type: ignore[arg-type]  # numbers
            step(judge, row)
        ends.append(judge.passed.total)
    mean, error = mean_and_error(ends)
    assert mean - 3 * error <= 1
    assert sum(end >= 20 for end in ends) <= 18


def test_an_absolute_margin_keeps_both_promises() -> None:
    margins = Margins(1.0, 0.005, 1.0, 0.005)
    fails, passes = [], []
    for seed in range(150):
        judge = fresh(margins)
        for row in release(seed, length=40, rate=0.01, times=1.5):
            step(judge, row)
        fails.append(judge.fail.total)
        passes.append(judge.passed.total)
    for ends in (fails, passes):
        mean, error = mean_and_error(ends)
        assert mean - 3 * error <= 1


def test_a_total_failure_is_called_in_two_minutes_and_never_in_one() -> None:
    for seed in range(20):
        past = History.of(history(seed))
        assert run(fresh(past=past), release(seed, times=1000)) == 2


def test_a_total_failure_that_begins_late_is_called_in_three_minutes() -> None:
    judge = fresh(past=History.of(history(3)))
    assert run(judge, release(3, times=1000, onset=300, length=400)) in {302, 303}


def test_one_bad_minute_is_never_enough_whatever_came_before() -> None:
    for seed in range(10):
        judge = fresh()
        rows = list(release(seed, length=30))
        rows[20] = (60, 60, *rows[20][2:])
        assert run(judge, rows) is None


def test_a_minute_of_which_everything_failed_holds_a_good_candidate_up_for_an_hour() -> None:
    past = History.of(history(5, per_minute=12_000))

    def passes(rows: list[Row]) -> int:
        judge = fresh(Margins(1.0, 0.005, 1.0, 0.005), past)
        for minute, row in enumerate(rows, 1):
            step(judge, row)
            if minute > 101 and judge.assurance >= 20:
                return minute
        return len(rows)

    rows = list(release(5, length=400, per_minute=12_000))
    assert passes(rows) == 102
    n_c, _, n_b, x_b = rows[100]
    rows[100] = (n_c, n_c, n_b, x_b)
    assert 102 < passes(rows) < 210


def test_two_bad_responses_are_not_enough() -> None:
    judge = fresh()
    for _ in range(40):
        step(judge, (50, 0, 1_000_000, 0))
    for _ in range(2):
        step(judge, (50, 1, 1_000_000, 0))
    assert judge.fail.total > 0
    assert judge.evidence == 0


def test_one_failed_request_is_little_evidence_and_fades() -> None:
    judge = fresh()
    step(judge, (1, 1, 19, 0))
    after = judge.fail.total
    assert after <= 0.01**-0.7
    for row in release(6, length=200, per_minute=400, rate=0.05):
        step(judge, row)
    assert judge.fail.total < after


def test_a_candidate_without_traffic_changes_nothing() -> None:
    judge = fresh()
    before = judge.numbers()
    for _ in range(10):
        step(judge, (0, 0, 1000, 10))
    assert judge.numbers() == before


def test_no_errors_anywhere_pass_only_with_an_absolute_margin() -> None:
    relative, absolute = fresh(), fresh(Margins(1.1, 0.0, 1.5, 0.0005))
    for _ in range(120):
        for judge in (relative, absolute):
            step(judge, (300, 0, 5700, 0))
    assert relative.assurance < 20 < absolute.assurance


def test_both_arms_broken_alike_is_no_evidence() -> None:
    judge = fresh(past=History(0.001, 1140, 1.0))
    assert run(judge, release(5, rate=0.9, length=200)) is None


@pytest.mark.parametrize("before", [0.0, 0.5], ids=["no errors", "half of the errors"])
def test_harm_after_hours_of_fewer_errors_is_no_arm_that_wanders(before: float) -> None:
    """Its new level was taken for scatter until the ratio had followed it, for two hours."""
    margins = Margins(1.0, 0.005, 1.0, 0.005)
    world = {"per_minute": 12_000.0, "rate": 0.002}
    found = []
    for seed in range(8):
        judge = fresh(margins, known(seed, world))
        well = release(seed, length=180, times=before, **world)  # type: ignore[arg-type]  # numbers
        assert run(judge, well) is None
        bad = release(100 + seed, length=120, times=10, **world)  # type: ignore[arg-type]  # numbers
        found.append(run(judge, bad) or 999)
    assert sorted(found)[4] <= 25
    assert max(found) <= 60


def test_a_candidate_without_an_error_passes_no_later_for_it() -> None:
    """Tiny residuals that are all on one side were taken for an arm that wanders."""
    world = {"per_minute": 3000.0, "rate": 0.003}
    judge = fresh(Margins(1.0, 0.0, 1.0, 0.0), known(3, world))
    for row in release(3, length=30, times=0.0, **world):  # type: ignore[arg-type]  # numbers
        step(judge, row)
    assert judge.assurance >= 20


def test_when_the_baseline_breaks_alone_it_is_noticed() -> None:
    judge = fresh(past=History(0.001, 1140, 1.0))
    for _ in range(5):
        step(judge, (60, 0, 1140, 1000))
    assert judge.baseline_broken
    assert judge.evidence < 1


def test_a_baseline_that_has_been_failing_for_hours_is_still_failing() -> None:
    judge = fresh(past=History.of(history(9)))
    for row in release(9, length=300, rate=0.9):
        step(judge, row)
    assert judge.baseline_broken
    for row in release(9, length=30):
        step(judge, row)
    assert not judge.baseline_broken


def test_a_baseline_that_always_fails_most_is_not_broken() -> None:
    judge = fresh(past=History.of(history(9, rate=0.9)))
    for row in release(9, length=60, rate=0.9):
        step(judge, row)
    assert not judge.baseline_broken


def test_a_doubled_rate_is_found_near_the_bound() -> None:
    found = [
        run(fresh(past=History.of(history(s))), release(s, times=2, length=300)) for s in range(30)
    ]
    minutes = sorted(m or 999 for m in found)
    assert minutes[15] <= 60  # Wald's bound is 27 minutes
    assert minutes[28] <= 150


def test_single_errors_are_found_within_half_as_long_again_as_wald_s_bound() -> None:
    """27.8 minutes is what a test needs that knows the effect beforehand."""
    world = {"per_minute": 12_000.0, "rate": 0.001}
    past = History.of(history(1, length=1440, **world))
    found = [
        run(fresh(past=past), release(s, times=2, length=300, **world))  # type: ignore[arg-type]  # numbers
        for s in range(40)
    ]
    assert sum(m or 300 for m in found) / len(found) <= 1.5 * 27.8


def test_a_history_of_single_errors_puts_more_on_the_lane_that_needs_them() -> None:
    plain = fresh(past=History.of(history(1, length=600)))
    few = fresh(past=History.of(history(1, length=60, rate=0.001)))
    batches = fresh(past=History.of(history(1, length=600, batch=5)))
    parts = [sum(one.fail.lane_b) / one.fail.total for one in (plain, few, batches)]
    assert parts == pytest.approx([0.8, 0.5, 0.5])


def test_an_equal_candidate_passes_and_one_at_twice_the_rate_does_not() -> None:
    equal, worse = fresh(), fresh()
    for row in release(7, length=300, per_minute=6000):
        step(equal, row)
    for row in release(7, length=300, per_minute=6000, times=2):
        step(worse, row)
    assert equal.assurance >= 20 > worse.assurance


def test_harm_that_comes_with_a_stage_is_found_from_its_own_start() -> None:
    judge = fresh(past=History.of(history(2)))
    for row in release(2, length=240):
        step(judge, row)
    judge.begin_stage()
    minutes = run(judge, release(3, length=120, share=0.25, times=3))
    assert minutes is not None
    assert minutes <= 12


def test_a_stage_is_not_passed_on_the_evidence_of_the_one_before() -> None:
    judge = fresh()
    for row in release(2, length=300, per_minute=6000):
        step(judge, row)
    assert judge.assurance >= 20
    judge.begin_stage()
    assert judge.assurance < 20


def test_without_a_baseline_a_fixed_limit_stays() -> None:
    healthy, broken = (fresh(past=History(0.01, 1140, 1.0)) for _ in range(2))
    for row in release(4, length=200, share=1 - 1e-9):
        step(healthy, (row[0], row[1], 0, 0))
    assert healthy.evidence < 100
    assert run(broken, [(1200, 600, 0, 0)] * 3) == 2


def test_several_metrics_share_alpha_and_still_call_an_outage_in_two_minutes() -> None:
    judge = fresh(past=History.of(history(1)), weight=0.1, crowd=4)
    for row in list(release(1, times=1000))[:2]:
        step(judge, row)
    assert 0.1 * judge.evidence >= 100


def test_the_state_survives_as_numbers_between_any_two_minutes() -> None:
    whole, parts = fresh(), fresh()
    for minute, row in enumerate(release(9, length=40, times=1.3)):
        if minute == 20:
            whole.begin_stage()
            parts.begin_stage()
        step(whole, row)
        saved = parts.numbers()
        parts = fresh()
        parts.load(saved)
        step(parts, row)
    assert parts.numbers() == whole.numbers()


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="not a state"):
        fresh().load([1.0, 2.0])


def test_counting_in_another_unit_of_time_changes_little() -> None:
    """Ten seconds or a minute: the same requests give about the same evidence."""
    rows = list(release(11, length=120, times=2.5))
    fine, coarse = fresh(), fresh()
    for row in rows:
        step(fine, row)
    for six in zip(*[iter(rows)] * 6, strict=True):
        step(coarse, tuple(map(sum, zip(*six, strict=True))))  # type: ignore[arg-type]  # four numbers
    assert fine.evidence >= 100
    assert coarse.evidence >= 100
