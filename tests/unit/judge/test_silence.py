"""Silence never passes: one rule for a live release and for a recorded one."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from unit.judge.arranging import MINUTE, START, arms, at, counts, measured, series
from unit.judge.streams import poisson

from canarycli.judge import Finding, Judgement, State, Verdict, begin, judge, window
from canarycli.metrics import Counts, Measurements, Metric, Series
from canarycli.plan import Check, Margin
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

DELAY = 2
ERRORS = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
Row = tuple[float, float] | None
Minutes = list[tuple[Row, Row]]


def bad(chance: Random, n: int, rate: float) -> int:
    return sum(chance.random() < rate for _ in range(n)) if n < 1000 else poisson(chance, n * rate)


def base(
    length: int, *, seed: int = 1, candidate: float = 0.002, baseline: float = 0.002
) -> Minutes:
    """5 % of 100 requests a second, 0.2 % of them failing."""
    chance = Random(seed)
    rows: Minutes = []
    for _ in range(length):
        n_c, n_b = poisson(chance, 300), poisson(chance, 5700)
        rows.append(((n_c, bad(chance, n_c, candidate)), (n_b, bad(chance, n_b, baseline))))
    return rows


def history(length: int = 240, seed: int = 99) -> list[tuple[float, float]]:
    chance = Random(seed)
    return [(6000, poisson(chance, 12)) for _ in range(length)]


def before(check: Check = ERRORS) -> State:
    rows = history()
    points = [Counts(START - (len(rows) - i) * MINUTE, n, x) for i, (n, x) in enumerate(rows)]
    return begin([check], measured({}, {"errors_5xx": series(points)}), arms(0))


def whole(rows: Minutes) -> Measurements:
    return measured(
        {"errors_5xx": counts([ours for ours, _ in rows])},
        {"errors_5xx": counts([theirs for _, theirs in rows])},
    )


Seen = Callable[[float, Measurements], Measurements]


def watch(
    rows: Minutes,
    minutes: int,
    *,
    check: Check = ERRORS,
    seen: Seen = lambda _, found: found,
    share: float = 5,
) -> list[Finding]:
    """A look a minute at what was asked for; the state goes through JSON in between."""
    found, state, findings = whole(rows), before(check), []
    for now in range(1, minutes + 1):
        who = arms(now, share=share, delay=DELAY)
        span = window([check], state, who)
        cut = {
            version: {k: one.within(span) for k, one in by.items()}
            for version, by in seen(now, found).series.items()
        }
        look: Judgement = judge([check], replace(found, window=span, series=cut), who, state)
        state = json.loads(json.dumps(look.state))
        findings.append(look.findings[0])
    return findings


def first(verdict: Verdict, findings: list[Finding]) -> int | None:
    """The minute of the first such finding."""
    return next((i for i, f in enumerate(findings, 1) if f.verdict is verdict), None)


def recorded(rows: Minutes, **config: Any) -> SeriesVerdict:
    minutes = [[*(ours or (None, None)), *(theirs or (None, None))] for ours, theirs in rows]
    settings = {"rho_fail": 1, "delta_fail": 0.005, "rho_pass": 1, "delta_pass": 0.005, **config}
    past = [list(row) for row in history()]
    return judge_document(
        from_json(
            {"schema": "canary.series/1", "config": settings, "history": past, "minutes": minutes}
        )
    )


def test_both_arms_that_fall_silent_after_a_pass_are_no_data_five_periods_later() -> None:
    findings = watch(base(60) + [(None, None)] * 30, 90)
    assert findings[59].verdict is Verdict.PASS
    assert first(Verdict.NO_DATA, findings[1:]) == 60 + DELAY + 5 - 1
    assert all(f.verdict is Verdict.NO_DATA for f in findings[60 + DELAY + 5 - 1 :])


def test_a_pass_is_not_repeated_once_it_is_three_periods_older_than_usual() -> None:
    findings = watch(base(60) + [(None, None)] * 10, 66)
    assert findings[60 + DELAY + 3 - 1].verdict is Verdict.INCONCLUSIVE
    assert "nothing was heard of the candidate lately" in findings[60 + DELAY + 3 - 1].sentence


def test_a_check_that_is_heard_again_passes_again() -> None:
    findings = watch([*base(40), *[(None, None)] * 20, *base(60, seed=2)], 110)
    assert Verdict.NO_DATA in {f.verdict for f in findings[40:60]}
    assert findings[-1].verdict is Verdict.PASS


def test_recorded_minutes_that_end_in_silence_of_both_arms_are_no_data() -> None:
    assert recorded(base(60) + [(None, None)] * 5).verdict is Verdict.NO_DATA
    assert recorded(base(60) + [(None, None)] * 2).verdict is Verdict.PASS


def test_a_baseline_that_is_missing_is_no_data_live_and_recorded() -> None:
    rows: Minutes = [*base(30), *[((300.0, 0.0), None)] * 60]
    assert watch(rows, 90)[-1].verdict is Verdict.NO_DATA
    assert recorded(rows).verdict is Verdict.NO_DATA
    assert recorded(rows).findings[0].sentence == "errors has no data for the baseline"


def quiet_night(seed: int) -> Minutes:
    """6 candidate requests a minute over the day, next to none at night."""
    chance = Random(seed)
    rows: Minutes = []
    for minute in range(1440):
        level = 0.03 if 1000 <= minute < 1300 else 1.3
        n_c, n_b = poisson(chance, 6 * level), poisson(chance, 114 * level)
        ours = (n_c, bad(chance, n_c, 0.002)) if n_c else None
        rows.append((ours, (n_b, bad(chance, n_b, 0.002)) if n_b else None))
    return rows


@pytest.mark.slow
def test_a_quiet_night_is_no_silence() -> None:
    for seed in range(6):
        day = quiet_night(seed)
        for end in range(1001, 1300, 10):
            assert recorded(day[900:end]).verdict is not Verdict.NO_DATA
        assert Verdict.NO_DATA not in {f.verdict for f in watch(day[900:], 400)[1:]}


def late(arm: str, minutes: float) -> Seen:
    """Bad requests of an arm are counted only once a point is so old."""

    def seen(now: float, found: Measurements) -> Measurements:
        one = found.series[arm]["errors_5xx"]
        points = [
            Counts(p.at, p.n or 0, p.bad if at(now) - p.at >= minutes * MINUTE else 0)
            for p in one.points
            if isinstance(p, Counts)
        ]
        return replace(
            found, series={**found.series, arm: {"errors_5xx": Series(tuple(points), one.period)}}
        )

    return seen


@pytest.mark.slow
def test_bad_requests_that_are_counted_late_never_make_a_pass() -> None:
    for seed in range(12):
        rows = base(180, seed=seed, candidate=0.012)
        findings = watch(rows, 180, seen=late("new", 9))
        assert first(Verdict.PASS, findings) is None
        assert any("its points still change after 9 min" in f.sentence for f in findings)


def test_a_candidate_whose_points_change_late_is_judged_on_older_ones() -> None:
    worse = watch(base(180, candidate=0.02), 180, seen=late("new", 9))
    equal = watch(base(180), 180, seen=late("new", 9))
    assert first(Verdict.FAIL, worse) is not None
    assert first(Verdict.FAIL, equal) is None
    assert any("its points still change after 9 min" in finding.sentence for finding in equal)


@pytest.mark.slow
def test_a_baseline_whose_bad_requests_are_counted_late_never_makes_a_fail() -> None:
    for seed in range(12):
        findings = watch(base(180, seed=seed), 180, seen=late("old", 9))
        assert first(Verdict.FAIL, findings) is None


def test_a_candidate_that_fails_altogether_is_found_even_where_points_change_late() -> None:
    rows = [*base(60), *base(10, seed=5, candidate=1.0)]
    assert first(Verdict.FAIL, watch(rows, 70, seen=late("old", 9))) in {62, 63}


def test_points_that_never_change_late_pass_as_soon_as_that_is_known() -> None:
    easy = replace(ERRORS, no_worse_by=Margin(absolute=0.05))
    assert first(Verdict.PASS, watch(base(30), 30, check=easy)) == DELAY + 7


def impossible(length: int, every: int) -> Minutes:
    return [
        ((300.0, 600.0), (5700.0, 11.0)) if i % every == 0 else row
        for i, row in enumerate(base(length))
    ]


def test_more_bad_requests_than_requests_are_no_data_with_the_reason() -> None:
    for rows in (impossible(60, 1), impossible(60, 5)):
        verdict = recorded(rows)
        assert verdict.verdict is Verdict.NO_DATA
        assert "more bad requests than requests" in verdict.findings[0].sentence
        finding = watch(rows, 60)[-1]
        assert finding.verdict is Verdict.NO_DATA
        assert "more bad requests than requests" in finding.sentence


def test_an_arm_that_fails_more_often_than_it_is_asked_is_no_data_and_never_unclear() -> None:
    rows: Minutes = [((100.0, 120.0), theirs) for _, theirs in base(60)]
    assert recorded(rows).verdict is Verdict.NO_DATA
    assert watch(rows, 60)[-1].verdict is Verdict.NO_DATA


def test_a_few_impossible_minutes_are_skipped() -> None:
    assert recorded(impossible(60, 30)).verdict is Verdict.PASS
    assert watch(impossible(60, 30), 60)[-1].verdict is Verdict.PASS


def test_ten_minutes_that_are_missing_in_one_arm_are_forgiven_after_thirty_whole_ones() -> None:
    rows: Minutes = [*base(30), *[(None, theirs) for _, theirs in base(10)], *base(60, seed=2)]
    findings = watch(rows, 100)
    assert findings[39].verdict is Verdict.NO_DATA
    again = next(i for i in range(40, 100) if findings[i].verdict is Verdict.PASS)
    assert again + 1 <= 40 + 30 + DELAY
    assert recorded(rows[:70]).verdict is Verdict.PASS


@pytest.mark.slow
def test_a_candidate_whose_bad_minutes_are_missing_never_passes() -> None:
    for seed in range(6):
        rows: Minutes = [
            (None if ours is None or ours[1] >= 5 else ours, theirs)
            for ours, theirs in base(400, seed=seed, candidate=0.012)
        ]
        assert first(Verdict.PASS, watch(rows, 400)) is None
