"""Until when a raise may land on a release that a person rolls back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from engine.rehearsal import seconds

from canarycli.plan import Plan, Stage
from canarycli.provider import RAISED_NOTE, RELEASE_NOTE, Endpoint, Limits, Version
from canarycli.release.mark import Mark
from canarycli.release.record import Release
from canarycli.release.rescue import CROSSING, SENDING, loose_after, noted_raise, rescue
from canarycli.testing import NOON
from canarycli.traffic import Traffic

LATE = seconds(30)
LIMITS = Limits(1.0, 0.0, seconds(0), LATE, seconds(20), frozenset(), "")
RELEASE = Release(
    "r-1", "azureml", "x", "eta", "blue", "teal", Plan((Stage(5, seconds(1)),)), NOON, "ann"
)


def looked(
    after: timedelta, noted_at: datetime | None = None, loose_until: datetime | None = None
) -> Release:
    seen_at = NOON + after
    return replace(RELEASE, seen_at=seen_at, noted_at=noted_at, loose_until=loose_until)


CASES = {
    "nothing was ever accepted": (LIMITS, looked(seconds(0)), LATE + CROSSING),
    "the first share just now": (LIMITS, looked(seconds(5), noted_at=NOON), LATE),
    "the first share a minute ago": (LIMITS, looked(seconds(60), noted_at=NOON), None),
    "a raise had no answer": (
        LIMITS,
        looked(seconds(60), noted_at=NOON, loose_until=NOON),
        LATE + SENDING,
    ),
    "notes come first": (replace(LIMITS, notes_first=True), looked(seconds(0)), None),
    "raises name a revision": (
        replace(LIMITS, late_request=seconds(0)),
        looked(seconds(0)),
        None,
    ),
}


@pytest.mark.parametrize(("limits", "release", "left"), CASES.values(), ids=CASES)
def test_a_raise_may_land(limits: Limits, release: Release, left: timedelta | None) -> None:
    now = release.seen_at or NOON
    assert loose_after(release, limits, now) == (None if left is None else now + left)


@pytest.mark.parametrize("step", [120, -120, -3600])
def test_a_step_of_the_clock_shortens_no_watch(step: int) -> None:
    release, now = looked(seconds(5), noted_at=NOON), NOON + seconds(5 + step)
    until = loose_after(release, LIMITS, now)
    assert until is not None
    assert until >= max(now, NOON + seconds(5)) + LATE


AGES = {"just now": 0.0, "by a clock an hour behind": 3600.0, "by a clock ahead": -3600.0}


@pytest.mark.parametrize("age", AGES.values(), ids=AGES)
def test_a_mark_of_another_clock_shortens_no_watch(age: float) -> None:
    assert watched(seconds(age)) == NOON + LATE + CROSSING


def test_what_was_rolled_back_days_ago_is_not_watched() -> None:
    assert watched(timedelta(days=2)) is None


def test_a_copy_of_traffic_that_was_asked_for_is_watched() -> None:
    assert (noted_raise(5), noted_raise(0, 20)) == ("5", "copy 20")


def watched(age: timedelta) -> datetime | None:
    """Until when a rollback without a record looks on, with a raise and an older mark noted."""
    versions = (Version("blue", in_service=True), Version("teal", in_service=True))
    seen = Endpoint("eta", versions, Traffic.split("blue", "teal", 0.0), settled=True)
    mark = Mark("r-1", NOON - age, "ann")
    return rescue(
        seen,
        {RELEASE_NOTE: "r-1", RAISED_NOTE: "5", **mark.notes},
        to="blue",
        release_id="r-2",
        provider="sagemaker",
        place="x",
        settings={},
        by="bob",
        reason="",
        now=NOON,
        limits=replace(LIMITS, notes_first=True),
    ).loose_until
