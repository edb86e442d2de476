"""What a rollback that was refused leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from canarycli.operations.last_look import astray
from canarycli.plan import Plan, Stage
from canarycli.provider import Endpoint, Version
from canarycli.release.record import Release, State
from canarycli.testing import NOON
from canarycli.traffic import Traffic

PLAN = Plan((Stage(5, timedelta(0)),))
RECORDED = Release(
    *("r-1", "vertex", "x", "1000", "11", "22", PLAN, NOON, "ann"), state=State.ROLLING_BACK
)
BARE = replace(RECORDED, rescues="")
VERSIONS = (Version("11", in_service=True), Version("22", in_service=True))
STILL = Endpoint("1000", VERSIONS, Traffic.split("11", "22", 0.0), settled=True, revision="a")
CHANGING, CHANGED = replace(STILL, settled=False), replace(STILL, revision="b")
RAISED = replace(CHANGED, traffic=Traffic.split("11", "22", 5.0))
AT_IT = "somebody else is changing it, and has not heard of this rollback"

CASES = {
    "nothing ever moved": (BARE, STILL, STILL, ""),
    "the candidate has traffic": (BARE, RAISED, STILL, "22 has traffic"),
    "a raise had no answer": (
        replace(RECORDED, loose_until=NOON),
        STILL,
        None,
        "a raise may be on its way",
    ),
    "a deployment was under way": (BARE, STILL, CHANGING, AT_IT),
    "one is under way": (BARE, CHANGING, STILL, AT_IT),
    "somebody changed it meanwhile": (BARE, CHANGED, STILL, AT_IT),
    "its driver reads it in the record": (RECORDED, CHANGED, CHANGING, ""),
    "the record could not be written": (
        replace(RECORDED, state=State.RUNNING),
        CHANGING,
        None,
        AT_IT,
    ),
    "no record at all, and still": (None, STILL, None, ""),
}


@pytest.mark.parametrize(("release", "now", "first", "why"), CASES.values(), ids=CASES)
def test_a_person_is_called_where_the_candidate_has_traffic_or_may_get_some(
    release: Release | None, now: Endpoint, first: Endpoint | None, why: str
) -> None:
    assert astray(release, "11", now, first) == why
