"""Answers that are kept, and labels that come, for one arm only make no comparison: it holds."""

from datetime import timedelta
from random import Random

import pytest
from unit.judge.arranging import MINUTE, arms, at, counts, measured

from canarycli.judge import Judgement, State, Verdict, judge, window
from canarycli.metrics import Counts, Metric, Origin, Series
from canarycli.plan import Better, Check, Margin, Role

KEPT = Origin("recorded answers", "recorded")
FRAUD = Check(
    "class_share(fraud)",
    Metric("class_share", origin=KEPT, about="fraud"),
    differs_by=Margin(absolute=0.05),
)
ACCURACY = Check(
    "accuracy", Metric("accuracy"), no_worse_by=Margin(absolute=0.05), better=Better.HIGHER
)
HOUR = timedelta(hours=1)


def recorded(ours: int, theirs: int, *, minutes: int = 20, share: float = 50) -> Judgement:
    state: State = {}
    key, chance = FRAUD.metric.key, Random(1)
    mine, base = (
        [(n, sum(chance.random() < 0.03 for _ in range(n))) for _ in range(minutes)]
        for n in (ours, theirs)
    )
    for now in range(1, minutes + 1):
        found = measured({key: counts(mine[:now])}, {key: counts(base[:now])}, until=now)
        judged = judge([FRAUD], found, arms(now, share=share), state)
        state = judged.state
    return judged


def test_answers_that_are_kept_of_one_arm_more_often_hold_the_release() -> None:
    judged = recorded(100, 200)

    found = next(f for f in judged.findings if f.check == "recorded")
    assert (found.verdict, found.role) == (Verdict.INCONCLUSIVE, Role.GATE)
    assert found.sentence == (
        "recorded 33.3% of 50% asked: the arms' answers are not kept alike, "
        "so the arms can't be compared"
    )
    assert judged.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("ours", "theirs", "share"), [(100, 100, 50), (10, 190, 5)])
def test_answers_that_are_kept_alike_are_said_to_be_and_decide_nothing(
    ours: int, theirs: int, share: float
) -> None:
    judged = recorded(ours, theirs, share=share)

    _, found = judged.findings
    assert (found.check, found.verdict, found.role) == ("recorded", Verdict.PASS, Role.WATCH)
    assert found.sentence == f"recorded {share:.1f}% of {share:g}% asked"
    assert (found.n_candidate, found.n_baseline) == (20 * ours, 20 * theirs)


def labelled(now: float, each: float) -> Series:
    points = [Counts(at(m), each, each * 0.9) for m in range(int(now))]
    return Series(tuple(points), MINUTE, HOUR)


def test_labels_that_come_for_one_arm_hold_it_when_they_are_whole() -> None:
    state: State = {}
    for now in range(10, 90, 10):
        found = measured({"accuracy": labelled(now, 40)}, {"accuracy": labelled(now, 200)})
        judged = judge([ACCURACY], found, arms(now, share=50), state)
        state = judged.state
        told = {f.check for f in judged.findings}
        assert "labelled" not in told or now > 60
    assert "labelled" in told
    assert "not labelled alike" in next(
        f.sentence for f in judged.findings if f.check == "labelled"
    )


def test_the_guards_do_not_lengthen_what_the_cloud_is_asked_for() -> None:
    errors = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.02))
    both = {"errors_5xx": counts([(200, 1)] * 60), FRAUD.metric.key: labelled(60, 100)}
    checks = [errors, FRAUD]
    state = judge(checks, measured(both, both), arms(60, share=50), {}).state

    assert window(checks, state, arms(61, share=50)).start == at(53)
