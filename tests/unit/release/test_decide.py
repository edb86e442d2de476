"""What is decided at the very edge of a rule, from one record and one look."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from engine.rehearsal import seconds

from canarycli.freeze import Freeze
from canarycli.judge import Finding, Judgement, Verdict
from canarycli.metrics import Metric
from canarycli.plan import Check, Plan, Stage, Then
from canarycli.provider import Endpoint, Version
from canarycli.release.decide import Decision, Seen, decide
from canarycli.release.mark import Mark
from canarycli.release.record import Ask, Order, Outcome, Release, State
from canarycli.testing import NOON
from canarycli.traffic import Traffic

STAGES = (Stage(5, seconds(60)), Stage(25, seconds(60)), Stage(100, seconds(0)))
PLAN = Plan(STAGES, (Check("errors", Metric("errors_5xx"), never_above=0.1),))
AT_5 = replace(
    Release("r-1", "vertex", "x", "eta", "blue", "teal", PLAN, NOON, "ann"),
    target=5.0,
    written=True,
    asked_at=NOON,
    confirmed_at=NOON,
    waiting_since=NOON,
    seen_at=NOON,
)
AT_100 = replace(AT_5, stage=2, target=100.0)
ALWAYS = (Freeze("0 0 * * *", timedelta(days=2), why="the weekend"),)
SOON = seconds(10)
LATE = replace(PLAN, probation=timedelta(hours=1))


def look(share: float, *names: str, settled: bool = True, serves: bool = True) -> Endpoint:
    versions = tuple(
        Version(name, in_service=serves or name != "teal") for name in names or ("blue", "teal")
    )
    return Endpoint("eta", versions, Traffic.split("blue", "teal", share), settled, revision="2")


def next_of(release: Release, seen: Endpoint | Seen, after: timedelta = SOON) -> Decision:
    found = seen if isinstance(seen, Seen) else Seen(seen)
    return decide(replace(release, seen_at=NOON + after), found, NOON + after)


def asked(release: Release, order: Order, percent: float | None = None) -> Release:
    return replace(release, ask=Ask(order, "dana", percent=percent))


def read(verdict: Verdict, share: float = 5) -> Seen:
    return Seen(look(share), Judgement((Finding("errors", verdict, "errors: so it is"),)))


@pytest.mark.parametrize(("share", "waits"), [(4.0, False), (5.0, False), (6.0, True)])
def test_a_share_by_hand_waits_for_the_end_of_a_freeze_only_where_it_goes_up(
    share: float, *, waits: bool
) -> None:
    frozen = replace(AT_5, plan=replace(PLAN, freeze=ALWAYS))

    after = next_of(asked(frozen, Order.SHIFT, share), look(5)).release

    assert (after.ask is not None) is waits
    assert after.target == (5 if waits else share)


def test_who_promotes_one_that_has_all_traffic_ends_it_at_once() -> None:
    on_probation = replace(
        AT_100, plan=LATE, state=State.PROBATION, probation_until=NOON + timedelta(hours=1)
    )

    assert next_of(asked(on_probation, Order.NEXT), look(100)).release.outcome is Outcome.PROMOTED


def test_a_plan_without_probation_ends_with_its_last_stage() -> None:
    assert next_of(AT_100, look(100)).release.outcome is Outcome.PROMOTED


def test_a_probation_begins_with_all_traffic_and_says_after_which_stage() -> None:
    decision = next_of(replace(AT_100, plan=LATE), look(100))

    (told,) = [event for event in decision.events if event.type == "probation"]
    assert decision.release.probation_until == NOON + seconds(10) + timedelta(hours=1)
    assert told.fields["stage"] == 3


@pytest.mark.parametrize(("share", "stage"), [(2.0, 0), (5.0, 0), (25.0, 1), (60.0, 1)])
def test_a_share_by_hand_is_of_the_highest_stage_that_is_not_above_it(
    share: float, stage: int
) -> None:
    assert next_of(asked(AT_5, Order.SHIFT, share), look(5)).release.stage == stage


@pytest.mark.parametrize(("age", "stops"), [(seconds(1), False), (seconds(0), False)])
def test_a_mark_from_before_the_start_stops_nothing(age: timedelta, *, stops: bool) -> None:
    seen = Seen(look(5), notes=Mark("r-0", NOON - age, "kim").notes)

    assert (next_of(AT_5, seen).release.state is State.ROLLING_BACK) is stops


@pytest.mark.parametrize(
    ("raised", "share", "state"),
    [
        (True, 0.0, State.ROLLING_BACK),
        (False, 5.0, State.ROLLING_BACK),
        (False, 0.01, State.ENDED),
        (False, 0.0, State.ENDED),
    ],
)
def test_a_new_mark_leads_back_whatever_has_traffic_or_may_get_some(
    share: float, state: State, *, raised: bool
) -> None:
    notes = Mark("r-1", NOON + seconds(5), "kim").notes

    decision = next_of(replace(AT_5, raised=raised), Seen(look(share), notes=notes))

    assert decision.release.state is state
    assert decision.release.why == "kim rolled back"


@pytest.mark.parametrize(
    ("seen", "asks"),
    [
        (look(0, "blue"), True),
        (look(0, "blue", settled=False), False),
        (look(0, serves=False), False),
        (look(0, settled=False), False),
    ],
    ids=["gone", "gone while a change is under way", "not in service", "not settled"],
)
def test_a_candidate_is_brought_in_again_only_where_it_is_gone_and_nothing_is_under_way(
    seen: Endpoint, *, asks: bool
) -> None:
    deploying = replace(AT_5, state=State.DEPLOYING, model="v42", target=0.0, confirmed_at=None)

    decision = next_of(deploying, seen)

    assert decision.deploy is asks
    assert decision.release.state is State.DEPLOYING


@pytest.mark.parametrize(("after", "back"), [(9.9, False), (10.0, True)])
def test_a_share_that_reads_lower_counts_as_lowered_once_it_had_time_to_show(
    after: float, *, back: bool
) -> None:
    raising = replace(AT_5, stage=1, target=25.0, before=5.0, base="1", confirmed_at=None)

    decision = next_of(raising, look(5), seconds(after))

    assert (decision.release.state is State.ROLLING_BACK) is back


def test_a_check_that_failed_asks_for_the_way_back_in_the_same_look() -> None:
    once = replace(AT_5, plan=replace(PLAN, fails_after=1))

    decision = next_of(once, read(Verdict.FAIL))

    assert decision.release.state is State.ROLLING_BACK
    assert decision.shift is not None
    assert decision.shift.of("blue") == 100


@pytest.mark.parametrize(("after", "state"), [(299.9, State.RUNNING), (300.0, State.PAUSED)])
def test_doubt_pauses_a_release_when_its_time_is_up(after: float, state: State) -> None:
    patient = replace(AT_5, plan=replace(PLAN, unclear_after=seconds(300)))

    assert next_of(patient, read(Verdict.INCONCLUSIVE), seconds(after)).release.state is state


def test_a_stage_that_passed_says_how_many_checks_did_and_leads_to_the_next() -> None:
    decision = next_of(AT_5, read(Verdict.PASS), seconds(60))

    told = {event.type: event for event in decision.events}
    assert told["stage_passed"].message == "stage 1/3 at 5%: 1 of 1 check passes"
    assert told["read"].fields["stage"] == 1
    assert decision.release.target == 25


@pytest.mark.parametrize(("after", "wake"), [(57.0, 3.0), (10.0, 15.0)])
def test_a_bake_that_is_nearly_over_is_looked_at_as_it_ends(after: float, wake: float) -> None:
    assert next_of(AT_5, read(Verdict.PASS), seconds(after)).wake == seconds(wake)


@pytest.mark.parametrize(
    ("approvals", "by", "said"),
    [
        (1, (), "anybody"),
        (2, (), "2 of anybody"),
        (1, ("dana", "eve"), "dana or eve"),
        (2, ("dana", "eve", "kim"), "2 of dana, eve, kim"),
    ],
)
def test_a_hold_says_how_many_have_to_approve(
    approvals: int, by: tuple[str, ...], said: str
) -> None:
    hold = Stage(5, seconds(60), Then.HOLD, approvals=approvals, approvers=by)
    stages = (hold, *STAGES[1:])
    holding = replace(AT_5, plan=replace(PLAN, stages=stages))

    decision = next_of(holding, read(Verdict.PASS), seconds(60))

    (held,) = [event for event in decision.events if event.type == "held"]
    assert held.message.endswith(f"to be approved by {said}: canary promote r-1")
    assert (held.fields["stage"], held.fields["by"]) == (1, "plan")
    waits = decision.release.plan.hold_at_most.pause
    assert datetime.fromisoformat(held.fields["until"]) == held.at + waits


@pytest.mark.parametrize(("share", "over"), [(0.01, True), (0.02, False)])
def test_home_is_all_traffic_but_for_rounding(share: float, *, over: bool) -> None:
    back = replace(AT_5, state=State.ROLLING_BACK, target=0.0, confirmed_at=None)

    assert next_of(back, look(share)).release.over is over
