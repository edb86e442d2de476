"""Recorded minutes of what may become neither more nor less."""

from bisect import bisect_left
from random import Random
from typing import Any

import pytest
from unit.judge.arranging import arms, at, measured, series
from unit.series.test_series import document, judged

from canarycli.errors import PlanError
from canarycli.judge import begin, judge
from canarycli.metrics import Histogram, Measurements, Metric, Series, Window
from canarycli.plan import Check, Margin
from canarycli.series.document import from_json
from canarycli.series.export import Span, export, exportable

BOTH = {"differs_by": {"absolute": 0.02}}
MINUTES, N = 120, 600


def shares(ours: float, *, seed: int = 1) -> dict[str, Any]:
    """Two hours at half of the traffic; the baseline says it in a tenth of its answers."""
    chance = Random(seed)

    def bad(rate: float) -> int:
        return sum(chance.random() < rate for _ in range(N))

    past = [[N, bad(0.1)] for _ in range(MINUTES)]
    rows = [[N, bad(ours), N, bad(0.1)] for _ in range(MINUTES)]
    return document(rows, history=past, config=BOTH)


def values(ours: float, *, seed: int = 1, **config: Any) -> dict[str, Any]:
    chance = Random(seed)

    def mean(level: float) -> list[float]:
        return [level + chance.gauss(0, 0.6) / N**0.5, N]

    past = [mean(1) for _ in range(MINUTES)]
    metric = {"name": "kpi", "form": "values", "history": past, "config": config}
    rows = [mean(ours) + mean(1) for _ in range(MINUTES)]
    return {"schema": "canary.series/1", "metrics": [{**metric, "minutes": rows}]}


@pytest.mark.parametrize(("ours", "side"), [(0.14, 1), (0.06, -1)])
def test_a_share_fails_in_either_direction(ours: float, side: int) -> None:
    verdict = judged(shares(ours))

    assert verdict["verdict"] == "fail"
    (found,) = verdict["findings"]
    assert (found["limit_low"], found["limit"]) == (-0.02, 0.02)
    assert found["diff"] * side > 0.02
    assert found["n_candidate"] > 0


def test_an_equal_share_passes_and_lies_between_both_limits() -> None:
    verdict = judged(shares(0.1))

    assert verdict["verdict"] == "pass"
    (found,) = verdict["findings"]
    assert -0.02 <= found["low"] <= found["diff"] <= found["high"] <= 0.02


@pytest.mark.parametrize(("ours", "says"), [(1.0, "pass"), (1.15, "fail"), (0.85, "fail")])
def test_a_value_is_judged_in_both_directions(ours: float, says: str) -> None:
    verdict = judged(values(ours, differs_by={"relative": 0.05}))

    assert verdict["verdict"] == says
    (found,) = verdict["findings"]
    assert (found["limit_low"], found["limit"]) == pytest.approx((-0.05, 0.05))
    assert found["diff"] == pytest.approx(ours - 1, abs=0.06)


BOUNDS = [step / 20 for step in range(1, 20)]


def scores(ours: float, *, known: bool = True, seed: int = 1) -> dict[str, Any]:
    """Scores around .3; the candidate's around `ours`."""
    chance = Random(seed)

    def counts(mean: float) -> list[int]:
        found = [0] * (len(BOUNDS) + 1)
        for _ in range(N):
            found[bisect_left(BOUNDS, chance.gauss(mean, 0.1))] += 1
        return found

    past = [counts(0.3) for _ in range(20)] if known else []
    rows = [[counts(ours), counts(0.3)] for _ in range(40)]
    shape = {"form": "histogram", "bounds": BOUNDS, "config": {"differs_by": {"absolute": 0.08}}}
    metric = {"name": "scores", **shape, "history": past, "minutes": rows}
    return {"schema": "canary.series/1", "metrics": [metric]}


@pytest.mark.parametrize("known", [True, False], ids=["history", "none"])
@pytest.mark.parametrize(("ours", "says"), [(0.3, "pass"), (0.36, "fail"), (0.24, "fail")])
def test_scores_are_compared_above_several_thresholds(
    ours: float, says: str, *, known: bool
) -> None:
    verdict = judged(scores(ours, known=known))

    assert verdict["verdict"] == says
    (found,) = verdict["findings"]
    assert (found["limit_low"], found["limit"], found["unit"]) == (-0.08, 0.08, "ratio")
    assert (found["diff"] > 0.08, found["diff"] < -0.08) == (ours > 0.3, ours < 0.3)


def test_scores_that_are_all_alike_say_nothing() -> None:
    alike = scores(0.3)
    metric = alike["metrics"][0]
    metric["history"] = [[0, N, *[0] * 18]] * 20
    metric["minutes"] = [[[0, N, *[0] * 18]] * 2] * 40
    assert judged(alike)["verdict"] == "inconclusive"


@pytest.mark.parametrize(("ours", "says"), [(0.3, "pass"), (0.38, "fail")])
def test_exported_scores_are_judged_to_the_same_verdict(ours: float, says: str) -> None:
    check = Check("scores", Metric("scores"), differs_by=Margin(absolute=0.08))
    recorded = scores(ours)["metrics"][0]

    def found(rows: list[list[int]], start: float = 0) -> Series:
        return series(
            [Histogram(at(start + i), tuple(BOUNDS), tuple(r)) for i, r in enumerate(rows)]
        )

    past = Measurements(
        Window(at(-20), at(0)), at(0), {"old": {"scores": found(recorded["history"], -20)}}
    )
    mine, base = ([row[i] for row in recorded["minutes"]] for i in (0, 1))
    looked = measured({"scores": found(mine)}, {"scores": found(base)}, until=40)
    state = begin([check], past, arms(0, share=50))
    live = judge([check], looked, arms(41, share=50), state).findings[0]

    span, names = Span(at(0), at(40), 50.0), arms(40, share=50)
    told = export("r-1", exportable([check]), past, looked, spans=[span], arms=names, state=state)

    (metric,) = told["metrics"]
    assert (metric["form"], len(metric["history"])) == ("histogram", 20)
    assert metric["config"] == {"differs_by": {"relative": 0.0, "absolute": 0.08}}
    (again,) = judged(told)["findings"]
    assert (again["verdict"], live.verdict.value) == (says, says)
    assert (again["diff"] > 0.08) is (says == "fail")


def test_a_margin_of_a_value_may_be_in_its_own_unit() -> None:
    (found,) = judged(values(1.0, differs_by={"absolute": 0.1}))["findings"]
    assert (found["verdict"], found["limit"]) == ("pass", pytest.approx(0.1, rel=0.02))


def test_a_candidate_that_has_everything_is_compared_with_nothing() -> None:
    alone = shares(0.1)
    alone["minutes"] = [[N, 60, 0, 0] for _ in range(60)]
    assert judged(alone)["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    ("form", "margin", "why"),
    [
        ("counts", {}, "any two arms differ by a little"),
        ("counts", {"absolute": 0}, "any two arms differ by a little"),
        ("counts", {"absolut": 0.1}, "did you mean absolute?"),
        ("counts", 0.02, "is an object, not a number"),
        ("counts", {"relative": -1}, "is finite and not negative"),
        ("percentiles", {"relative": 0.1}, "differs_by goes with counts, histogram, values"),
    ],
)
def test_a_mistake_has_a_sentence(form: str, margin: object, why: str) -> None:
    with pytest.raises(PlanError) as refused:
        from_json(document([], form=form, config={"differs_by": margin}))
    assert why in f"{refused.value} {' '.join(refused.value.hints)}"
