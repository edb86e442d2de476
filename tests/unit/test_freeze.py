"""Change freezes: cron as cron has it, the clock of a zone, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from canarycli.config.people import approval_flaws, freeze_flaws
from canarycli.freeze import Freeze, in_force

HOUR = timedelta(hours=1)
WEEKEND = Freeze("0 17 * * fri", 60 * HOUR, "Europe/Berlin", "the weekend")
HOLIDAYS = Freeze("0 0 20 dec *", timedelta(days=14), "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("freeze", "now", "until"),
    [
        (WEEKEND, "2026-11-27T15:59:59", None),
        (WEEKEND, "2026-11-27T16:00:00", "2026-11-30T04:00:00"),
        (WEEKEND, "2026-11-30T03:59:59", "2026-11-30T04:00:00"),
        (WEEKEND, "2026-11-30T04:00:00", None),
        (WEEKEND, "2026-07-03T15:00:00", "2026-07-06T03:00:00"),
        (HOLIDAYS, "2027-01-02T22:00:00", "2027-01-02T23:00:00"),
        (HOLIDAYS, "2026-12-19T22:59:00", None),
        (Freeze("*/30 9-17 * * mon-fri", HOUR / 12), "2026-11-27T09:31:00", "2026-11-27T09:35:00"),
        (Freeze("0 0 13 * 5", HOUR), "2026-11-27T00:30:00", "2026-11-27T01:00:00"),
        (Freeze("0 0 * * 7", HOUR), "2026-11-29T00:30:00", "2026-11-29T01:00:00"),
    ],
)
def test_a_freeze_holds_from_each_time_of_its_cron_line(
    freeze: Freeze, now: str, until: str | None
) -> None:
    assert freeze.until(at(now)) == (at(until) if until else None)


def test_it_is_said_in_the_time_of_its_zone() -> None:
    said = WEEKEND.said(at("2026-11-30T04:00:00"))

    assert said == "change freeze, the weekend, until Mon 30 Nov 05:00 CET"


@pytest.mark.parametrize(
    ("entry", "key", "said"),
    [
        ({"from": "17 * * fri"}, "from", "no cron line"),
        ({"from": "0 25 * * *"}, "from", "not within 0 and 23"),
        ({"from": "0 0 * * freitag"}, "from", "no number that cron knows"),
        ({"from": "*/0 * * * *"}, "from", "no step"),
        ({"zone": "Berlin"}, "zone", "no time zone"),
        ({"for": "40d"}, "for", "up to 31 days"),
    ],
)
def test_lint_says_what_is_no_freeze(entry: dict[str, str], key: str, said: str) -> None:
    ((where, why),) = freeze_flaws(entry)

    assert (where, said in why) == (key, True), why


def test_lint_refuses_approvals_that_nothing_asks_for_or_nobody_can_give() -> None:
    assert [key for key, _ in approval_flaws({"then": "hold", "by": ["dana"]})] == ["by"]
    assert [key for key, _ in approval_flaws({"then": "approve", "by": ["a"], "approvals": 2})] == [
        "approvals"
    ]
    assert list(approval_flaws({"then": "approve", "by": ["a", "b"], "approvals": 2})) == []


NIGHTLY = Freeze("30 2 * * *", HOUR, "Europe/Berlin", "the batch")


@pytest.mark.parametrize(("hour", "frozen"), [(0.9, False), (1, True), (1.9, True), (2, False)])
def test_a_freeze_in_the_hour_that_a_spring_night_leaves_out_begins_at_once(
    hour: float, *, frozen: bool
) -> None:
    assert bool(in_force((NIGHTLY,), datetime(2026, 3, 29, tzinfo=UTC) + hour * HOUR)) is frozen


@pytest.mark.parametrize(("hour", "frozen"), [(0.4, False), (0.5, True), (2.4, True), (2.5, False)])
def test_a_freeze_in_the_hour_that_an_autumn_night_has_twice_lasts_through_both(
    hour: float, *, frozen: bool
) -> None:
    assert bool(in_force((NIGHTLY,), datetime(2026, 10, 25, tzinfo=UTC) + hour * HOUR)) is frozen
