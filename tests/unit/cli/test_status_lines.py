"""Where things stand in plain lines: what each version is there for, and who is waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.stories import NOON, a_release_of

from canarycli.cli.display.status import status_lines
from canarycli.engine.status import endpoint_status, release_status
from canarycli.freeze import Freeze
from canarycli.plan import Plan, Stage, Then, Wait
from canarycli.provider import Endpoint, Version
from canarycli.release.record import Approval, Release, State
from canarycli.store import Record
from canarycli.traffic import Traffic


def test_a_version_that_gets_a_copy_is_called_a_shadow() -> None:
    versions = (Version("v41", in_service=True), Version("v42", in_service=True))
    seen = Endpoint("churn", versions, Traffic({"v41": 100.0}, {"v42": 20.0}), settled=True)

    status = endpoint_status(seen, {}, "sagemaker", "us-east-1")
    lines = [line.strip() for line in status_lines(status, NOON)]

    assert "v41  100%  in service" in lines
    assert "v42  shadow 20%  in service" in lines
    assert [version["shadow"] for version in status["versions"]] == [0.0, 20.0]


DAY = timedelta(hours=24)
NAMES = ("dana", "eve", "kim")
APPROVED = Plan(
    (Stage(25, DAY, Then.HOLD, approvals=2, approvers=NAMES), Stage(100, DAY)),
    hold_at_most=Wait(DAY),
)


def held(*approvals: Approval) -> Release:
    """At a stage that two of three have to approve, within a day."""
    return a_release_of(
        APPROVED, target=25.0, held_at=NOON, state=State.HELD, approvals=approvals, read_at=NOON
    )


def lines_of(release: Release) -> list[str]:
    status = release_status(Record(release), None, NOON)
    return [line.strip() for line in status_lines(status, NOON)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "to be approved by 2 of dana, eve, kim"),
        ((Approval("dana", "looks well"),), "approved by dana, 1 of 2; it takes eve or kim too"),
    ],
    ids=["nobody yet", "one of two"],
)
def test_a_hold_says_who_approved_it_who_has_to_and_until_when(
    given: tuple[Approval, ...], said: str
) -> None:
    lines = lines_of(held(*given))

    assert said in lines
    assert lines[1].endswith("canary promote r-7k2f, until 2026-11-25T12:00:00Z, then rollback")


def test_a_hold_without_an_end_names_none() -> None:
    endless = replace(held(), plan=replace(APPROVED, hold_at_most=Wait(DAY, Then.HOLD)))

    status = release_status(Record(endless), None, NOON)

    assert status["next"] == {"action": "hold", "percent": 25.0, "at": None}


def test_what_waits_for_a_freeze_goes_up_at_its_end() -> None:
    freeze = Freeze("0 6 * * *", timedelta(hours=8), why="the night")
    plan = Plan((Stage(5, timedelta(0)), Stage(50, DAY), Stage(100, DAY)), freeze=(freeze,))
    said = freeze.said(NOON + timedelta(hours=2))
    waits = a_release_of(plan, target=5.0, confirmed_at=NOON, frozen=said)

    status = release_status(Record(waits), None, NOON)

    assert status["next"] == {"action": "shift", "percent": 50, "at": "2026-11-24T14:00:00Z"}
    assert status["expected_end"] == "2026-11-26T14:00:00Z"
    assert lines_of(waits)[1].endswith(f"at 2026-11-24T14:00:00Z; nothing goes up now: {said}")
