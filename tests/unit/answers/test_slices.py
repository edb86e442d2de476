"""A check asked for each value of a field: the greatest have their own, the rest one together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from canarycli.answers import Pace, Paths, counted, shares, told
from canarycli.codec import from_json, to_json
from canarycli.errors import Rejected
from canarycli.judge.weights import weights
from canarycli.metrics import Counts, Metric, Window
from canarycli.plan import Check, Margin, Plan, Role, Stage
from canarycli.recorder import Answer
from canarycli.release.slices import sliced, unsliced

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHECK = Check(
    "class_share(fraud)",
    Metric("class_share", about="fraud", by="country"),
    differs_by=Margin(absolute=0.01),
    at_most=2,
)
PLAN = Plan((Stage(50, MINUTE),), (CHECK,))
KNOWN = {"class_share(fraud)": {"DE": 0.6, "FR": 0.2, "US": 0.15, "IS": 0.005}}


def test_the_greatest_slices_get_a_check_of_their_own_and_the_rest_one() -> None:
    found = sliced(PLAN, KNOWN)

    assert [check.name for check in found.checks] == [
        "class_share(fraud) of country=DE",
        "class_share(fraud) of country=FR",
        "class_share(fraud) of country=other",
    ]
    assert [check.metric.key for check in found.checks] == [c.name for c in found.checks]
    assert {check.role for check in found.checks} == {Role.GATE}
    assert unsliced(PLAN) == (CHECK,)
    assert unsliced(found) == ()
    assert sliced(found, {}) == found
    assert from_json(Plan, to_json(found)) == found


def test_the_promise_is_shared_among_slices() -> None:
    names = [check.metric.name for check in sliced(PLAN, KNOWN).checks]

    assert weights(names) == pytest.approx([1 / 3] * 3)


def test_a_rest_that_is_hardly_anything_holds_no_release() -> None:
    nearly = {CHECK.name: {"DE": 0.7, "FR": 0.297, "IS": 0.003}}

    roles = {check.metric.value: check.role for check in sliced(PLAN, nearly).checks}

    assert roles == {"DE": Role.GATE, "FR": Role.GATE, "other": Role.WATCH}


def test_a_field_that_no_answer_has_is_refused() -> None:
    with pytest.raises(Rejected, match="no answer of the baseline has country"):
        sliced(PLAN, {CHECK.name: {}})


def test_a_check_of_that_name_is_refused() -> None:
    twin = replace(CHECK, name="class_share(fraud) of country=DE", metric=Metric("scores"))
    twice = replace(PLAN, checks=(CHECK, twin))

    with pytest.raises(Rejected, match="same name"):
        sliced(twice, KNOWN)


ANSWERS = [
    '{"label": "fraud", "country": "DE"}',
    '{"label": "ok", "country": "DE"}',
    '{"label": "fraud", "country": "FR"}',
    '{"label": "fraud", "country": "IS"}',
    '{"label": "ok"}',
    "oops",
]


def test_each_slice_counts_its_own_answers_and_none_is_lost() -> None:
    paths = Paths.of({"class": "label"}, {"country"})
    answers = [
        Answer("v42", START, str(n), body.encode(), "application/json")
        for n, body in enumerate(ANSWERS)
    ]
    window = Window(START, START + MINUTE)
    each = list(told(answers, paths, window, period=MINUTE, versions=["v42"]))
    metrics = [check.metric for check in sliced(PLAN, KNOWN).checks]
    pace = Pace(MINUTE, MINUTE)

    found = counted(each, paths, [*metrics, CHECK.metric], pace=pace, versions=["v42"])["v42"]

    assert [found[metric.key].points for metric in metrics] == [
        (Counts(START, 2, 1),),
        (Counts(START, 1, 1),),
        (Counts(START, 2, 1),),
    ]
    assert found[CHECK.metric.key].points == (Counts(START, 5, 3),)
    assert shares(each, paths)["country"] == pytest.approx({"DE": 2 / 6, "FR": 1 / 6, "IS": 1 / 6})
