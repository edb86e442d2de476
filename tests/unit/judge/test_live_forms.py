"""The judge on live latency, KPIs and gauges: every form a cloud gives."""

import json
from dataclasses import replace
from random import Random

import pytest
from unit.judge.arranging import MINUTE, arms, at, counts, measured, series

from canarycli.judge import State, Verdict, begin, extra_metrics, judge
from canarycli.metrics import Histogram, Metric, Series, Value
from canarycli.plan import Better, Check, Margin

APPROVAL = Check(
    "approval",
    Metric("approval", source={"x": "y"}),
    no_worse_by=Margin(absolute=0.02),
    better=Better.HIGHER,
)


def test_where_higher_is_better_fewer_is_worse() -> None:
    chance = Random(1)
    fewer = [(600, round(600 * 0.50 + chance.gauss(0, 8))) for _ in range(30)]
    more = [(600, round(600 * 0.66 + chance.gauss(0, 8))) for _ in range(30)]
    base = {"approval": counts([(11_400, round(11_400 * 0.6)) for _ in range(30)])}
    worse = judge([APPROVAL], measured({"approval": counts(fewer)}, base), arms(30), {})
    better = judge([APPROVAL], measured({"approval": counts(more)}, base), arms(30), {})
    finding = worse.findings[0]
    assert finding.verdict is Verdict.FAIL
    assert finding.diff is not None
    assert finding.diff < (finding.limit or 0) < 0
    assert better.findings[0].verdict is not Verdict.FAIL


