"""Recorded minutes of what may become neither more nor less."""

from random import Random
from typing import Any

import pytest
from unit.series.test_series import document, judged

from canarycli.errors import PlanError
from canarycli.series.document import from_json

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
        ("percentiles", {"relative": 0.1}, "differs_by goes with counts and values"),
    ],
)
def test_a_mistake_has_a_sentence(form: str, margin: object, why: str) -> None:
    with pytest.raises(PlanError) as refused:
        from_json(document([], form=form, config={"differs_by": margin}))
    assert why in f"{refused.value} {' '.join(refused.value.hints)}"
