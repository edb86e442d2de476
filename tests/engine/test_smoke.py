"""Smoke tests: the candidate answers before it gets live traffic, or gets none."""

from dataclasses import replace

import pytest
from engine.rehearsal import PLAN, Rehearsal, expect_crash

from canarycli.errors import Exit, UsageError
from canarycli.plan import Smoke
from canarycli.release import orders
from canarycli.release.record import Outcome, State
from canarycli.testing import Fault, Points

ASKED = Smoke("a fraud", '{"amount": 900}', contains="score")
SMOKING = replace(PLAN, smoke=(ASKED, Smoke("a typo", "{", status=200)))
BAD = {"v41": {"percent": 100}, "v42": {"answer": "Traceback: no such feature", "status": 500}}

GOOD = {"v41": {"percent": 100}, "v42": {}}


def kinds(rehearsal: Rehearsal) -> list[str]:
    return [event.type for event in rehearsal.heard]


def test_a_candidate_that_answers_well_is_released() -> None:
    rehearsal = Rehearsal(SMOKING)
    first = rehearsal.start()
    release = rehearsal.finish()
    assert (first.state, first.target) == (State.SMOKE_TEST, 0)
    assert release.outcome is Outcome.PROMOTED
    assert kinds(rehearsal)[:3] == ["smoke", "smoke", "shift_requested"]
    assert rehearsal.messages[0] == "a fraud: 200 after 0 ms"


def test_a_candidate_that_answers_badly_gets_no_traffic_at_all() -> None:
    rehearsal = Rehearsal(SMOKING, versions=BAD)
    rehearsal.start()
    release = rehearsal.finish()
    assert (release.outcome, release.exit) == (Outcome.ROLLED_BACK, Exit.ROLLED_BACK)
    assert release.why == (
        "smoke test failed, a fraud: answered 500, not 200: 'Traceback: no such feature'"
    )
    assert (rehearsal.watched.asked, release.reached) == ([], 0)
    assert kinds(rehearsal) == ["smoke", "ended"]


def test_a_secret_in_an_answer_is_neither_told_nor_kept() -> None:
    secret = "MARKERsecret" * 12  # longer than what is shown: no part of it may be left
    for said in (f"refused, Authorization: Bearer {secret}", f"GET /x?X-Amz-Signature={secret}"):
        answer = {"answer": f"no such feature; {said}", "status": 500}
        rehearsal = Rehearsal(SMOKING, versions=BAD | {"v42": answer})
        rehearsal.start()
        why = rehearsal.finish().why

        assert "no such feature" in why
        assert "MARKER" not in why + "".join(rehearsal.messages)


def test_an_answer_without_the_text_is_a_bad_one() -> None:
    plan = replace(PLAN, smoke=(Smoke("a fraud", "{}", contains="probability"),))
    rehearsal = Rehearsal(plan)
    rehearsal.start()
    assert rehearsal.finish().why == (
        "smoke test failed, a fraud: 'probability' is not in its answer '{\"score\": 0.5}'"
    )


def test_a_candidate_that_is_brought_in_is_asked_once_it_is_in_service() -> None:
    rehearsal = Rehearsal(SMOKING, startup=20)
    rehearsal.start(model="model-43")
    assert rehearsal.finish().outcome is Outcome.PROMOTED
    order = [k for k in kinds(rehearsal) if k in {"deployed", "smoke", "shift_requested"}]
    assert order[:4] == ["deployed", "smoke", "smoke", "shift_requested"]


def test_a_candidate_that_has_some_traffic_already_loses_it_when_it_answers_badly() -> None:
    bad = {"v41": {"percent": 98}, "v42": {"percent": 2, "status": 500}}
    rehearsal = Rehearsal(SMOKING, versions=bad)
    rehearsal.start()
    assert rehearsal.finish().outcome is Outcome.ROLLED_BACK
    assert rehearsal.share == 0


def test_a_candidate_that_is_not_in_service_in_time_ends_the_release() -> None:
    rehearsal = Rehearsal(SMOKING)
    rehearsal.start()
    rehearsal.simulator.put_out("demo", "v42")
    release = rehearsal.finish()
    assert (release.outcome, release.reached) == (Outcome.CLOUD_FAILED, 0)
    assert "v42 could not be asked within 2 min" in release.why


def test_before_the_first_stage_there_is_nothing_to_hold_or_to_promote() -> None:
    rehearsal = Rehearsal(SMOKING)
    rehearsal.start()
    with pytest.raises(UsageError, match="not ready for traffic yet"):
        orders.promote(rehearsal.release, "ann")
    with pytest.raises(UsageError, match="not ready for traffic yet"):
        orders.shift(rehearsal.release, "ann", 50)


def test_a_rollback_is_possible_all_the_same() -> None:
    rehearsal = Rehearsal(SMOKING)
    rehearsal.start()
    now, controller = rehearsal.clock.now(), rehearsal.controller()
    controller.change(rehearsal.key, lambda release: orders.roll_back(release, "ann", now))
    assert rehearsal.finish().outcome is Outcome.STOPPED


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.UNAVAILABLE])
@pytest.mark.parametrize("versions", [GOOD, BAD], ids=["good", "bad"])
def test_whatever_goes_wrong_on_the_way_it_ends_as_the_answers_say(
    fault: Fault, versions: dict[str, dict[str, object]]
) -> None:
    for point in range(1, 16):
        rehearsal = Rehearsal(SMOKING, versions=versions)
        rehearsal.start()
        points = Points({point: fault})
        expect_crash(rehearsal.controller("ann", points), rehearsal, ticks=4)
        rehearsal.clock.advance(120)
        ended = rehearsal.finish(rehearsal.controller("bob"))
        wanted = Outcome.PROMOTED if versions is GOOD else Outcome.ROLLED_BACK
        assert (ended.outcome, rehearsal.share) == (wanted, 100 if versions is GOOD else 0), point
        assert not rehearsal.watched.broken
