"""Recorded series: what is judged, that nothing is looked at too early, and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from unit.judge.streams import history, release

from canarycli.errors import PlanError
from canarycli.series import SERIES_SCHEMA, VERDICT_SCHEMA, judge_lines


def document(rows: list[Any], **fields: Any) -> dict[str, Any]:
    return {"schema": "canary.series/1", "id": "r-1", "minutes": rows, **fields}


def judged(data: dict[str, Any]) -> dict[str, Any]:
    jsonschema.validate(data, SERIES_SCHEMA)
    (line,) = judge_lines([json.dumps(data)])
    verdict = json.loads(line)
    jsonschema.validate(verdict, VERDICT_SCHEMA)
    return dict(verdict)


def rows(seed: int, **world: float) -> list[Any]:
    return [list(row) for row in release(seed, **world)]  # type: ignore[arg-type]  # numbers


def past(seed: int) -> list[list[float]]:
    return [list(row) for row in history(seed)]


def test_a_failing_release_names_the_minute_it_was_called_at() -> None:
    verdict = judged(document(rows(1, times=1000), history=past(1)))
    assert (verdict["schema"], verdict["id"]) == ("canary.verdict/1", "r-1")
    assert (verdict["verdict"], verdict["minute"]) == ("fail", 1)
    (finding,) = verdict["findings"]
    assert finding["verdict"] == "fail"
    assert finding["low"] >= finding["limit"]
    assert finding["n_candidate"] > 0
    assert "proven" in finding["message"]


def test_a_healthy_release_passes_at_its_end_without_a_minute() -> None:
    verdict = judged(document(rows(2, length=200, per_minute=12_000), history=past(2)))
    assert (verdict["verdict"], verdict["minute"]) == ("pass", None)


def test_stop_on_pass_names_the_minute_of_the_pass() -> None:
    whole = document(
        rows(2, length=200, per_minute=12_000), history=past(2), config={"stop_on_pass": True}
    )
    verdict = judged(whole)
    assert verdict["verdict"] == "pass"
    cut = {**whole, "minutes": whole["minutes"][: verdict["minute"]]}
    assert judged(cut)["verdict"] == "inconclusive"


def test_a_small_release_is_inconclusive() -> None:
    verdict = judged(document(rows(3, length=5)))
    assert (verdict["verdict"], verdict["minute"]) == ("inconclusive", None)


@pytest.mark.parametrize("seed", range(5))
def test_cut_at_its_minute_a_fail_stays_and_a_minute_earlier_it_does_not(seed: int) -> None:
    whole = document(rows(seed, times=3, length=300), history=past(seed))
    verdict = judged(whole)
    assert verdict["verdict"] == "fail"
    at = verdict["minute"]
    same = judged({**whole, "minutes": whole["minutes"][: at + 1]})
    before = judged({**whole, "minutes": whole["minutes"][:at]})
    assert same == verdict
    assert (before["verdict"], before["minute"]) != ("fail", at)
    assert before["verdict"] != "fail"


def test_what_comes_after_the_verdict_changes_nothing() -> None:
    whole = document(rows(4, times=5, length=100))
    verdict = judged(whole)
    other = whole["minutes"][: verdict["minute"] + 1] + [[60, 0, 1140, 900]] * 50
    assert judged({**whole, "minutes": other}) == verdict


def test_judging_ends_at_the_horizon() -> None:
    whole = document(rows(5, times=1000, onset=30, length=60), history=past(5))
    assert judged(whole)["verdict"] == "fail"
    assert judged({**whole, "config": {"horizon": 30}})["verdict"] != "fail"


NOTHING = {
    "no minutes": [],
    "all missing": [None] * 30,
    "no candidate traffic": [[0, 0, 1000, 5]] * 30,
    "the candidate goes silent": [[50, 0, 950, 5]] * 30 + [[0, 0, 950, 5]] * 10,
    "everything goes missing": [[50, 0, 950, 5]] * 30 + [None] * 10,
    "the candidate's points go missing": [[50, 0, 950, 5]] * 30 + [[None, None, 950, 5]] * 10,
}


@pytest.mark.parametrize("minutes", NOTHING.values(), ids=NOTHING)
def test_silence_is_no_data_and_never_a_pass(minutes: list[Any]) -> None:
    verdict = judged(document(minutes))
    assert (verdict["verdict"], verdict["minute"]) == ("no_data", None)


def test_missing_minutes_are_skipped() -> None:
    gappy = [row for row in rows(6, times=1000) for row in (None, row)]
    assert judged(document(gappy, history=past(6)))["minute"] == 3


def test_minutes_missing_in_one_arm_only_withhold_a_pass() -> None:
    good = rows(2, length=300, per_minute=12_000)
    lame: list[Any] = [[None, None, *r[2:]] if i % 4 == 0 else r for i, r in enumerate(good)]
    assert judged(document(good, history=past(2)))["verdict"] == "pass"
    assert judged(document(lame, history=past(2)))["verdict"] == "inconclusive"


def test_more_bad_ones_than_requests_are_not_believed() -> None:
    assert judged(document([[50, 60, 950, 5]] * 30 + [[50, 0, 950, 5]]))["verdict"] != "fail"


def test_no_errors_pass_with_an_absolute_margin_only() -> None:
    minutes = [[1000, 0, 19_000, 0]] * 300
    assert judged(document(minutes))["verdict"] == "pass"
    config = {"delta_pass": 0.0}
    assert judged(document(minutes, config=config))["verdict"] == "inconclusive"


def test_both_arms_broken_alike_do_not_fail() -> None:
    assert judged(document(rows(7, rate=0.9, length=100)))["verdict"] != "fail"


def test_no_pass_while_a_baseline_that_was_well_fails_most() -> None:
    found = judged(document(rows(7, rate=0.9, length=200), history=past(7)))
    assert found["verdict"] == "inconclusive"
    assert found["findings"][0]["message"].endswith("the baseline itself is failing")


@pytest.mark.parametrize("past", [[], [[5700, 5700]] * 240], ids=["no history", "always so"])
def test_two_arms_of_which_every_request_fails_are_no_pass(past: list[Any]) -> None:
    found = judged(document([[300, 300, 5700, 5700]] * 120, history=past))
    assert found["verdict"] == "inconclusive"
    (finding,) = found["findings"]
    assert finding["message"].endswith("being like the baseline is no pass")


def test_a_candidate_that_mends_a_baseline_that_always_failed_passes() -> None:
    past = [[5700, 5700]] * 240
    assert judged(document([[300, 0, 5700, 5700]] * 120, history=past))["verdict"] == "pass"


def test_what_most_requests_are_without_having_failed_may_pass() -> None:
    likes = {"name": "declined", "minutes": [[600, 400, 11_400, 7600]] * 120}
    assert judged(metrics(likes))["verdict"] == "pass"


def test_without_a_baseline_the_candidate_is_held_to_what_it_was() -> None:
    alone = [[1000, 500, 0, 0]] * 5
    verdict = judged(document(rows(8, length=30) + alone, history=past(8)))
    assert (verdict["verdict"], verdict["minute"]) == ("fail", 31)


def test_higher_is_better_is_the_mirror_of_lower() -> None:
    bad = rows(9, times=2, length=300, rate=0.3)
    good = [[n_c, n_c - x_c, n_b, n_b - x_b] for n_c, x_c, n_b, x_b in bad]
    config = {"rho_pass": 1.3}
    lower = judged(metrics({"name": "k", "minutes": bad}, **config))
    higher = judged(metrics({"name": "k", "better": "higher", "minutes": good}, **config))
    assert (lower["verdict"], lower["minute"]) == (higher["verdict"], higher["minute"])
    assert lower["verdict"] == "fail"
    ours, theirs = lower["findings"][0], higher["findings"][0]
    assert theirs["candidate"] == pytest.approx(1 - ours["candidate"], rel=1e-4)
    assert theirs["diff"] < 0 < ours["diff"]


def metrics(*each: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {"schema": "canary.series/1", "id": "m", "config": config, "metrics": list(each)}


def test_several_metrics_share_the_promise_and_the_bad_one_is_blamed() -> None:
    verdict = judged(
        metrics(
            {"name": "errors_5xx", "minutes": rows(10, length=200)},
            {"name": "errors_4xx", "minutes": rows(11, times=4, length=200)},
        )
    )
    found = {finding["name"]: finding["verdict"] for finding in verdict["findings"]}
    assert verdict["verdict"] == "fail"
    assert found["errors_4xx"] == "fail"
    assert found["errors_5xx"] != "fail"


def test_a_metric_may_have_margins_of_its_own() -> None:
    bad = rows(12, times=1.6, length=400)
    strict = metrics({"name": "a", "minutes": bad})
    loose = metrics({"name": "a", "minutes": bad, "config": {"rho_fail": 2.5}})
    assert judged(strict)["verdict"] == "fail"
    assert judged(loose)["verdict"] != "fail"


BOUNDS = [0.05, 0.1, 0.125, 0.2, 0.25, 0.4, 0.5]
FAST, SLOW = [100, 400, 250, 150, 60, 30, 8, 2], [40, 200, 200, 200, 150, 110, 60, 40]
LATENCY: dict[str, Any] = {
    "histogram": (
        {"bounds": BOUNDS, "history": [[19 * n for n in FAST]] * 30},
        [FAST, [19 * n for n in FAST]],
        [SLOW, [19 * n for n in FAST]],
    ),
    "percentiles": (
        {"history": [[19_000, [0.1, 0.2, 0.4]]] * 30},
        [1000, [0.1, 0.2, 0.4], 19_000, [0.1, 0.2, 0.4]],
        [1000, [0.14, 0.28, 0.56], 19_000, [0.1, 0.2, 0.4]],
    ),
    "fractions": (
        {"history": [[19_000, [0.5, 0.1, 0.01]]] * 30},
        [1000, [0.4, 0.07, 0.006], [0.3, 0.04, 0.004], 19_000, [0.5, 0.1, 0.01]],
        [1000, [0.6, 0.2, 0.03], [0.55, 0.15, 0.02], 19_000, [0.5, 0.1, 0.01]],
    ),
}


@pytest.mark.parametrize("form", LATENCY)
def test_latency_in_every_form_fails_slow_and_passes_equal(form: str) -> None:
    settings, equal, slow = LATENCY[form]
    shape = {"name": "latency", "form": form, **settings}
    good = judged(metrics({**shape, "minutes": [equal] * 120}))
    bad = judged(metrics({**shape, "minutes": [slow] * 120}))
    assert good["verdict"] == "pass"
    assert bad["verdict"] == "fail"
    assert bad["minute"] <= 30


@pytest.mark.parametrize("form", ["histogram", "percentiles"])
def test_latency_without_history_takes_its_thresholds_from_the_first_minutes(form: str) -> None:
    settings, _, slow = LATENCY[form]
    shape = {"name": "latency", "form": form, **settings, "history": []}
    verdict = judged(metrics({**shape, "minutes": [slow] * 120}))
    assert verdict["verdict"] == "fail"
    assert verdict["minute"] > 5


def values(shift: float, n: float | None) -> Iterator[list[float | None]]:
    wobble = [0.004, -0.006, 0.002, 0.007, -0.005, -0.002, 0.001, -0.003]
    for i in range(100):
        yield [1 + shift + wobble[i % 8], n, 1 + wobble[(i + 3) % 8] / 4, n and 19 * n]


@pytest.mark.parametrize("n", [3000, None])
def test_values_fail_where_they_drop_and_pass_where_they_do_not(n: float | None) -> None:
    shape = {"name": "kpi", "form": "values", "better": "higher"}
    same = judged(metrics({**shape, "minutes": list(values(0.0, n))}))
    down = judged(metrics({**shape, "minutes": list(values(-0.05, n))}))
    up = judged(metrics({**shape, "minutes": list(values(0.05, n))}))
    assert [same["verdict"], down["verdict"], up["verdict"]] == ["pass", "fail", "pass"]


def test_values_scaled_by_any_unit_give_the_same_verdict() -> None:
    shape = {"name": "kpi", "form": "values"}
    plain = list(values(0.03, None))
    big = [[v and v * 1000, n, w and w * 1000, m] for v, n, w, m in plain]
    first, second = (judged(metrics({**shape, "minutes": rows})) for rows in (plain, big))
    assert (first["verdict"], first["minute"]) == (second["verdict"], second["minute"])


def test_percentiles_without_requests_are_judged_as_values() -> None:
    chance = [1.0, 1.02, 0.97, 1.01, 0.98, 1.03]
    minutes = [
        [None, [v * 1.5 * chance[i % 6] for v in (0.1, 0.2, 0.4)], None, [0.1, 0.2, 0.4]]
        for i in range(60)
    ]
    verdict = judged(metrics({"name": "latency", "form": "percentiles", "minutes": minutes}))
    assert verdict["verdict"] == "fail"


def test_a_bucket_that_begins_at_nothing_is_no_trouble() -> None:
    row = [5, 50, 30, 15]
    shape = {"name": "latency", "form": "histogram", "bounds": [0, 0.1, 0.3], "history": [row] * 9}
    assert judged(metrics({**shape, "minutes": [[row, row]] * 9}))["verdict"] == "inconclusive"


def test_counts_of_any_size_are_judged() -> None:
    huge = [[1e9, 1e6, 1e12, 1e9], [1e9, 1e9, 1e12, 0], [1, 0, 1e12, 1e12], [0.5, 0.25, 1, 1]]
    assert judged(document(huge * 20, history=[[1e12, 1e9]] * 60))["verdict"] in {
        "fail",
        "inconclusive",
    }


def test_lines_are_judged_as_they_come() -> None:
    asked: list[int] = []

    def lines() -> Iterator[str]:
        for number in range(3):
            asked.append(number)
            yield json.dumps(document([[50, 0, 950, 5]], id=f"r-{number}"))
            yield "\n"

    answers = judge_lines(lines())
    assert json.loads(next(answers))["id"] == "r-0"
    assert asked == [0]
    assert [json.loads(line)["id"] for line in answers] == ["r-1", "r-2"]


def test_the_same_document_gives_the_same_line() -> None:
    line = json.dumps(document(rows(13, times=2, length=60)))
    assert list(judge_lines([line])) * 2 == list(judge_lines([line, line]))


MISTAKES = {
    "no json": ("{", "line 1, column 2: no JSON"),
    "a list": ("[]", "a document is an object, not a list"),
    "schema": ('{"minutes": []}', "schema: is None, not 'canary.series/1'"),
    "no rows": ('{"schema": "canary.series/1"}', "has neither minutes nor metrics"),
    "id": ('{"schema": "canary.series/1", "id": 3, "minutes": []}', "id: is text, not a number"),
    "short row": (json.dumps(document([[1, 0, 2]])), "minutes[0]: has 3 entries, not 4"),
    "text": (json.dumps(document([None, [1, "a", 2, 0]])), "minutes[1][1]: is a number, not text"),
    "negative": (json.dumps(document([[1, 0, 2, -1]])), "minutes[0][3]: is finite and not neg"),
    "nan": ('{"schema": "canary.series/1", "minutes": [[1, NaN, 2, 0]]}', "minutes[0][1]: is fin"),
    "half an arm": (json.dumps(document([[None, 1, 2, 0]])), "minutes[0][0:][0]: is a number"),
    "history": (json.dumps(document([], history=[[1]])), "history[0]: has 1 numbers, not 2"),
    "alpha": (json.dumps(document([], config={"alpha": 2})), "config.alpha: lies between 0 and 1"),
    "key": (json.dumps(document([], config={"alhpa": 0.1})), "config.alhpa: unknown key"),
    "horizon": (json.dumps(document([], config={"horizon": 0.5})), "config.horizon: is a whole"),
    "flag": (json.dumps(document([], config={"stop_on_pass": 1})), "stop_on_pass: is true or"),
    "form": (json.dumps(metrics({"name": "a", "form": "x", "minutes": []})), "form: is 'x', not"),
    "name": (json.dumps(metrics({"minutes": []})), "metrics[0].name: is missing"),
    "twice": (json.dumps(metrics(*[{"name": "a", "minutes": []}] * 2)), "have the same name"),
    "bounds": (
        json.dumps(metrics({"name": "a", "form": "histogram", "minutes": []})),
        "metrics[0].bounds: is missing",
    ),
    "alpha per metric": (
        json.dumps(metrics({"name": "a", "minutes": [], "config": {"alpha": 0.1}})),
        "metrics[0].config.alpha: unknown key",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        list(judge_lines([text]))
    assert message in str(caught.value)
    assert str(caught.value).startswith("line 1")


def test_a_mistyped_key_gets_the_nearest_word() -> None:
    with pytest.raises(PlanError) as caught:
        list(judge_lines([json.dumps(document([], config={"alhpa": 0.1}))]))
    assert caught.value.hints == ("did you mean alpha?",)


def test_the_verdicts_before_a_mistake_are_out() -> None:
    answers = judge_lines([json.dumps(document([[50, 0, 950, 5]])), "{"])
    assert json.loads(next(answers))["id"] == "r-1"
    with pytest.raises(PlanError, match="line 2"):
        next(answers)


def test_the_schemas_are_schemas() -> None:
    for schema in (SERIES_SCHEMA, VERDICT_SCHEMA):
        jsonschema.Draft202012Validator.check_schema(schema)
