"""A stage may ask less than the end: its leeway passes sooner, and the promise stays."""

import json
from random import Random

import pytest
from unit.judge.arranging import MINUTE, arms, at, counts, measured, series
from unit.judge.streams import history, release

from canarycli.forecast import Traffic, forecast
from canarycli.forecast.fitting import fit
from canarycli.judge import Arms, State, Verdict, begin, judge
from canarycli.judge.margins import Margins, margins_of, staged
from canarycli.metrics import Metric, Value
from canarycli.plan import Better, Check, Margin, Plan, Stage

ERRORS = Check("errors", Metric("errors"), no_worse_by=Margin(relative=0.5))
RATE, PER_MINUTE = 0.005, 6000.0
STAGES = (Stage(5, 15 * MINUTE, leeway=10), Stage(50, 15 * MINUTE), Stage(100, 0 * MINUTE))
LONGEST = 90


def looked(state: State, rows: list[tuple[float, ...]], since: float, stage: Stage) -> State:
    """One look at the end of rows that began at a minute."""
    ours = {"errors": counts([(r[0], r[1]) for r in rows])}
    theirs = {"errors": counts([(r[2], r[3]) for r in rows])}
    now = len(rows)
    who = Arms("old", "new", stage.percent, at(since), at(now), 0 * MINUTE, leeway=stage.leeway)
    said = judge([ERRORS], measured(ours, theirs, until=now), who, state)
    return {"state": json.loads(json.dumps(said.state)), "verdict": said.findings[0].verdict}


def run(seed: int, times: float, stages: tuple[Stage, ...] = STAGES) -> tuple[str, list[int]]:
    """How a release ends, and at which minute each stage was passed."""
    past = {"errors": counts(history(seed, per_minute=PER_MINUTE, rate=RATE))}
    state: State = begin([ERRORS], measured({}, past), arms(0))
    rows: list[tuple[float, ...]] = []
    passed: list[int] = []
    for number, stage in enumerate(stages[:-1]):
        since = len(rows)
        share = stage.percent / 100
        fresh = list(
            release(
                seed * 10 + number,
                per_minute=PER_MINUTE,
                rate=RATE,
                share=share,
                times=times,
                length=LONGEST,
            )
        )
        for end in range(10, LONGEST + 1, 5):
            found = looked(state, [*rows, *fresh[:end]], since, stage)
            state = found["state"]
            if found["verdict"] is Verdict.FAIL:
                return "fail", passed
            if found["verdict"] is Verdict.PASS:
                rows += fresh[:end]
                passed.append(len(rows))
                break
        else:
            return "unclear", passed
    return "promoted", passed


def test_an_equal_candidate_is_through_a_stage_with_leeway_sooner() -> None:
    strict = (Stage(5, 15 * MINUTE), *STAGES[1:])
    loose = [run(seed, 1.0) for seed in range(12)]
    tight = [run(seed, 1.0, strict) for seed in range(12)]
    assert [end for end, _ in loose].count("promoted") >= 11
    first = [sum(passed[0] if passed else LONGEST for _, passed in runs) for runs in (loose, tight)]
    assert first[0] < first[1] / 2


@pytest.mark.slow
def test_a_candidate_at_its_full_limit_is_not_promoted_through_leeway() -> None:
    ends = [run(seed, 1.5)[0] for seed in range(30)]
    assert ends.count("promoted") <= 2


def test_a_candidate_beyond_the_limit_fails_at_a_stage_with_leeway() -> None:
    assert {run(seed, 4.0)[0] for seed in range(6)} == {"fail"}


@pytest.mark.parametrize(
    ("margins", "leeway", "judged"),
    [
        (margins_of(Margin(absolute=0.005), Better.LOWER), 4, (2.0, 0.02)),
        (margins_of(Margin(relative=0.5), Better.LOWER), 10, (6.0, 0.0)),
        (margins_of(Margin(relative=0.5), Better.LOWER), 1, (2.0, 0.0)),
        (margins_of(Margin(relative=0.1), Better.HIGHER), 3, (0.7, 0.3)),
        (margins_of(Margin(absolute=0.5), Better.LOWER), 9, (2.0, 0.95)),
        (Margins(1.0, 0.0, 1.0, 0.0, 1.5), 4, (1.5, 0.0)),
    ],
)
def test_leeway_is_so_many_times_the_margin(
    margins: Margins, leeway: float, judged: tuple[float, float]
) -> None:
    assert staged(margins, leeway) == pytest.approx(judged)


def test_values_have_leeway_too() -> None:
    kpi = Check("kpi", Metric("kpi", source={"x": 1}), no_worse_by=Margin(relative=0.02))
    chance = Random(1)
    ours = series([Value(at(i), chance.gauss(101.9, 2), 100) for i in range(40)])
    theirs = series([Value(at(i), chance.gauss(100, 2), 1900) for i in range(40)])
    found = measured({"kpi": ours}, {"kpi": theirs}, until=40)
    said = {
        leeway: judge(
            [kpi],
            found,
            Arms("old", "new", 5, at(0), at(40), 0 * MINUTE, leeway=leeway),
            {"kpi": {"facts": {"level": 100.0, "spread": 0.2}}},
        )
        .findings[0]
        .verdict
        for leeway in (1.0, 5.0)
    }
    assert said[1.0] is not Verdict.PASS
    assert said[5.0] is Verdict.PASS


def test_only_stages_before_the_last_comparison_have_leeway() -> None:
    with pytest.raises(ValueError, match="the last stage below 100% has no leeway"):
        Plan((Stage(5, MINUTE), Stage(50, MINUTE, leeway=2), Stage(100, MINUTE)), (ERRORS,))
    with pytest.raises(ValueError, match="at least 1"):
        Stage(5, MINUTE, leeway=0.5)


@pytest.mark.parametrize(
    ("per_second", "rate", "longest"), [(50, 0.002, 90), (200, 0.005, 60), (200, 0.002, 60)]
)
def test_suggested_stages_ask_for_the_full_limit_once(
    per_second: float, rate: float, longest: float
) -> None:
    """They asked for it at every stage, and took hours."""
    per_minute = 60 * per_second
    known = {"errors": {"rate": rate, "requests": per_minute, "phi": 1.0, "errors": 1e4}}
    plan = Plan((Stage(100, 0 * MINUTE),), (ERRORS,))
    made = fit(plan, Traffic(per_minute, rate), known, budget=None, margin=0.5)
    assert made.duration <= longest * MINUTE
    *early, full, _ = made.plan.stages
    assert all(stage.leeway > 5 for stage in early)
    assert full.leeway == 1
    told = forecast(made.plan, per_minute, known, 2 * MINUTE)
    assert told.undecidable == ()
