"""At 100 % there is nobody to compare with: a guard, and never tighter than the plan."""

from dataclasses import replace
from math import exp, pi, sin
from random import Random
from typing import Any

import pytest
from unit.judge.arranging import MINUTE, START, arms, at, counts, measured, series
from unit.judge.streams import poisson

from canarycli.judge import Finding, State, Verdict, begin, judge
from canarycli.metrics import Counts, Metric
from canarycli.plan import Check, Margin
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

TWO_POINTS = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.02))
DELAY = 2


def after_a_stage_at_half(rate: float, minutes: int, check: Check = TWO_POINTS) -> list[Finding]:
    """Findings of every look at 100 %, 40 minutes after 50 % at 0.2 %."""
    chance = Random(3)
    past = [Counts(START - (240 - i) * MINUTE, 6000, poisson(chance, 12)) for i in range(240)]
    both = [(3000.0, float(poisson(chance, 6))) for _ in range(40)]
    alone = [(6000.0, float(poisson(chance, 6000 * rate))) for _ in range(minutes)]
    state: State = begin([check], measured({}, {"errors_5xx": series(past)}), arms(0, share=50))
    new = counts([*both, *alone])
    old = counts([(3000.0, float(poisson(chance, 6))) for _ in range(40)])
    found = measured({"errors_5xx": new}, {"errors_5xx": old}, until=40 + minutes)
    found_at = judge([check], found, arms(40, share=50, delay=DELAY), state)
    findings = []
    for now in range(41, 41 + minutes):
        who = arms(now, since=40, share=100, delay=DELAY)
        cut = {
            version: {
                key: replace(one, points=tuple(p for p in one.points if p.at < at(now)))
                for key, one in by.items()
            }
            for version, by in found.series.items()
        }
        found_at = judge([check], replace(found, series=cut), who, found_at.state)
        findings.append(found_at.findings[0])
    return findings


def test_a_rate_that_the_plan_allows_is_never_a_fail() -> None:
    assert Verdict.FAIL not in {f.verdict for f in after_a_stage_at_half(0.01, 300)}


def test_it_is_none_in_a_recorded_day_either() -> None:
    chance = Random(6)
    day = [(6000.0, float(poisson(chance, 60))) for _ in range(1440)]
    assert alone(TWO_POINTS, day).verdict is not Verdict.FAIL


def test_a_rate_beyond_the_plan_is_a_fail_of_the_guard_within_five_minutes() -> None:
    findings = after_a_stage_at_half(0.05, 10)
    found = next(f for f in findings[:5] if f.verdict is Verdict.FAIL)
    assert found.guard
    assert not found.proven
    assert found.limit == pytest.approx(0.022, abs=0.001)
    assert found.candidate == pytest.approx(0.05, abs=0.003)
    assert found.baseline is None
    assert "(guard 2." in found.sentence
    assert "no baseline left to compare it with" in found.sentence


def test_most_requests_failing_is_proven_in_two_minutes_of_data() -> None:
    first = next(f for f in after_a_stage_at_half(0.8, 4) if f.verdict is Verdict.FAIL)
    assert first.proven
    assert first.sentence.endswith("most requests fail")


def test_the_alarm_is_over_soon_after_the_rate_is_back() -> None:
    chance, check = Random(1), TWO_POINTS
    rates = [0.002] * 20 + [0.05] * 8 + [0.002] * 20
    verdict = alone(check, [(6000, poisson(chance, 6000 * rate)) for rate in rates])
    assert verdict.verdict is Verdict.PASS
    during = alone(check, [(6000, poisson(chance, 6000 * rate)) for rate in rates[:26]])
    assert during.verdict is Verdict.INCONCLUSIVE
    assert "guard" in during.findings[0].sentence


def alone(check: Check, bake: list[tuple[float, float]], **more: Any) -> SeriesVerdict:
    """A recorded release: 240 minutes of history, 60 at 50 %, then the candidate alone."""
    chance = Random(17)
    margin = check.no_worse_by or Margin()
    past = [[6000, poisson(chance, 12)] for _ in range(240)]
    both = [[3000, poisson(chance, 6), 3000, poisson(chance, 6)] for _ in range(60)]
    config = {
        "rho_fail": 1 + margin.relative,
        "delta_fail": margin.absolute,
        "rho_pass": 1 + margin.relative,
        "delta_pass": margin.absolute,
    }
    minutes = [*both, *([n, x, 0, 0] for n, x in bake)]
    document = {"schema": "canary.series/1", "config": config, "history": past, "minutes": minutes}
    return judge_document(from_json(document | more))


