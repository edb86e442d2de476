"""Recorded bodies, as models write them: which class and score they give, or nothing at all."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canarycli.answers import Pace, Paths, Said, counted, read, told
from canarycli.errors import Unsupported as Refused
from canarycli.errors import UsageError
from canarycli.metrics import Counts, Histogram, Metric, Window
from canarycli.recorder import Answer

JSON, CSV, LINES = "application/json", "text/csv; charset=utf-8", "application/jsonlines"
BATCH = {"each": "predictions", "class": "label", "score": "score"}
INVALID, EMPTY = Said(valid=False), Said(valid=False, empty=True)

BODIES: Mapping[str, tuple[str, str, dict[str, Any], list[Said]]] = {
    "one answer": ('{"label": "fraud"}', JSON, {"class": "label"}, [Said("fraud")]),
    "a batch": (
        '{"predictions": [{"label": "fraud", "score": 0.9}, {"label": "ok", "score": 0.1}]}',
        JSON,
        BATCH,
        [Said("fraud", 0.9), Said("ok", 0.1)],
    ),
    "a list": (
        '["cat", "dog"]',
        JSON,
        {"class": "@"},
        [Said("cat", length=3), Said("dog", length=3)],
    ),
    "lines": ('{"p": 0.2}\n{"p": 0.7}', LINES, {"score": "p"}, [Said(score=0.2), Said(score=0.7)]),
    "csv": ("0,0.25\n1,0.75", CSV, {"class": 0, "score": 1}, [Said("0", 0.25), Said("1", 0.75)]),
    "a bare number": ("0.42", JSON, {"score": 0}, [Said(score=0.42)]),
    "classes from scores": (
        "0.42,0.9".replace(",", "\n"),
        CSV,
        {"score": 0, "positive": "fraud", "over": 0.5},
        [Said("other", 0.42), Said("fraud", 0.9)],
    ),
    "no type at all": ('{"label": true}', "", {"class": "label"}, [Said("true")]),
    "a whole number": ('{"label": 1.0}', JSON, {"class": "label"}, [Said("1")]),
    "not json": ("<html>", JSON, {"class": "label"}, [INVALID]),
    "no such path": ('{"other": 1}', JSON, {"class": "label"}, [INVALID]),
    "no list where there should be one": ('{"predictions": 3}', JSON, BATCH, [INVALID]),
    "a score that is none": ('{"s": "NaN"}', JSON, {"score": "s"}, [INVALID]),
    "no such column": ("1", CSV, {"class": 3}, [INVALID]),
    "nothing": ("  ", JSON, {"class": "label"}, [EMPTY]),
    "an empty list": ("[]", JSON, {"class": "label"}, [EMPTY]),
    "one of two is empty": ('[{}, {"label": "ok"}]', JSON, {"class": "label"}, [EMPTY, Said("ok")]),
    "deep": ("[" * 90_000, JSON, {"class": "label"}, [INVALID]),
}


@pytest.mark.parametrize(("body", "kind", "settings", "said"), BODIES.values(), ids=BODIES.keys())
def test_a_body_says(body: str, kind: str, settings: dict[str, Any], said: list[Said]) -> None:
    assert list(read(body.encode(), kind, Paths.of(settings))) == said


def test_bytes_that_are_no_text_are_invalid() -> None:
    assert list(read(b"\xff\xfe\x00", JSON, Paths.of({"class": "label"}))) == [INVALID]


def test_a_path_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="no JMESPath"):
        Paths.of({"class": "predictions[.label"})


START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def answer(key: str, seconds: float, body: str, version: str = "v42") -> Answer:
    return Answer(version, START + timedelta(seconds=seconds), key, body.encode(), JSON)


def counts(*answers: Answer, metric: Metric, **settings: Any) -> dict[str, Any]:
    paths = Paths.of({"class": "label", "score": "score", **settings})
    window, versions = Window(START, START + 2 * MINUTE), ("v41", "v42")
    each = told(answers, paths, window, period=MINUTE, versions=versions)
    pace = Pace(MINUTE, 5 * MINUTE)
    found = counted(each, paths, [metric], pace=pace, versions=versions)
    return {version: series[metric.key] for version, series in found.items()}


FRAUD = Metric("class_share", about="fraud")


def said(label: str, score: float = 0.5) -> str:
    return f'{{"label": "{label}", "score": {score}}}'


def test_each_answer_counts_once_in_the_minute_of_its_own_time() -> None:
    found = counts(
        answer("a", 0, said("fraud")),
        answer("a", 0, said("fraud")),
        answer("b", 59.9, said("ok")),
        answer("c", 60, said("fraud")),
        answer("d", 120, said("fraud")),
        answer("e", -1, said("fraud")),
        answer("a", 1, said("ok"), "v41"),
        answer("x", 1, said("ok"), "v40"),
        metric=FRAUD,
    )

    assert found["v42"].points == (Counts(START, 2, 1), Counts(START + MINUTE, 1, 1))
    assert found["v41"].points == (Counts(START, 1, 0),)
    assert (found["v42"].period, found["v42"].delay) == (MINUTE, 5 * MINUTE)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (FRAUD, (2, 1)),
        (Metric("score_over", about="0.8"), (2, 1)),
        (Metric("answer_invalid"), (4, 1)),
        (Metric("answer_empty"), (4, 1)),
    ],
)
def test_a_metric_counts_what_it_is_about(metric: Metric, expected: tuple[int, int]) -> None:
    found = counts(
        answer("a", 0, said("fraud", 0.9)),
        answer("b", 1, said("ok", 0.2)),
        answer("c", 2, "oops"),
        answer("d", 3, ""),
        metric=metric,
    )

    assert found["v42"].points == (Counts(START, *expected),)


def test_scores_are_counted_between_bounds_and_none_is_lost() -> None:
    found = counts(
        *(answer(str(n), n, said("ok", s)) for n, s in enumerate((-3, 0.005, 0.5, 0.999, 7))),
        metric=Metric("scores"),
    )

    (point,) = found["v42"].points
    assert isinstance(point, Histogram)
    assert point.n == 5
    assert (point.counts[0], point.counts[50], point.counts[99]) == (2, 1, 2)


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (FRAUD, "class:"),
        (Metric("scores"), "score:"),
        (Metric("score_over", about="high"), "score:"),
        (Metric("accuracy"), "class:"),
        (Metric("auc"), "score:"),
        (Metric("cpu"), "do not say that"),
    ],
)
def test_what_the_predictions_do_not_say_is_refused_by_name(metric: Metric, why: str) -> None:
    with pytest.raises(Refused, match=why):
        counts(metric=metric, **{"class": None, "score": None})
