"""A release from start to end, as the plan says."""

from dataclasses import replace

import pytest
from engine.rehearsal import (
    BASELINE,
    CANDIDATE,
    ENDPOINT,
    ERRORS,
    HOLDING,
    PLAN,
    RELATIVE,
    Rehearsal,
    change,
    seconds,
)

from canarycli.errors import Busy, Exit
from canarycli.judge import Arms, Verdict, begin
from canarycli.metrics import Metric, Window
from canarycli.plan import Check, Margin, Plan, Stage, Then, Wait
from canarycli.release import orders
from canarycli.release.record import Outcome, State
from canarycli.testing import ForeignWriter
from canarycli.traffic import Traffic


def test_a_healthy_candidate_ends_with_all_traffic() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.PROMOTED, Exit.OK)
    assert rehearsal.share == 100
    assert [split.of(CANDIDATE) for split in rehearsal.watched.asked] == [5, 25, 100]


def test_a_failing_candidate_goes_back_after_reads_in_a_row() -> None:
    rehearsal = Rehearsal(scenario="failing")
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.ROLLED_BACK, Exit.ROLLED_BACK)
    assert rehearsal.share == 0
    assert "errors_5xx" in release.why


def test_the_relative_check_fails_against_the_baseline_and_says_what_it_cost() -> None:
    named = replace(RELATIVE, name="what customers feel")
    rehearsal = Rehearsal(replace(PLAN, checks=(named,)), scenario="failing")
    release = rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.ROLLED_BACK
    end = rehearsal.store.events(release.id)[-1]
    assert 0 < end.fields["extra_failures"] < end.fields["requests_on_candidate"]
    assert "extra failed requests" in end.message


def test_no_data_never_passes_and_ends_as_the_plan_says() -> None:
    plan = replace(PLAN, on_no_metrics=Wait(seconds(60), Then.ROLLBACK))
    rehearsal = Rehearsal(plan, scenario="no-data")
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.NO_METRICS, Exit.NO_METRICS)
    assert release.reached == 5
    assert rehearsal.share == 0


def test_no_data_may_hold_for_a_person() -> None:
    plan = replace(PLAN, on_no_metrics=Wait(seconds(30), Then.HOLD))
    rehearsal = Rehearsal(plan, scenario="no-data")
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.state, release.exit) == (State.PAUSED, Exit.PAUSED)
    assert rehearsal.share == 5


def test_too_little_traffic_is_inconclusive_and_never_a_pass() -> None:
    plan = replace(PLAN, unclear_after=seconds(60), on_unclear=Wait(seconds(30), Then.ROLLBACK))
    rehearsal = Rehearsal(plan, rate=0.5)
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.INCONCLUSIVE, Exit.INCONCLUSIVE)
    assert rehearsal.share == 0


def test_a_planned_hold_waits_for_promote_with_exit_0() -> None:
    rehearsal = Rehearsal(HOLDING)
    rehearsal.start()
    held = rehearsal.finish()
    assert (held.state, held.exit, rehearsal.share) == (State.HELD, Exit.OK, 25)
    change(rehearsal, orders.promote(held, "dana"))
    assert rehearsal.finish().outcome is Outcome.PROMOTED
    assert rehearsal.share == 100


def test_a_hold_is_still_guarded_while_somebody_ticks() -> None:
    rehearsal = Rehearsal(
        replace(HOLDING, fails_after=2),
        versions={
            BASELINE: {"percent": 100},
            CANDIDATE: {"turns": [{"after": 400, "errors_5xx": 0.3}]},
        },
    )
    rehearsal.start()
    held = rehearsal.finish()
    assert (held.state, rehearsal.share) == (State.HELD, 25)
    controller = rehearsal.controller()
    for _ in range(60):
        rehearsal.tick(controller)
    assert rehearsal.release.outcome is Outcome.ROLLED_BACK
    assert rehearsal.share == 0


def test_a_limit_is_not_kept_before_enough_requests_could_have_broken_it() -> None:
    rehearsal = Rehearsal(replace(PLAN, checks=(replace(ERRORS, min_requests=0),)))
    rehearsal.start()
    controller = rehearsal.controller()
    while rehearsal.release.verdict in {None, Verdict.NO_DATA}:
        rehearsal.tick(controller)
    first = rehearsal.release.findings[0]
    assert first.verdict is Verdict.INCONCLUSIVE
    assert "of 300 requests" in first.sentence
    assert rehearsal.finish().outcome is Outcome.PROMOTED


def test_promote_full_goes_to_100_at_once() -> None:
    rehearsal = Rehearsal()
    started = rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.tick(controller)
    change(rehearsal, orders.promote(rehearsal.release, "dana", full=True))
    assert rehearsal.finish().outcome is Outcome.PROMOTED
    assert [split.of(CANDIDATE) for split in rehearsal.watched.asked] == [5, 100]
    assert started.target == 5


