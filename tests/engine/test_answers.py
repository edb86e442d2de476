"""A release is decided on what its versions say, and on labels that come late."""

from dataclasses import replace

from engine.rehearsal import ERRORS, PLAN, Rehearsal, seconds

from canarycli.metrics import Metric
from canarycli.plan import Better, Check, Margin, Stage
from canarycli.release.record import Outcome

SAYS = Check(
    "class_share(fraud)",
    Metric("class_share", about="fraud"),
    differs_by=Margin(absolute=0.01),
)
RIGHT = Check(
    "accuracy", Metric("accuracy"), no_worse_by=Margin(absolute=0.03), better=Better.HIGHER
)


def test_perfect_errors_and_latency_are_not_enough_where_the_answers_are_others() -> None:
    rehearsal = Rehearsal(replace(PLAN, checks=(ERRORS, SAYS)), scenario="worse-answers")
    rehearsal.start()
    release = rehearsal.finish()
    assert release.outcome is Outcome.ROLLED_BACK
    assert release.reached == 5
    assert "class_share(fraud)" in release.why
    assert "limit ±1.00 pp" in release.why


def test_labels_that_come_late_are_waited_for_and_decide() -> None:
    plan = replace(
        PLAN,
        stages=(Stage(50, seconds(60)), Stage(100, seconds(0))),
        checks=(ERRORS, RIGHT),
        read_every=seconds(60),
        unclear_after=seconds(900),
    )
    labels = {"delay": 1200, "coverage": 0.5}
    worse = Rehearsal(plan, scenario="late-labels", labels=labels)
    began = worse.start()
    release = worse.finish()
    assert release.outcome is Outcome.ROLLED_BACK
    assert "accuracy" in release.why
    assert worse.clock.now() - began.started_at >= seconds(1200)

    equal = Rehearsal(plan, labels=labels)
    equal.start()
    assert equal.finish().outcome is Outcome.PROMOTED
