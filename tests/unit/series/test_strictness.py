"""Recorded data is as strict as canary.yaml, and what can't be judged is named."""

from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.errors import PlanError
from canarycli.judge import Verdict
from canarycli.series import SERIES_SCHEMA, SeriesVerdict, judge_document
from canarycli.series.document import from_json

KPI = {"name": "kpi", "form": "values", "better": "higher", "minutes": [[0.7, 3000, 0.8, 57000]]}


def judged(**document: Any) -> SeriesVerdict:
    return judge_document(from_json({"schema": "canary.series/1", **document}))


UNKNOWN: dict[str, tuple[dict[str, Any], str, str]] = {
    "better misspelt": (
        {"metrics": [{**KPI, "beter": "higher"}]},
        "series: metrics[0].beter",
        "did you mean better?",
    ),
    "history misspelt": (
        {"minutes": [[300, 1, 5700, 11]], "histroy": [[6000, 12]]},
        "series: histroy",
        "did you mean history?",
    ),
    "history beside metrics": (
        {"metrics": [KPI], "history": [[6000, 12]]},
        "series: history",
        "",
    ),
    "config misspelt": (
        {"minutes": [], "config": {"warmup": 5}},
        "series: config.warmup",
        "did you mean warm_up?",
    ),
}


@pytest.mark.parametrize(("document", "where", "hint"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_refused_with_its_place_and_the_nearest_word(
    document: dict[str, Any], where: str, hint: str
) -> None:
    with pytest.raises(PlanError) as caught:
        judged(**document)
    assert str(caught.value).startswith(where)
    assert hint in " ".join(caught.value.hints)


@pytest.mark.parametrize("document", [case[0] for case in UNKNOWN.values()], ids=UNKNOWN)
def test_the_schema_refuses_what_the_reader_refuses(document: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "canary.series/1", **document}, SERIES_SCHEMA)


def noisy(seed: int) -> list[list[float]]:
    chance = Random(seed)
    return [[300, 0 + (chance.random() < 0.4), 5700, 11] for _ in range(60)]


def test_a_slow_start_is_forgiven_for_as_long_as_the_config_says() -> None:
    cold = [[300, 90, 5700, 11]] * 3 + noisy(1)
    past = [[6000, 12 + chance] for chance in (-4, 3, 1, -2, 5, -1, 0, -3) * 20]
    assert judged(minutes=cold, history=past).verdict is Verdict.FAIL
    for warm_up in (5, "5m"):
        config = {"warm_up": warm_up, "rho_fail": 1, "delta_fail": 0.005, "delta_pass": 0.005}
        found = judged(minutes=cold, history=past, config=config)
        assert found.verdict is Verdict.PASS


def test_most_requests_failing_is_called_while_it_warms_up() -> None:
    dead = [[300, 290, 5700, 11]] * 5
    found = judged(minutes=dead, history=[[6000, 12]] * 120, config={"warm_up": 5})
    assert (found.verdict, found.minute) == (Verdict.FAIL, 1)


def percentiles(length: int, n: int, seed: int, candidate: list[float] | None = None) -> list[Any]:
    chance = Random(seed)
    rows = []
    for _ in range(length):
        a, b = (chance.gauss(0.2, 0.002) for _ in range(2))
        rows.append([n, candidate or [a, 2 * a, 3 * a], 19 * n, [b, 2 * b, 3 * b]])
    return rows


def history(length: int, n: int) -> list[Any]:
    return [[row[2], row[3]] for row in percentiles(length, n, 99)]


def test_a_plateau_of_time_outs_far_above_the_threshold_fails() -> None:
    minutes = percentiles(60, 30, 1, candidate=[30.0, 30.0, 30.0])
    metric = {
        "name": "latency",
        "form": "percentiles",
        "history": history(240, 30),
        "minutes": minutes,
    }
    found = judged(metrics=[metric])
    assert found.verdict is Verdict.FAIL
    assert found.minute is not None
    assert found.minute < 5


def test_percentiles_that_need_more_requests_bar_nothing_and_are_named() -> None:
    metric = {
        "name": "latency",
        "form": "percentiles",
        "history": history(240, 100),
        "minutes": percentiles(480, 100, 1),
    }
    found = judged(metrics=[metric])
    assert found.verdict is Verdict.PASS
    assert found.findings[0].sentence.endswith("p99 needs 500 requests a minute")


def test_too_few_requests_for_any_percentile_say_how_many_it_takes() -> None:
    metric = {
        "name": "latency",
        "form": "percentiles",
        "history": history(240, 100),
        "minutes": percentiles(60, 3, 1),
    }
    found = judged(metrics=[metric])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "p50 needs 10 requests a minute, p90 needs 50" in found.findings[0].sentence


@pytest.mark.parametrize("known", [True, False], ids=["with requests", "values only"])
@pytest.mark.parametrize(("slower", "said"), [(1.0, Verdict.PASS), (1.5, Verdict.FAIL)])
def test_recorded_latency_names_percentile_threshold_and_tolerance(
    slower: float, said: Verdict, *, known: bool
) -> None:
    rows = [
        [n if known else None, [slower * v for v in ours], m if known else None, theirs]
        for n, ours, m, theirs in percentiles(100, 600, 1)
    ]
    past = [[n if known else None, values] for n, values in history(240, 600)]
    metric = {"name": "latency", "form": "percentiles", "history": past, "minutes": rows}
    found = judged(metrics=[metric])
    (finding,) = found.findings
    assert found.verdict is said
    assert "latency p50 " in finding.sentence
    limit = "+30" if said is Verdict.PASS else "+10"
    assert f"limit {limit}" in finding.sentence
    if known:
        beyond = "260" if said is Verdict.PASS else "220"
        assert " above 200 ms -> " in finding.sentence
        assert f" above {beyond} ms: proven" in finding.sentence


@given(st.text(min_size=1, max_size=12))
def test_no_key_is_ever_taken_in_silence(key: str) -> None:
    known = {"id", "config", "metrics", "form", "better", "quantiles", "bounds", "history"}
    if key in known | {"schema", "minutes"}:
        return
    with pytest.raises(PlanError):
        judged(minutes=[], **{key: 1})


@pytest.mark.parametrize("row", [[30.0, 300, 0.2, 5700], [30.0, None, 0.2, None]])
def test_values_that_never_scatter_decide_within_ten_windows(row: list[Any]) -> None:
    metric = {"name": "ttft", "form": "values", "minutes": [row] * 120}
    found = judged(metrics=[metric])
    assert found.verdict is Verdict.FAIL
    assert found.minute is not None
    assert found.minute < 10


def test_equal_values_that_never_scatter_pass() -> None:
    metric = {"name": "ttft", "form": "values", "minutes": [[0.2, 300, 0.2, 5700]] * 60}
    assert judged(metrics=[metric]).verdict is Verdict.PASS


LISTS = {
    "a share where shares belong, in history": {"history": [[100, 0.1]], "minutes": []},
    "the same in a minute": {"minutes": [[100, 0.1, [0.1], 100, [0.1]]]},
    "shares where a count belongs": {"minutes": [[[0.1], [0.1], [0.1], 100, [0.1]]]},
}


@pytest.mark.parametrize("rows", LISTS.values(), ids=LISTS)
def test_fractions_hold_lists_where_lists_belong(rows: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        judged(metrics=[{"name": "f", "form": "fractions", **rows}])


def test_a_mean_above_its_cap_is_refused_with_its_place() -> None:
    rows = [[0.7, 3000, 0.8, 57000], [0.7, 3000, 201, 57000]]
    with pytest.raises(PlanError) as caught:
        judged(metrics=[{**KPI, "minutes": rows, "config": {"cap": 200}}])
    assert "metrics[0].minutes[1]" in str(caught.value)
    assert "a mean of 201 is above the cap of 200" in str(caught.value)


def test_without_a_margin_values_may_differ_by_what_equal_machines_do() -> None:
    chance = Random(3)
    rows = [
        [0.985 + chance.gauss(0, 1e-3), 3000, 1 + chance.gauss(0, 1e-3), 57000] for _ in range(99)
    ]
    assert judged(metrics=[{**KPI, "minutes": rows}]).verdict is Verdict.PASS


def test_rows_that_cannot_be_true_are_named_and_not_only_left_out() -> None:
    rows = noisy(5)
    rows[17] = rows[20] = [300, 600, 5700, 3]
    (finding,) = judged(minutes=rows).findings
    assert "2 left out with more bad ones than requests" in finding.sentence
    assert "minutes[17]" in finding.sentence


def test_a_fail_below_what_equal_machines_differ_by_says_so() -> None:
    rows = [[0.9, 3000, 1 + i % 2 / 1000, 57000] for i in range(60)]
    metric = {**KPI, "minutes": rows}
    tight = judged(metrics=[{**metric, "config": {"margin_fail": 0.01}}])
    usual = judged(metrics=[metric])
    assert tight.verdict is usual.verdict is Verdict.FAIL
    assert "two equal machines may differ" in tight.findings[0].sentence
    assert "two equal machines" not in usual.findings[0].sentence
