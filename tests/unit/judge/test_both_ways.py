"""`differs_by`: of what a model answers neither more nor less is better; and what comes late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from unit.judge.arranging import MINUTE, START, arms, at, counts, measured, series

from canarycli.judge import Finding, Judgement, State, Verdict, begin, judge, window
from canarycli.judge.both import cut_rows
from canarycli.judge.finding import Split
from canarycli.metrics import Counts, Histogram, Metric, Origin, Series, Unit, Value
from canarycli.plan import Better, Check, Margin, Role

SHARE = Metric("says fraud", source={"x": 1})
BOTH = Check("says fraud", SHARE, differs_by=Margin(absolute=0.02))
PAST = 240


def drawn(chance: Random, n: int, rate: float) -> tuple[float, float]:
    return n, sum(chance.random() < rate for _ in range(n))


def release(
    check: Check, theirs: float, ours: float, *, seed: int = 1, minutes: int = 120, n: int = 300
) -> Iterator[Finding]:
    """One look a minute, with four hours of the baseline before."""
    chance = Random(seed)
    past = counts([drawn(chance, 10 * n // 3, theirs) for _ in range(PAST)])
    key = check.metric.key
    state: State = begin([check], measured({}, {key: past}), arms(0))
    base = [drawn(chance, n, theirs) for _ in range(minutes)]
    mine = [drawn(chance, n, ours) for _ in range(minutes)]
    for now in range(1, minutes + 1):
        found = measured({key: counts(mine[:now])}, {key: counts(base[:now])}, until=now)
        judged = judge([check], found, arms(now, share=50), state)
        state = judged.state
        yield judged.findings[0]


def last(findings: Iterator[Finding]) -> Finding:
    """The first that fails, else the last."""
    found = None
    for found in findings:
        if found.verdict is Verdict.FAIL:
            break
    assert found is not None
    return found


@pytest.mark.parametrize("ours", [0.15, 0.05])
def test_more_and_less_than_the_margin_fail_and_say_which(ours: float) -> None:
    found = last(release(BOTH, 0.10, ours))

    assert found.verdict is Verdict.FAIL
    assert found.baseline == pytest.approx(0.10, abs=0.02)
    assert found.candidate == pytest.approx(ours, abs=0.02)
    assert found.diff == pytest.approx((found.candidate or 0) - (found.baseline or 0))
    assert (found.limit_low, found.limit) == pytest.approx((-0.02, 0.02))
    low, high, diff = found.low, found.high, found.diff
    assert low is not None
    assert high is not None
    assert diff is not None
    assert low >= 0.02 if ours > 0.1 else high <= -0.02
    assert low <= diff <= high
    assert found.sentence.endswith("limit ±2.00 pp): proven beyond the limit")


def test_an_equal_candidate_passes_between_both_limits() -> None:
    found = last(release(BOTH, 0.10, 0.10))

    assert found.verdict is Verdict.PASS
    assert found.low is not None
    assert found.high is not None
    assert -0.02 <= found.low <= 0 <= found.high <= 0.02


@pytest.mark.parametrize("ours", [0.12, 0.08])
def test_at_the_margin_nothing_is_proven(ours: float) -> None:
    told = [last(release(BOTH, 0.10, ours, seed=seed, minutes=30)).verdict for seed in range(4)]

    assert told.count(Verdict.FAIL) == 0
    assert told.count(Verdict.PASS) == 0


@pytest.mark.parametrize("rate", [0.6, 0.97])
def test_what_most_answers_are_is_no_failure(rate: float) -> None:
    """Neither while a copy warms up nor at 100 %: four of five say so on both arms."""
    chance = Random(3)
    check = replace(BOTH, differs_by=None, no_worse_by=Margin(absolute=0.02))
    bought = replace(check, better=Better.HIGHER)
    for each, part in ((check, rate), (bought, 1 - rate), (BOTH, rate)):
        verdicts = {f.verdict for f in release(each, part, part, minutes=6)}
        assert Verdict.FAIL not in verdicts
        key = each.metric.key
        past = counts([drawn(chance, 1000, part) for _ in range(PAST)])
        state = begin([each], measured({}, {key: past}), arms(0))
        for now in range(1, 30):
            mine = counts([drawn(chance, 300, part) for _ in range(now)])
            judged = judge([each], measured({key: mine}, until=now), arms(now, share=100), state)
            state = judged.state
            assert judged.findings[0].verdict is not Verdict.FAIL


def test_a_value_may_neither_rise_nor_fall() -> None:
    score = Check("score", Metric("score", source={"x": 1}), differs_by=Margin(relative=0.1))

    def told(ours: float) -> Finding:
        chance = Random(5)
        mine, base = (
            [Value(at(m), level + chance.gauss(0, 0.005), 500.0) for m in range(60)]
            for level in (ours, 0.5)
        )
        state: State = {}
        for now in range(1, 61):
            look = measured({"score": series(mine[:now])}, {"score": series(base[:now])}, until=now)
            judged = judge([score], look, arms(now, share=50), state)
            state = judged.state
        return judged.findings[0]

    same, more, less = told(0.5), told(0.6), told(0.4)
    assert [f.verdict for f in (same, more, less)] == [Verdict.PASS, Verdict.FAIL, Verdict.FAIL]
    assert less.high is not None
    assert less.high <= (less.limit_low or 0.0) == pytest.approx(-0.1)


BOUNDS = tuple(step / 100 for step in range(1, 100))
SCORES = Check("scores", Metric("scores"), differs_by=Margin(absolute=0.1))


def scored(chance: Random, mean: float, minutes: int) -> list[Histogram]:
    points = []
    for minute in range(minutes):
        counted = [0.0] * 100
        for _ in range(200):
            counted[min(99, max(0, int(100 * chance.gauss(mean, 0.1))))] += 1
        points.append(Histogram(at(minute), BOUNDS, tuple(counted)))
    return points


@pytest.mark.parametrize("history", [True, False])
def test_scores_are_compared_above_the_baselines_own_thresholds(*, history: bool) -> None:
    def told(ours: float) -> Finding:
        chance = Random(7)
        past = measured({}, {"scores": series(scored(chance, 0.5, 60))})
        state = begin([SCORES], past, arms(60)) if history else {}
        mine, base = scored(chance, ours, 30), scored(chance, 0.5, 30)
        for now in range(1, 31):
            look = measured(
                {"scores": series(mine[:now])}, {"scores": series(base[:now])}, until=now
            )
            judged = judge([SCORES], look, arms(now, share=50), state)
            state = judged.state
        return judged.findings[0]

    same, higher, lower = told(0.5), told(0.55), told(0.45)

    assert [f.verdict for f in (same, higher, lower)] == [
        Verdict.PASS,
        Verdict.FAIL,
        Verdict.FAIL,
    ]
    assert higher.unit is Unit.RATIO
    assert higher.diff is not None
    assert lower.diff is not None
    assert higher.diff > 0.1
    assert lower.diff < -0.1


LATE = Metric("accuracy", origin=Origin("labels", "rows"))
ACCURACY = Check("accuracy", LATE, no_worse_by=Margin(absolute=0.02))
HOURS = timedelta(hours=6)


def late(now: float, *, minutes: int = 120) -> Series:
    """Labels: whole six hours after the answers, and only some of them before."""
    points = []
    for minute in range(minutes):
        done = (now - minute - 1) * MINUTE >= HOURS
        n = 200.0 if done else 150.0
        points.append(Counts(at(minute), n, n * (0.08 if done else 0.5)))
    return Series(tuple(points), MINUTE, HOURS)


def look(now: float, state: State) -> Judgement:
    found = measured({"accuracy": late(now)}, {"accuracy": late(now)}, until=now)
    return judge([ACCURACY], found, arms(now, share=50), state)


def test_a_period_is_judged_when_its_labels_are_in_and_not_before() -> None:
    state: State = {}
    for now in range(0, 361, 60):
        judged = look(now, state)
        state = judged.state
        assert judged.findings[0].verdict is Verdict.INCONCLUSIVE
        assert judged.findings[0].delay == HOURS
    judged = look(421, state)

    found, guard = judged.findings
    assert found.verdict is Verdict.PASS
    assert found.candidate == pytest.approx(0.08)
    assert found.n_candidate == 59 * 200
    assert (guard.check, guard.verdict, guard.role) == ("labelled", Verdict.PASS, Role.WATCH)


@pytest.mark.parametrize(
    ("parts", "told"), [((0.4, 0.4), "(40% labelled)"), ((0.4, 0.35), "(40% and 35% labelled)")]
)
def test_a_finding_says_what_has_matured_and_what_is_awaited(
    parts: tuple[float, float], told: str
) -> None:
    theirs, ours = (replace(late(390), labelled=part) for part in parts)
    found = measured({"accuracy": ours}, {"accuracy": theirs}, until=390)

    said = judge([ACCURACY], found, arms(390, share=50), {}).findings[0].sentence

    assert said.endswith(f"answers up to 03:30 UTC judged {told}, labels of the last 6h awaited")
    assert "requests" not in said


def test_once_nothing_is_compared_any_more_nothing_is_awaited() -> None:
    check = replace(ACCURACY, at_end=True)
    series = replace(late(480), labelled=1.0)
    found = measured({"accuracy": series}, {"accuracy": series}, until=480)
    over = (Split(50, at(0), at(60)), Split(100, at(60)))
    gone = replace(arms(480, since=60, share=100), splits=over)

    said = judge([check], found, gone, {}).findings[0].sentence

    assert said.endswith("answers up to 04:00 UTC judged (100% labelled)")


def test_what_is_answered_once_nothing_is_compared_any_more_does_not_count() -> None:
    """Neither arm has it to compare with, and a candidate may get other requests by then."""
    loss = Check("loss", Metric("log_loss"), no_worse_by=Margin(relative=0.2), at_end=True)
    levels = [0.3 + 0.001 * (minute % 3) if minute < 60 else 0.9 for minute in range(120)]
    points = tuple(Value(at(minute), level, 200.0) for minute, level in enumerate(levels))
    late = Series(points, MINUTE, 5 * MINUTE)
    found = measured({"log_loss": late}, {"log_loss": late}, until=120)
    over = (Split(50, at(0), at(60)), Split(100, at(60)))
    gone = replace(arms(120, since=60, share=100), splits=over)

    said = judge([loss], found, gone, {}).findings[0]

    assert said.candidate == pytest.approx(0.301)
    assert said.n_candidate == 60 * 200


def test_before_the_first_labels_are_due_silence_is_no_missing_data() -> None:
    """Nor is it for five periods after."""
    empty = Series((), MINUTE, HOURS, labelled=0.4)
    found = measured({"accuracy": empty}, {"accuracy": empty}, until=60)
    state: State = {}
    for now in (60, 365):
        early = judge([ACCURACY], found, arms(now, share=50), state)
        state = early.state
        assert early.findings[0].verdict is Verdict.INCONCLUSIVE
        assert early.findings[0].sentence == "accuracy: can't tell yet, first data due 09:01 UTC"

    later = judge([ACCURACY], found, arms(366, share=50), state)

    assert later.findings[0].verdict is Verdict.NO_DATA


def test_what_was_answered_before_the_split_is_not_said_to_be_judged() -> None:
    series = replace(late(390), labelled=0.4)
    found = measured({"accuracy": series}, {"accuracy": series}, until=390)

    told = [
        judge([ACCURACY], found, arms(390, since=since, share=50), {}).findings[0].sentence
        for since in (30, 29)
    ]

    assert ["judged" in sentence for sentence in told] == [False, True]


@pytest.mark.parametrize(
    ("check", "more"),
    [
        (ACCURACY, "more labels"),
        (Check("empty", Metric("answer_empty"), no_worse_by=Margin(absolute=0.02)), "more answers"),
        (Check("errors", Metric("errors"), no_worse_by=Margin(absolute=0.02)), "more requests"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_takes_more_of_is_called_by_its_name(check: Check, more: str) -> None:
    few = counts([(20, 1)] * 10)
    found = measured({check.metric.key: few}, {check.metric.key: few}, until=10)

    said = judge([check], found, arms(10, share=50), {}).findings[0].sentence

    assert said.endswith(more)


def test_each_source_is_asked_for_its_own_time() -> None:
    errors = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.02))
    checks = [errors, ACCURACY]
    state: State = {}
    for now in (30, 400):
        own = counts([(200, 1)] * now)
        both = {"errors_5xx": own, "accuracy": late(now, minutes=now)}
        state = judge(checks, measured(both, both, until=now), arms(now, share=50), state).state
    asked = window(checks, state, arms(401, share=50))

    assert asked.start == at(393)
    assert asked.of("labels").start == at(400) - HOURS - 7 * MINUTE
    assert asked.of("labels").end == at(401)
    assert asked.of("shop") == asked
    assert window(checks, {}, arms(401)).of("labels").start == START


def test_a_source_that_fails_once_is_asked_for_what_was_missed() -> None:
    state = look(400, {}).state
    silent = replace(measured({}, {}, until=401), failed={"accuracy": "source labels: no"})

    judged = judge([ACCURACY], silent, arms(401, share=50), state)

    assert judged.findings[0].verdict is Verdict.NO_DATA
    asked = window([ACCURACY], judged.state, arms(402, share=50)).of("labels")
    assert asked.start <= at(400) - HOURS


def test_scores_that_are_counted_between_finer_bounds_are_compared_as_if_they_were_not() -> None:
    theirs = Histogram(at(0), (0.2, 0.5, 0.8), (10.0, 40.0, 40.0, 10.0))
    finer = Histogram(at(0), (0.1, 0.2, 0.5, 0.6, 0.8), (3.0, 7.0, 40.0, 30.0, 10.0, 10.0))
    coarser = Histogram(at(0), (0.2, 0.8), (10.0, 80.0, 10.0))
    cuts = (0, 1, 2)
    same = cut_rows(theirs, theirs, cuts, theirs.bounds)
    assert cut_rows(finer, theirs, cuts, theirs.bounds) == same
    row = cut_rows(coarser, theirs, cuts, theirs.bounds)
    assert row is not None
    either_side_of_the_middle = (100, 10, 90, 100, 50)
    assert row[10:] == 2 * either_side_of_the_middle + row[20:]
