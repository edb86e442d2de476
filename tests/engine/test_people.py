"""What people decide about going up: change freezes, and holds that several have to approve."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from engine.rehearsal import ERRORS, HOLDING, PLAN, SOON, Rehearsal, change, seconds

from canarycli.engine.loop import drive
from canarycli.errors import UsageError
from canarycli.freeze import Freeze, in_force
from canarycli.plan import Plan, Stage, Then
from canarycli.release import orders
from canarycli.release.orders import SIGNATURE
from canarycli.release.record import Approval, Outcome, Override, Release, State

LONG = timedelta(minutes=20)
SLOW = replace(
    PLAN, stages=(Stage(5, seconds(150)), Stage(25, seconds(20)), Stage(100, seconds(0)))
)


def frozen_soon(plan: Plan) -> tuple[Rehearsal, datetime]:
    """A release that is under way when a freeze of twenty minutes begins, and its beginning."""
    begins = Rehearsal(plan).clock.now() + timedelta(minutes=2)
    start = f"{begins:%M %H} * * *"
    return Rehearsal(replace(plan, freeze=(Freeze(start, LONG, why="the weekend"),))), begins


def test_nothing_goes_up_in_a_freeze_and_the_release_goes_on_after_it() -> None:
    rehearsal, begins = frozen_soon(SLOW)
    rehearsal.start()

    release = drive(rehearsal.controller(), rehearsal.key)

    events = rehearsal.store.events(release.id)
    raised = [event.at for event in events if event.type == "shift_requested"]
    assert release.outcome is Outcome.PROMOTED
    assert not [at for at in raised if in_force(release.plan.freeze, at)]
    assert sum(at > begins for at in raised) == 2
    (told,) = [event.message for event in events if event.type == "frozen"]
    assert told.startswith("nothing goes up now: change freeze, the weekend, until ")


def test_a_rollback_and_a_failing_check_go_down_in_a_freeze() -> None:
    rehearsal, _ = frozen_soon(SLOW)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key, enough=lambda release: bool(release.frozen))

    driver.change(
        rehearsal.key, lambda r: orders.roll_back(r, "dana", rehearsal.clock.now(), reason="5xx")
    )
    drive(driver, rehearsal.key, enough=lambda release: release.is_home)

    assert rehearsal.share == 0
    assert in_force(rehearsal.release.plan.freeze, rehearsal.clock.now())


@pytest.mark.parametrize("unfreezes", [False, True])
def test_an_order_up_waits_for_the_end_of_a_freeze_or_overrides_it(*, unfreezes: bool) -> None:
    rehearsal, _ = frozen_soon(SLOW)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key, enough=lambda release: bool(release.frozen))

    driver.change(
        rehearsal.key,
        lambda r: orders.promote(r, "dana", override="the site is down" if unfreezes else ""),
    )
    now = rehearsal.clock.now()
    drive(driver, rehearsal.key, until=now + timedelta(minutes=2))

    assert (rehearsal.share == 25) is unfreezes


@pytest.mark.parametrize("unfreezes", [False, True])
def test_a_share_by_hand_waits_for_the_end_of_a_freeze_or_overrides_it(*, unfreezes: bool) -> None:
    rehearsal, _ = frozen_soon(SLOW)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key, enough=lambda release: bool(release.frozen))

    driver.change(
        rehearsal.key,
        lambda r: orders.shift(r, "dana", 10, override="the site is down" if unfreezes else ""),
    )
    drive(driver, rehearsal.key, until=rehearsal.clock.now() + timedelta(minutes=2))
    rehearsal.confirm(driver)

    assert rehearsal.share == (10 if unfreezes else 5)


APPROVED = replace(
    HOLDING,
    stages=(
        Stage(5, seconds(20)),
        Stage(25, seconds(20), Then.HOLD, approvals=2, approvers=("dana", "eve", "kim")),
        Stage(100, seconds(0)),
    ),
)


def test_a_hold_goes_on_when_as_many_as_needed_of_those_who_may_have_approved() -> None:
    rehearsal = Rehearsal(APPROVED)
    rehearsal.start()
    driver = rehearsal.controller()
    assert drive(driver, rehearsal.key).state is State.HELD

    with pytest.raises(UsageError, match="bob may not approve"):
        driver.change(rehearsal.key, lambda r: orders.promote(r, "bob"))
    for _ in range(2):
        driver.change(rehearsal.key, lambda r: orders.promote(r, "dana", reason="looks well"))
    assert drive(driver, rehearsal.key).state is State.HELD
    assert [one.by for one in rehearsal.release.approvals] == ["dana"]

    driver.change(rehearsal.key, lambda r: orders.promote(r, "eve"))
    assert drive(driver, rehearsal.key).outcome is Outcome.PROMOTED


@pytest.mark.parametrize(
    "around",
    [
        lambda r: orders.promote(r, "dana", full=True),
        lambda r: orders.promote(r, "dana", to=60),
        lambda r: orders.shift(r, "dana", 60),
    ],
    ids=["full", "to", "shift"],
)
def test_there_is_no_way_around_an_approval(around: Callable[[Release], Release]) -> None:
    rehearsal = Rehearsal(APPROVED)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key, enough=lambda r: r.confirmed_at is not None)

    with pytest.raises(UsageError, match="approved"):
        driver.change(rehearsal.key, around)


FAILS = replace(PLAN, fails_after=3)


def failing(plan: Plan = FAILS) -> Rehearsal:
    """A release whose check has failed once, and is not rolled back yet."""
    rehearsal = Rehearsal(plan, scenario="failing")
    rehearsal.start()
    drive(rehearsal.controller(), rehearsal.key, enough=lambda release: release.holds_off)
    return rehearsal


def hold_off(rehearsal: Rehearsal, length: timedelta) -> None:
    now = rehearsal.clock.now()
    rehearsal.controller().change(
        rehearsal.key,
        lambda r: orders.hold_off(r, "dana", now, length=length, reason="a load test"),
    )


def test_a_rollback_that_is_held_off_comes_when_the_time_is_over() -> None:
    rehearsal = failing()
    hold_off(rehearsal, 10 * SOON)
    driver, held_at = rehearsal.controller(), rehearsal.clock.now()

    drive(driver, rehearsal.key, until=held_at + 8 * SOON)
    assert rehearsal.share == 25
    driver.change(rehearsal.key, lambda r: orders.prolong(r, 10 * SOON))
    drive(driver, rehearsal.key, until=held_at + 18 * SOON)
    assert rehearsal.share == 25

    release = drive(driver, rehearsal.key)
    assert release.outcome is Outcome.ROLLED_BACK
    assert release.why == "paused too long: a load test"
    assert rehearsal.share == 0


def test_a_critical_check_is_not_held_off() -> None:
    plan = replace(FAILS, checks=(ERRORS, replace(ERRORS, name="critical", critical=True)))
    rehearsal = failing(replace(plan, checks=(ERRORS,)))
    hold_off(rehearsal, 10 * SOON)
    change(rehearsal, replace(rehearsal.release, plan=replace(plan, checks=(plan.checks[1],))))

    release = drive(rehearsal.controller(), rehearsal.key, until=rehearsal.clock.now() + 5 * SOON)

    assert release.outcome is Outcome.ROLLED_BACK or release.state is State.ROLLING_BACK


def test_what_does_not_fail_has_nothing_to_hold_off() -> None:
    rehearsal = Rehearsal()
    rehearsal.start()
    drive(rehearsal.controller(), rehearsal.key, enough=lambda r: r.confirmed_at is not None)

    with pytest.raises(UsageError, match=r"no check of r-.* is about to roll it back"):
        hold_off(rehearsal, 10 * SOON)


HELD = Stage(5, seconds(20), Then.HOLD, approvals=1)
KEY = "dana@acme.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEu8"


@pytest.mark.parametrize(
    ("asks", "through", "said"),
    [
        ({"environments": ("production",)}, "", "approved from environment:production"),
        ({"environments": ("production",)}, "environment:staging", "this is environment:staging"),
        ({"signers": (KEY,)}, "", "approved by a signed comment"),
        ({"signers": (KEY,)}, "environment:production", "approved by a signed comment"),
    ],
)
def test_a_stage_that_asks_for_more_than_a_name_takes_nothing_less(
    asks: dict[str, Any], through: str, said: str
) -> None:
    rehearsal = Rehearsal(replace(HOLDING, stages=(replace(HELD, **asks), *HOLDING.stages[-1:])))
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key)

    given = Approval("dana", "", through)
    with pytest.raises(UsageError, match=said):
        driver.change(rehearsal.key, lambda r: orders.promote(r, "dana", approval=given))
    enough = Approval("dana", "", "environment:production" if "environments" in asks else SIGNATURE)
    driver.change(rehearsal.key, lambda r: orders.promote(r, "dana", approval=enough))

    assert drive(driver, rehearsal.key).outcome is Outcome.PROMOTED


def test_a_freeze_that_is_written_later_reaches_a_release_under_way() -> None:
    rehearsal = Rehearsal(SLOW)
    rehearsal.start()
    driver = rehearsal.controller()
    drive(driver, rehearsal.key, enough=lambda release: release.confirmed_at is not None)

    later = (Freeze("* * * * *", LONG, why="the sale"),)
    driver.change(rehearsal.key, lambda r: orders.freeze(r, later))
    drive(driver, rehearsal.key, until=rehearsal.clock.now() + timedelta(minutes=10))
    assert rehearsal.share == 5
    driver.change(rehearsal.key, lambda r: orders.freeze(r, ()))

    assert drive(driver, rehearsal.key).outcome is Outcome.PROMOTED


def test_a_freeze_that_was_overridden_at_the_start_does_not_come_back() -> None:
    rehearsal = Rehearsal(SLOW)
    rehearsal.start()
    first, second = (Freeze("* * * * *", LONG, why=why) for why in ("the weekend", "the sale"))
    word = Override("dana", "5xx in v41", (first,))
    change(rehearsal, replace(rehearsal.release, override=word))

    rehearsal.controller().change(rehearsal.key, lambda r: orders.freeze(r, (first, second)))

    assert rehearsal.release.plan.freeze == (second,)
    assert rehearsal.release.override == word
