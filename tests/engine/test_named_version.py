"""A rollback to a version that a person named stays, whoever drives or rolls back."""

import pytest
from engine.rehearsal import CANDIDATE, ENDPOINT, Rehearsal
from engine.stage import Stage

from canarycli.engine.loop import drive
from canarycli.engine.undo import undo
from canarycli.release.record import Outcome
from canarycli.traffic import Traffic


def test_a_rollback_to_the_candidate_stays_whoever_drove_or_rolls_back_without_a_word() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    stage.roll_back("bob@desk", to=CANDIDATE)
    ended = drive(ann, release.key)
    assert (ended.outcome, stage.cloud.share) == (Outcome.STOPPED, 100)
    assert ended.why == f"bob@desk rolled back to {CANDIDATE}; not touched"
    assert stage.roll_back("dana@phone").baseline == CANDIDATE
    assert stage.cloud.share == 100


def test_of_two_rollbacks_to_different_versions_the_later_one_stays() -> None:
    stage = Stage()
    ann = stage.machine("ann@laptop")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    phone, back = stage.turned_back("dana@phone")
    drive(phone, back.key, enough=lambda r: r.is_home)  # and goes on looking
    stage.roll_back("bob@desk", to=CANDIDATE)
    ended = drive(phone, back.key)
    assert (ended.baseline, ended.outcome) == (CANDIDATE, Outcome.STOPPED)
    assert stage.cloud.share == 100


def test_a_version_named_in_a_later_release_counts_for_a_rollback_of_an_earlier_one() -> None:
    stage = Stage()
    ann, bob = stage.machine("ann@laptop"), stage.machine("bob@desk")
    release = stage.start(ann)
    drive(ann, release.key, enough=lambda r: r.confirmed_at is not None)
    phone, back = stage.turned_back("dana@phone")
    drive(phone, back.key, enough=lambda r: r.is_home)  # and looks no further for now
    again = stage.start(bob)
    drive(bob, again.key, enough=lambda r: r.confirmed_at is not None)
    stage.roll_back("eve@tablet", to=CANDIDATE)
    ended = drive(phone, back.key)
    assert (ended.baseline, stage.cloud.share) == (CANDIDATE, 100)


@pytest.mark.parametrize(
    ("there", "after"),
    [({"v40": 100}, "v40"), ({"v41": 75, "v42": 25}, "v41"), ({}, "v41")],
    ids=["sent to a third version", "the candidate has some", "nothing has any"],
)
def test_without_records_what_is_the_releases_own_goes_home_and_nothing_else(
    there: dict[str, float], after: str
) -> None:
    rehearsal = Rehearsal(settle=0, versions={"v41": {"percent": 100}, "v42": {}, "v40": {}})
    release = rehearsal.start()
    rehearsal.simulator.impose(ENDPOINT, Traffic(there))

    undo(rehearsal.watched, rehearsal.clock, release)

    assert rehearsal.simulator.describe(ENDPOINT).traffic.live == (after,)