def test_promote_to_a_share_skips_stages_up_to_it() -> None:
    rehearsal = Rehearsal(HOLDING)
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.tick(controller)
    change(rehearsal, orders.promote(rehearsal.release, "dana", to=25))
    rehearsal.tick(controller)
    assert rehearsal.finish().state is State.HELD
    assert [split.of(CANDIDATE) for split in rehearsal.watched.asked] == [5, 25]


def test_a_pause_keeps_the_share_and_resume_goes_on() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.tick(controller)
    paused = orders.pause(
        rehearsal.release, "dana", rehearsal.clock.now(), length=seconds(600), then=Then.ROLLBACK
    )
    change(rehearsal, paused)
    for _ in range(20):
        rehearsal.tick(controller)
    assert (rehearsal.release.state, rehearsal.share) == (State.PAUSED, 5)
    change(rehearsal, orders.resume(rehearsal.release, rehearsal.clock.now()))
    assert rehearsal.finish().outcome is Outcome.PROMOTED


@pytest.mark.parametrize(
    ("then", "outcome", "share"),
    [(Then.ROLLBACK, Outcome.STOPPED, 0), (Then.HOLD, None, 5)],
    ids=["rollback", "hold"],
)
def test_a_pause_that_runs_out_does_what_it_said(
    then: Then, outcome: Outcome | None, share: float
) -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    rehearsal.tick(rehearsal.controller())
    paused = orders.pause(
        rehearsal.release, "dana", rehearsal.clock.now(), length=seconds(30), then=then
    )
    change(rehearsal, paused)
    release = rehearsal.finish()
    assert (release.outcome, rehearsal.share) == (outcome, share)


def test_a_share_by_hand_stays_until_a_person_goes_on() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    change(rehearsal, orders.shift(rehearsal.release, "dana", 2))
    for _ in range(5):
        rehearsal.tick(controller)
    assert (rehearsal.release.state, rehearsal.share) == (State.PAUSED, 2)
    change(rehearsal, orders.promote(rehearsal.release, "dana"))
    assert rehearsal.finish().outcome is Outcome.PROMOTED


def test_a_deadline_ends_a_release_that_has_not_decided() -> None:
    rehearsal = Rehearsal(replace(PLAN, deadline=seconds(60)))
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, rehearsal.share) == (Outcome.INCONCLUSIVE, 0)


def test_a_shift_that_never_settles_goes_back() -> None:
    plan = replace(PLAN, settle_within=seconds(60))
    rehearsal = Rehearsal(plan, settle=90)
    rehearsal.start()
    release = rehearsal.finish()
    assert release.outcome is Outcome.CLOUD_FAILED
    rehearsal.clock.advance(120)
    assert rehearsal.share == 0


def test_a_plan_without_checks_bakes_and_goes_on() -> None:
    rehearsal = Rehearsal(replace(PLAN, checks=()))
    rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.PROMOTED


def test_a_second_release_on_the_endpoint_is_refused() -> None:
    rehearsal = Rehearsal()
    first = rehearsal.start()
    with pytest.raises(Busy, match=first.id):
        rehearsal.start(rehearsal.controller("bob@ci"))


def test_a_second_driver_is_refused_while_the_first_is_heard() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    with pytest.raises(Busy):
        rehearsal.controller("bob@ci").tick(rehearsal.key)


def test_a_driver_that_is_not_heard_is_replaced() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    rehearsal.tick(rehearsal.controller())
    rehearsal.clock.advance(120)
    assert rehearsal.finish(rehearsal.controller("bob@ci")).outcome is Outcome.PROMOTED


def test_lowered_by_somebody_is_never_raised_again() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    while rehearsal.release.target < 25 or rehearsal.release.confirmed_at is None:
        rehearsal.tick(controller)
    ForeignWriter(rehearsal.simulator, ENDPOINT).give(CANDIDATE, 3)
    rehearsal.let_settle()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.STOPPED, Exit.STOPPED)
    assert rehearsal.share == 0
    assert max(split.of(CANDIDATE) for split in rehearsal.watched.asked[2:]) == 0


def test_raised_by_somebody_is_theirs() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    ForeignWriter(rehearsal.simulator, ENDPOINT).give(CANDIDATE, 60)
    rehearsal.let_settle()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.DRIFT, Exit.DRIFT)
    assert rehearsal.share == 60


def test_nothing_goes_back_to_a_dead_baseline() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)
    rehearsal.tick(controller)
    assert rehearsal.release.state is State.PAUSED
    change(rehearsal, orders.roll_back(rehearsal.release, "dana", rehearsal.clock.now()))
    for _ in range(5):
        rehearsal.tick(controller)
    release = rehearsal.release
    assert (release.state, release.exit) == (State.ROLLING_BACK, Exit.UNSAFE)
    assert rehearsal.share == 5
    assert "not in service" in release.stuck
    assert [event.type for event in rehearsal.heard].count("rollback_failed") == 1


