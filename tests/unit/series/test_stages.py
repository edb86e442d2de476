"""In a recording a change of the split is a new stage; an arm whose load swings is none."""

from random import Random

import pytest
from unit.judge.streams import poisson

from canarycli.judge import Verdict
from canarycli.series import judge_document
from canarycli.series.document import from_json

LIMIT = {"rho_fail": 1.5, "rho_pass": 1.5, "delta_pass": 0}
Row = list[float]


def served(
    seed: int, length: int, share: float, *, swings: float, times: float = 1, per: float = 1200
) -> list[Row]:
    """Minutes of two arms whose load is each its own, 1 % errors."""
    chance = Random(seed)
    rows: list[Row] = []
    for _ in range(length):
        loads = (per * part * chance.lognormvariate(0, swings) for part in (share, 1 - share))
        n_c, n_b = (poisson(chance, load) for load in loads)
        bad = (poisson(chance, n * rate) for n, rate in ((n_c, 0.01 * times), (n_b, 0.01)))
        x_c, x_b = bad
        rows.append([n_c, min(n_c, x_c), n_b, min(n_b, x_b)])
    return rows


def verdict(rows: list[Row], seed: int) -> Verdict:
    past = [row[2:] for row in served(seed + 100, 240, 0.05, swings=0)]
    document = {"schema": "canary.series/1", "config": LIMIT, "history": past, "minutes": rows}
    return judge_document(from_json(document)).verdict


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("swings", "times", "said"), [(0.7, 1, "pass"), (0.7, 3, "fail")])
def test_arms_whose_load_swings_by_more_than_half_a_minute_are_judged(
    seed: int, swings: float, times: float, said: str
) -> None:
    rows = served(seed, 480, 0.05, swings=swings, times=times)
    assert verdict(rows, seed).value == said


@pytest.mark.parametrize("swings", [0, 0.2, 0.5])
def test_a_stage_is_passed_by_what_it_shows_itself(swings: float) -> None:
    """Four hours at 5 % say nothing of the first minutes at 50 %."""
    before = served(1, 240, 0.05, swings=swings, per=12_000)
    assert verdict(before, 1) is Verdict.PASS
    worse = served(2, 10, 0.5, swings=swings, per=1200, times=2)
    assert verdict([*before, *worse], 1) is not Verdict.PASS
    healthy = served(3, 120, 0.5, swings=swings, per=1200)
    assert verdict([*before, *healthy], 1) is Verdict.PASS