def test_an_alarm_that_lasts_longer_than_outages_do_is_a_fail_of_a_recorded_release() -> None:
    chance = Random(1)
    verdict = alone(TWO_POINTS, [(6000, poisson(chance, 300)) for _ in range(30)])
    assert verdict.verdict is Verdict.FAIL
    assert verdict.minute == 60 + 1 + 15 - 1
    assert "errors 4.9" in verdict.findings[0].sentence
    assert "(guard 2." in verdict.findings[0].sentence


@pytest.mark.parametrize(
    ("worst", "verdict"), [(12, Verdict.FAIL), (400, Verdict.FAIL), (900, Verdict.INCONCLUSIVE)]
)
def test_a_total_failure_pauses_where_the_baseline_had_outages_of_its_own(
    worst: int, verdict: Verdict
) -> None:
    """400 of 6,000 are a bad minute, 900 an outage; after 15 minutes it is no outage any more."""
    chance = Random(2)
    past = [[6000, worst if minute == 100 else poisson(chance, 12)] for minute in range(240)]
    assert alone(TWO_POINTS, [(6000, 5000)] * 5, history=past).verdict is verdict
    assert alone(TWO_POINTS, [(6000, 5000)] * 20, history=past).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("healthy", "failing", "bad", "known", "verdict"),
    [
        (0, 3, 4000, 240, Verdict.FAIL),
        (30, 3, 4000, 240, Verdict.INCONCLUSIVE),
        (30, 14, 4000, 240, Verdict.INCONCLUSIVE),
        (30, 20, 4000, 240, Verdict.FAIL),
        (30, 3, 4000, 1440, Verdict.FAIL),
        (30, 3, 6000, 240, Verdict.INCONCLUSIVE),
        (30, 10, 6000, 240, Verdict.FAIL),
        (30, 10, 4000, 240, Verdict.INCONCLUSIVE),
    ],
)
def test_most_failing_long_after_the_shift_pauses_where_no_day_is_known(
    healthy: int, failing: int, bad: int, known: int, verdict: Verdict
) -> None:
    """Four hours need not have shown the outages that an endpoint has a few of each day."""
    chance = Random(4)
    past = [[6000, poisson(chance, 12)] for _ in range(known)]
    calm = [(6000, poisson(chance, 12)) for _ in range(healthy)]
    found = alone(TWO_POINTS, [*calm, *[(6000, bad)] * failing], history=past)
    assert found.verdict is verdict


def bake(seed: int, kind: str, minutes: int) -> tuple[list[list[float]], list[list[float]]]:
    """Rows of history, and of 60 minutes at 50 % and the bake, in one world."""
    chance = Random(seed)
    n = 60 * [20, 100, 500][seed % 3]
    rate = [0.001, 0.003, 0.01][seed // 3 % 3]
    length = 240 + 60 + minutes
    levels = [1.0] * length
    if kind == "drift":
        walk = 0.0
        levels = [exp(walk := 0.995 * walk + chance.gauss(0, 0.05)) for _ in range(length)]
    if kind == "day":
        start = chance.random()
        levels = [exp(sin(2 * pi * (i / 1440 + start))) for i in range(length)]
    if kind == "outages":
        for _ in range(poisson(chance, 6 * length / 1440)):
            first, size = chance.randrange(length), exp(chance.uniform(1.6, 3.4))
            for i in range(first, min(length, first + chance.randint(1, 10))):
                levels[i] = max(levels[i], size)
    past = [[n, poisson(chance, n * rate * level)] for level in levels[:240]]
    rows = [
        [half, poisson(chance, half * rate * level), half, poisson(chance, half * rate * level)]
        for half, level in ((n / 2, level) for level in levels[240:300])
    ]
    rows += [[n, poisson(chance, n * rate * level), 0, 0] for level in levels[300:]]
    return past, rows  # type: ignore[return-value]  # ints are numbers


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [15, 60, 360])
@pytest.mark.parametrize("kind", ["calm", "drift", "day", "outages"])
def test_what_hits_both_versions_rolls_nobody_back(kind: str, minutes: int) -> None:
    fails = 0
    for seed in range(36):
        past, rows = bake(seed, kind, minutes)
        document = {"schema": "canary.series/1", "history": past, "minutes": rows}
        fails += judge_document(from_json(document)).verdict is Verdict.FAIL
    assert fails == 0
