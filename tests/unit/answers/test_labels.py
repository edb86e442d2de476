"""Answers and what they should have been: joined by key, only when a period is old enough."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import log

import pytest

from canarycli.answers import Pace, Paths, Said, Told, counted, joined, refuse_labels, within
from canarycli.errors import Rejected, Unsupported
from canarycli.labels import MOST, Label, text_of
from canarycli.metrics import Counts, Metric

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATHS = Paths.of({"class": "label", "score": "score", "positive": "fraud"})


def one(key: str, label: str, score: float, truth: str | None = None) -> Told:
    return Told("v42", START, key, Said(label, score), truth)


def count(metric: str, *told: Told, about: str = "") -> tuple[float, float]:
    wanted = Metric(metric, about=about)
    pace = Pace(MINUTE, MINUTE)
    found = counted(told, PATHS, [wanted], pace=pace, versions=["v42"])
    (point,) = found["v42"][wanted.key].points
    assert isinstance(point, Counts)
    return point.n, point.bad


HIT, SLIP = one("a", "fraud", 0.9, "fraud"), one("b", "ok", 0.2, "fraud")
CRY, CALM = one("c", "fraud", 0.7, "ok"), one("d", "ok", 0.1, "ok")
OPEN = one("e", "fraud", 0.8)
MIXED = (HIT, SLIP, CRY, CALM, OPEN)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", (4, 2)),
        ("missed", (2, 1)),
        ("false_alarms", (2, 1)),
        ("precision", (2, 1)),
    ],
)
def test_only_answers_with_a_label_count(metric: str, expected: tuple[int, int]) -> None:
    assert count(metric, *MIXED) == expected


def test_a_series_says_which_part_of_its_answers_has_a_label() -> None:
    wanted = [Metric("accuracy"), Metric("missed"), Metric("class_share", about="fraud")]
    pace = Pace(MINUTE, MINUTE)
    found = counted(MIXED, PATHS, wanted, pace=pace, versions=["v42"])["v42"]
    assert [found[metric.key].labelled for metric in wanted] == [0.8, 0.8, None]


def test_auc_gives_each_positive_a_negative_of_its_own() -> None:
    n, right = count("auc", HIT, SLIP, CRY, CALM, OPEN)

    assert n == 2
    assert right in {1, 2}
    assert count("auc", HIT, CALM, one("f", "ok", 0.3, "ok")) == (1, 1)
    assert count("auc", SLIP, CRY) == (1, 0)


def test_ties_fall_to_either_side_alike() -> None:
    ties = [
        one(f"{side}{n}", "ok", 0.5, truth)
        for n in range(400)
        for side, truth in (("p", "fraud"), ("n", "ok"))
    ]

    n, right = count("auc", *ties)

    assert n == 400
    assert 150 < right < 250


@pytest.mark.parametrize(
    ("metric", "expected"), [("brier", 0.09), ("log_loss", log(0.7) / log(0.01))]
)
def test_a_loss_is_on_average_what_it_is_and_the_same_in_every_look(
    metric: str, expected: float
) -> None:
    several = [one(str(n), "fraud", 0.7, "fraud") for n in range(4000)]

    n, lost = count(metric, *several)

    assert lost / n == pytest.approx(expected, abs=0.02)
    assert (n, lost) == count(metric, *reversed(several))


def test_a_number_is_off_by_more_than_it_may_be() -> None:
    found = (one("a", "", 12.0, "10"), one("b", "", 10.5, "10"), one("c", "", 9.0, "n/a"))

    assert count("error_over", *found, about="1.5") == (2, 1)


def test_the_last_label_before_maturity_counts_and_later_ones_do_not() -> None:
    at = [START + hours * timedelta(hours=1) for hours in range(8)]
    labels = [
        Label("a", "fraud", at[5]),
        Label("a", "ok", at[1]),
        Label("a", "late", at[7]),
        Label("b", "ok", at[7]),
        Label("x", "ok", at[1]),
        Label("c", "always"),
    ]
    answers = [one(key, "ok", 0.1) for key in "abc"]

    found = {told.key: told.truth for told in joined(answers, labels, timedelta(hours=6))}

    assert found == {"a": "fraud", "b": None, "c": "always"}


def test_answers_that_share_a_record_need_keys_of_their_own() -> None:
    with pytest.raises(Unsupported, match="share one record") as caught:
        list(joined([one("", "ok", 0.1)], [], MINUTE))
    assert "predictions: {key:" in caught.value.hints[0]


def test_more_labels_than_can_be_held_are_refused() -> None:
    def many() -> Iterator[Label]:
        label = Label("a", "ok")
        for _ in range(MOST + 1):
            yield label

    with pytest.raises(Rejected, match="1,000,000 labels"):
        sum(1 for _ in within(many()))


def test_answers_alone_do_not_say_whether_they_were_right() -> None:
    with pytest.raises(Unsupported, match="needs labels"):
        refuse_labels([Metric("accuracy")])
    refuse_labels([Metric("scores")])


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (1.0, "1"), ("1 ", "1"), (True, "true"), (None, None), ("", None)]
)
def test_a_label_is_the_same_in_any_type(value: object, text: str | None) -> None:
    assert text_of(value) == text