def test_a_baseline_that_comes_back_lets_the_release_go_on() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)
    rehearsal.tick(controller)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE, back=True)
    change(rehearsal, rehearsal.release)
    for _ in range(60):
        rehearsal.tick(controller)
    assert rehearsal.release.outcome is Outcome.PROMOTED


def test_a_dead_candidate_goes_back() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.put_out(ENDPOINT, CANDIDATE)
    release = rehearsal.finish()
    assert (release.outcome, rehearsal.share) == (Outcome.ROLLED_BACK, 0)


def test_on_fail_hold_waits_for_a_person_with_the_traffic_as_it_is() -> None:
    rehearsal = Rehearsal(replace(PLAN, on_fail=Then.HOLD), scenario="failing")
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.exit, rehearsal.share) == (Exit.PAUSED, 25)


def test_a_third_version_that_gets_traffic_is_drift() -> None:
    rehearsal = Rehearsal(versions={BASELINE: {"percent": 100}, CANDIDATE: {}, "v40": {}})
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    rehearsal.simulator.impose(ENDPOINT, Traffic({BASELINE: 85, CANDIDATE: 5, "v40": 10}))
    assert rehearsal.finish().outcome is Outcome.DRIFT


def test_the_journal_holds_every_decision() -> None:
    rehearsal = Rehearsal()
    release = rehearsal.start()
    rehearsal.finish()
    kinds = [event.type for event in rehearsal.store.events(release.id)]
    assert kinds.count("shift_confirmed") == len(PLAN.stages)
    assert kinds[-1] == "ended"


def test_a_single_stage_at_100_promotes_once_it_is_in_place() -> None:
    rehearsal = Rehearsal(Plan(stages=(Stage(100, seconds(0)),)))
    rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.PROMOTED


def test_a_model_that_is_not_there_is_brought_in_first() -> None:
    rehearsal = Rehearsal(startup=60)
    started = rehearsal.start(model="model-99")
    assert (started.state, started.candidate) == (State.DEPLOYING, "")
    release = rehearsal.finish()
    assert release.outcome is Outcome.PROMOTED
    assert release.candidate not in {"", BASELINE, CANDIDATE}
    assert rehearsal.share == 100


@pytest.mark.parametrize("named", [True, False])
def test_a_rollback_while_the_candidate_is_brought_in_leaves_the_traffic(*, named: bool) -> None:
    rehearsal = Rehearsal(startup=60)
    rehearsal.start(model="model-99")
    if named:  # by the cloud, once it was asked for it
        rehearsal.tick(rehearsal.controller())
    change(rehearsal, orders.roll_back(rehearsal.release, "dana", rehearsal.clock.now()))
    assert rehearsal.finish().outcome is Outcome.STOPPED
    assert rehearsal.simulator.describe(ENDPOINT).traffic.of(BASELINE) == 100
    asked = [event.message for event in rehearsal.heard if event.type == "shift_requested"]
    assert set(asked) == {"asking for model-99 0%"}


@pytest.mark.parametrize("seed", range(12))
def test_a_stage_is_never_passed_on_the_evidence_of_an_earlier_one(seed: int) -> None:
    worse_with_load = {"turns": [{"errors_5xx": 0.04, "above": 10}]}
    stages = (Stage(5, seconds(5)), Stage(25, seconds(5)), Stage(100, seconds(0)))
    check = replace(RELATIVE, min_requests=0)
    rehearsal = Rehearsal(
        replace(PLAN, stages=stages, checks=(check,), unclear_after=seconds(3600)),
        seed=str(seed),
        rate=200,
        delay=60,
        versions={BASELINE: {"percent": 100}, CANDIDATE: worse_with_load},
    )
    rehearsal.start()
    release = rehearsal.finish()
    assert release.outcome is Outcome.ROLLED_BACK
    assert release.reached == 25


def test_a_slow_candidate_is_told_in_milliseconds() -> None:
    slow = Check("latency_p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))
    rehearsal = Rehearsal(
        replace(PLAN, checks=(slow,), unclear_after=seconds(3600)), scenario="slow", rate=200
    )
    rehearsal.clock.advance(3600)
    release = rehearsal.start()
    history = rehearsal.simulator.measure(
        ENDPOINT,
        (BASELINE,),
        (slow.metric,),
        Window(rehearsal.clock.now() - seconds(3600), rehearsal.clock.now()),
    )
    now = rehearsal.clock.now()
    arms = Arms(BASELINE, CANDIDATE, 0.0, now, now, seconds(0))
    change(rehearsal, replace(release, judge=begin((slow,), history, arms)))
    ended = rehearsal.finish()
    assert ended.outcome is Outcome.ROLLED_BACK
    finding = ended.findings[0]
    assert 0.1 < (finding.baseline or 0) < (finding.candidate or 0) < 1
    assert " ms" in finding.sentence