P99 = Check("p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))


def latencies(slower: float, minutes: int, n: float | None = 3000) -> Series:
    chance = Random(int(slower * 100))
    return series(
        [Value(at(i), 0.2 * slower * 1.03 ** chance.gauss(0, 1), n) for i in range(minutes)]
    )


def test_percentiles_as_values_pass_equal_and_fail_slow() -> None:
    base = {"latency_p99": latencies(1.0, 40)}
    said = {
        slower: judge(
            [P99], measured({"latency_p99": latencies(slower, 40)}, base), arms(40), {}
        ).findings[0]
        for slower in (1.02, 1.5)
    }
    assert said[1.02].verdict is Verdict.PASS
    assert said[1.5].verdict is Verdict.FAIL
    assert said[1.5].sentence.startswith("p99 20")
    assert said[1.5].relative


def test_percentiles_of_a_handful_of_requests_show_no_pass() -> None:
    base = {"latency_p99": latencies(1.0, 40)}
    few = {"latency_p99": latencies(1.02, 40, n=60)}
    finding = judge([P99], measured(few, base), arms(40), {}).findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "too few requests" in finding.sentence


def test_values_in_another_unit_give_the_same_verdict() -> None:
    kpi = Check("kpi", Metric("kpi", source={"x": 1}), no_worse_by=Margin(relative=0.1))
    looks = []
    for unit in (1.0, 1000.0):
        ours = series([Value(p.at, p.value * unit, p.n) for p in latencies(1.5, 40).points])  # type: ignore[union-attr]  # values
        theirs = series([Value(p.at, p.value * unit, p.n) for p in latencies(1.0, 40).points])  # type: ignore[union-attr]  # values
        looks.append(judge([kpi], measured({"kpi": ours}, {"kpi": theirs}), arms(40), {}))
    first, second = (look.findings[0] for look in looks)
    assert first.verdict is second.verdict is Verdict.FAIL
    assert first.diff == pytest.approx(second.diff)


BOUNDS = (0.05, 0.1, 0.125, 0.2, 0.25, 0.4, 0.5)
FAST, SLOW = (100, 400, 250, 150, 60, 30, 8, 2), (40, 200, 200, 200, 150, 110, 60, 40)


@pytest.mark.parametrize(("name", "worse"), [("latency", 0.25), ("latency_p90", 0.25)])
def test_histograms_are_judged_at_thresholds_from_history(name: str, worse: float) -> None:
    check = Check("slow", Metric(name), no_worse_by=Margin(relative=worse))
    theirs = series([Histogram(at(i), BOUNDS, tuple(19.0 * c for c in FAST)) for i in range(90)])
    past = series([replace(point, at=point.at - 90 * MINUTE) for point in theirs.points])
    state = begin([check], measured({}, {name: past}), arms(0))
    said = {}
    for counted in (FAST, SLOW):
        ours = series([Histogram(at(i), BOUNDS, tuple(map(float, counted))) for i in range(90)])
        look = judge([check], measured({name: ours}, {name: theirs}), arms(90), state)
        said[counted] = look.findings[0]
    assert said[FAST].verdict is Verdict.PASS
    assert said[SLOW].verdict is Verdict.FAIL
    assert said[SLOW].unit.value == "seconds"


def test_with_history_a_percentile_asks_for_counts_over_thresholds_and_uses_them() -> None:
    past = measured({}, {"latency_p99": latencies(1.0, 30)})
    state = begin([P99], past, arms(0))
    wanted = extra_metrics([P99], state)
    assert [metric.name for metric in wanted] == ["requests", "latency_over", "latency_over"]
    _, at_tau, slower = wanted
    assert (slower.threshold or 0) == pytest.approx(1.2 * (at_tau.threshold or 0), rel=0.01)
    theirs = {at_tau.key: counts([(5700, 57)] * 60), slower.key: counts([(5700, 20)] * 60)}
    ours = {at_tau.key: counts([(300, 15)] * 60), slower.key: counts([(300, 9)] * 60)}
    values = {"latency_p99": latencies(1.0, 60)}
    slow = {"latency_p99": latencies(1.6, 60)}
    look = judge([P99], measured(ours | slow, theirs | values), arms(60), state)
    finding = look.findings[0]
    assert finding.verdict is Verdict.FAIL
    assert finding.low is not None
    assert 0.2 <= finding.low <= (finding.diff or 0) <= (finding.high or 9)


@pytest.mark.parametrize("form", ["values", "histogram"])
def test_without_history_the_first_periods_teach_and_the_later_ones_are_judged(form: str) -> None:
    kpi = Check("kpi", Metric("kpi", source={"x": 1}), no_worse_by=Margin(absolute=0.02))
    check = kpi if form == "values" else Check("kpi", Metric("latency"), no_worse_by=Margin(0.25))
    state: State = {}
    said = []
    for minute in range(1, 91):
        if form == "values":
            ours, theirs = latencies(1.5, minute), latencies(1.0, minute)
        else:
            ours, theirs = (
                series([Histogram(at(i), BOUNDS, tuple(k * c for c in row)) for i in range(minute)])
                for k, row in ((1.0, SLOW), (19.0, FAST))
            )
        key = check.metric.key
        look = judge([check], measured({key: ours}, {key: theirs}), arms(minute), state)
        state = json.loads(json.dumps(look.state))
        said.append(look.findings[0].verdict)
    assert said[:3] == [Verdict.INCONCLUSIVE] * 3
    assert said[-1] is Verdict.FAIL


@pytest.mark.parametrize("part", ["evidence", "heard"])
@pytest.mark.parametrize("packed", ["AAAA", "no base64", "AAAAAAAAAAA="])
def test_a_state_of_another_canary_is_begun_afresh(part: str, packed: str) -> None:
    base = {"latency_p99": latencies(1.0, 60)}
    found = measured({"latency_p99": latencies(1.5, 60)}, base)
    state = judge([P99], found, arms(20), {}).state
    assert state["p99"][part] not in {"", packed}
    broken = {"p99": {**state["p99"], part: packed}}
    assert judge([P99], found, arms(60), broken).verdict is Verdict.FAIL


def test_a_reducer_that_always_reads_the_same_bound_decides_within_ten_windows() -> None:
    """A p95 read from wide buckets never scatters; two more go by in which it warms up."""
    ttft = Check("ttft", Metric("ttft", source={"x": 1}), no_worse_by=Margin(relative=0.2))
    ours, theirs = (
        series([Value(at(i), value, n) for i in range(12)])
        for value, n in ((4.56, 70), (0.456, 630))
    )
    found = measured({"ttft": ours}, {"ttft": theirs}, until=12)
    assert judge([ttft], found, arms(12, share=10), {}).findings[0].verdict is Verdict.FAIL


def test_the_state_stays_small() -> None:
    errors = Check("errors", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
    checks = [errors, P99, Check("lat", Metric("latency"), no_worse_by=Margin(relative=0.3))]
    theirs = series([Histogram(at(i), BOUNDS, tuple(19.0 * c for c in FAST)) for i in range(60)])
    base = {"latency": theirs, "latency_p99": latencies(1.0, 60)}
    ours, old = ({"errors_5xx": counts([(n, 3)] * 60)} for n in (500, 9500))
    state = judge(checks, measured(ours | base, old | base), arms(60), {}).state
    assert max(len(json.dumps(value)) for value in state.values()) < 10_000
