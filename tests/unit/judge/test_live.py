"""The judge on live measurements: what it waits for, remembers, replays and says."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.judge.arranging import arms, at, counts, measured, series
from unit.judge.live import ERRORS, arm_rows, before, errors, the, until, verdicts, watch

from canarycli.judge import State, Verdict, judge, window
from canarycli.metrics import Counts, Series, Window
from canarycli.plan import Role


def test_a_broken_candidate_fails_after_warm_up_and_two_minutes_and_is_proven() -> None:
    looks = watch([ERRORS], errors(1, 8, times=1000), 8, before())
    first = verdicts("errors_5xx", looks).index(Verdict.FAIL)
    assert first + 1 <= 4
    finding = the("errors_5xx", looks[first])
    assert finding.proven
    assert finding.sentence.startswith("errors_5xx 0.14% ->")
    assert "-> 100.00% (+99.86 pp, limit +0.50 pp): proven" in finding.sentence


def test_the_interval_of_a_proven_fail_lies_beyond_the_limit() -> None:
    looks = watch([ERRORS], errors(1, 60, times=10), 60, before())
    finding = the("errors_5xx", looks[verdicts("errors_5xx", looks).index(Verdict.FAIL)])
    assert (finding.limit or 0) <= (finding.low or 0) <= (finding.diff or 0) <= (finding.high or 0)
    assert finding.unit.value == "ratio"


def test_a_candidate_that_fails_half_of_its_requests_is_called_while_it_warms_up() -> None:
    looks = watch([ERRORS], errors(1, 3, times=1000), 3, before())
    assert looks[1].verdict is Verdict.FAIL


def test_a_cold_start_is_not_held_against_the_candidate() -> None:
    ours, theirs = arm_rows(1, length=10)
    slow_start = [(n, n * 0.3) for n, _ in ours[:2]] + ours[2:]
    found = measured({"errors_5xx": counts(slow_start)}, {"errors_5xx": counts(theirs)})
    assert Verdict.FAIL not in verdicts("errors_5xx", watch([ERRORS], found, 10, before()))


def test_a_healthy_candidate_passes_within_the_margin() -> None:
    looks = watch([ERRORS], errors(2, 20), 20, before())
    finding = the("errors_5xx", looks[-1])
    assert finding.verdict is Verdict.PASS
    assert finding.high is not None
    assert finding.high <= (finding.limit or 0)
    assert "proven within the limit" in finding.sentence
    assert looks[-1].verdict is Verdict.PASS


def test_before_it_passes_it_says_about_how_many_more_requests_it_takes() -> None:
    looks = watch([ERRORS], errors(2, 4), 4, before())
    finding = the("errors_5xx", looks[-1])
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.more_requests is not None
    assert "more requests" in finding.sentence


def test_points_that_may_still_grow_do_not_make_a_pass() -> None:
    settled = verdicts("errors_5xx", watch([ERRORS], errors(2, 20), 20, before()))
    young = verdicts("errors_5xx", watch([ERRORS], errors(2, 20), 20, before(), delay=3))
    assert young.index(Verdict.PASS) == settled.index(Verdict.PASS) + 3


def test_points_that_may_still_grow_do_make_a_fail() -> None:
    looks = watch([ERRORS], errors(1, 8, times=1000, onset=4), 8, before(), delay=5)
    assert verdicts("errors_5xx", looks).index(Verdict.FAIL) + 1 in {6, 7}


def test_the_order_in_which_late_points_come_does_not_matter() -> None:
    found = errors(3, 12, times=2)
    in_order = watch([ERRORS], found, 12, before())[-1]
    state = before()
    for minute in range(1, 13):
        seen = until(found, minute)
        ours = seen.series["new"]["errors_5xx"].points
        late = tuple(p for p in ours if not at(minute - 3) <= p.at < at(minute - 1))
        gappy = {"new": {"errors_5xx": series(late)}, "old": seen.series["old"]}
        state = judge([ERRORS], replace(seen, series=gappy), arms(minute), state).state
    assert judge([ERRORS], found, arms(12), state).findings[0] == in_order.findings[0]


def test_a_revision_of_the_newest_points_is_judged_as_revised() -> None:
    found = errors(4, 12)
    ours = list(found.series["new"]["errors_5xx"].points)
    half = [*ours[:9], *(Counts(p.at, (p.n or 0) / 2, 0) for p in ours[9:])]
    early = {"new": {"errors_5xx": series(half)}, "old": found.series["old"]}
    first = judge([ERRORS], replace(found, series=early), arms(12), before())
    assert judge([ERRORS], found, arms(12), first.state).findings == (
        judge([ERRORS], found, arms(12), before()).findings
    )


def test_a_revision_of_what_was_judged_long_ago_is_ignored() -> None:
    found = errors(4, 20)
    first = judge([ERRORS], found, arms(20), before())
    ours = list(found.series["new"]["errors_5xx"].points)
    changed = [*(Counts(p.at, p.n or 0, p.n or 0) for p in ours[:5]), *ours[5:]]
    later = {"new": {"errors_5xx": series(changed)}, "old": found.series["old"]}
    again = judge([ERRORS], replace(found, series=later), arms(20), first.state)
    assert again.findings == first.findings


def test_looking_often_or_once_is_the_same() -> None:
    found = errors(5, 15, times=1.5)
    often = watch([ERRORS], found, 15, before())[-1]
    assert judge([ERRORS], found, arms(15), before()).findings == often.findings


def test_a_look_without_news_changes_nothing() -> None:
    found = errors(5, 15)
    first = judge([ERRORS], found, arms(15), before())
    assert judge([ERRORS], found, arms(15), first.state) == first


def test_a_new_split_needs_evidence_of_its_own() -> None:
    first = watch([ERRORS], errors(2, 20), 20, before())[-1]
    assert first.verdict is Verdict.PASS
    found = errors(6, 60, share=0.25)
    at_once = judge([ERRORS], until(found, 22), arms(22, since=20, share=25), first.state)
    later = judge([ERRORS], found, arms(40, since=20, share=25), first.state)
    assert at_once.verdict is Verdict.INCONCLUSIVE
    assert later.verdict is Verdict.PASS


def test_points_of_the_split_before_are_not_taken_for_the_new_one() -> None:
    found = errors(2, 20)
    look = judge([ERRORS], found, arms(20, since=20, share=25), before())
    assert the("errors_5xx", look).n_candidate is None
    assert look.verdict is Verdict.NO_DATA


SILENT = {
    "no candidate": ({}, {"errors_5xx": counts([(1000, 2)] * 10)}, "candidate"),
    "no baseline": ({"errors_5xx": counts([(50, 0)] * 10)}, {}, "baseline"),
    "neither": ({}, {}, "candidate"),
    "candidate without requests": (
        {"errors_5xx": counts([(0, 0)] * 10)},
        {"errors_5xx": counts([(1000, 2)] * 10)},
        "candidate",
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "arm"), SILENT.values(), ids=SILENT)
def test_an_arm_without_data_is_no_data(
    ours: dict[str, Series], theirs: dict[str, Series], arm: str
) -> None:
    finding = judge([ERRORS], measured(ours, theirs), arms(10), {}).findings[0]
    assert (finding.verdict, finding.sentence) == (
        Verdict.NO_DATA,
        f"errors_5xx has no data for the {arm}",
    )


def test_a_candidate_that_falls_silent_is_no_data_after_five_periods() -> None:
    ours, theirs = arm_rows(2, length=30)
    found = measured({"errors_5xx": counts(ours[:20])}, {"errors_5xx": counts(theirs)})
    said = verdicts("errors_5xx", watch([ERRORS], found, 30, before()))
    assert said[19] is Verdict.PASS
    assert said.index(Verdict.NO_DATA) == 24


def test_alone_it_is_only_guarded() -> None:
    ours, theirs = arm_rows(2, length=20)
    first = watch(
        [ERRORS],
        measured({"errors_5xx": counts(ours)}, {"errors_5xx": counts(theirs)}),
        20,
        before(),
    )[-1]
    healthy = measured({"errors_5xx": counts([(0, 0)] * 20 + [(12_000, 24)] * 10)})
    broken = measured({"errors_5xx": counts([(0, 0)] * 20 + [(12_000, 3000)] * 10)})
    alone = arms(30, since=20, share=100)
    assert judge([ERRORS], healthy, alone, first.state).verdict is Verdict.INCONCLUSIVE
    assert judge([ERRORS], broken, alone, first.state).verdict is Verdict.FAIL


def test_a_watched_check_fails_without_deciding_and_without_weakening_the_others() -> None:
    watched = replace(ERRORS, name="watched", role=Role.WATCH)
    found = errors(1, 6, times=1000)
    both = judge([ERRORS, watched], found, arms(6), before())
    alone = judge([ERRORS], found, arms(6), before())
    assert the("errors_5xx", both) == the("errors_5xx", alone)
    only = judge([watched], found, arms(6), {})
    assert the("watched", only).verdict is Verdict.FAIL
    assert only.verdict is Verdict.PASS


def test_a_minimum_of_requests_holds_both_verdicts_back() -> None:
    patient = replace(ERRORS, min_requests=5000)
    for world in ({"times": 1000.0}, {}):
        finding = judge([patient], errors(1, 7, **world), arms(7), before()).findings[0]
        assert finding.verdict is Verdict.INCONCLUSIVE
        assert (finding.more_requests or 0) > 0
        assert re.search(r", 4,\d{3} of 5,000 requests$", finding.sentence)


def test_the_arm_that_has_too_few_requests_is_the_one_that_is_named() -> None:
    patient = replace(ERRORS, min_requests=5000)
    finding = judge([patient], errors(1, 7, share=0.95), arms(7, share=95), before()).findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert (finding.n_candidate or 0) > 5000
    assert finding.sentence.endswith(f"{finding.n_baseline:,.0f} of 5,000 requests on the baseline")


def test_a_mismatched_split_holds_and_does_not_fail() -> None:
    found = errors(2, 20, share=0.2)
    look = judge([ERRORS], found, arms(20, share=5), before())
    finding = the("requests", look)
    assert (finding.verdict, finding.role) == (Verdict.INCONCLUSIVE, Role.GATE)
    assert "of 5% asked" in finding.sentence
    assert look.verdict is Verdict.INCONCLUSIVE


def test_a_mismatch_ends_with_the_split_it_was_seen_at() -> None:
    wrong = judge([ERRORS], errors(2, 20, share=0.2), arms(20, share=5), before())
    right = errors(2, 40, share=0.2)
    look = judge([ERRORS], right, arms(40, since=20, share=20), wrong.state)
    assert the("requests", look).verdict is Verdict.PASS


def test_a_split_as_asked_is_shown_and_does_not_decide() -> None:
    finding = the("requests", judge([ERRORS], errors(2, 20), arms(20), before()))
    assert (finding.verdict, finding.role) == (Verdict.PASS, Role.WATCH)
    assert finding.sentence.startswith(("requests 5.0%", "requests 4.9%", "requests 5.1%"))


def test_the_window_is_what_is_new_and_seven_periods_that_may_still_change() -> None:
    first = judge([ERRORS], errors(2, 20), arms(20, delay=2), before())
    assert window([ERRORS], first.state, arms(21, delay=2)) == Window(at(20 - 2 - 7), at(21))
    assert window([ERRORS], first.state, arms(300, delay=2)) == Window(at(20 - 2 - 7), at(300))


def test_the_window_of_a_new_split_is_that_split() -> None:
    first = judge([ERRORS], errors(2, 20), arms(20), before())
    assert window([ERRORS], first.state, arms(21, since=20, share=25)) == Window(at(20), at(21))
    assert window([ERRORS], {}, arms(21, since=20)).start == at(20)


def test_ten_second_periods_are_judged_like_minutes() -> None:
    ten = timedelta(seconds=10)
    ours, theirs = arm_rows(1, length=30, times=1000)
    found = measured({"errors_5xx": counts(ours, ten)}, {"errors_5xx": counts(theirs, ten)})
    look = judge([ERRORS], found, arms(1), before())
    assert look.verdict is Verdict.FAIL


def test_silence_of_ten_second_periods_is_known_after_five_of_them() -> None:
    """Also while nothing is left in what is read again to tell how long a period is."""
    ten = timedelta(seconds=10)
    ours, theirs = arm_rows(1, length=30)
    found = measured({"errors_5xx": counts(ours, ten)}, {"errors_5xx": counts(theirs, ten)})
    state, said = before(), {}
    for period in range(1, 60):
        who = arms(period / 6)
        seen = until(found, period / 6)
        span = window([ERRORS], state, who)
        cut = {v: {k: s.within(span) for k, s in by.items()} for v, by in seen.series.items()}
        look = judge([ERRORS], replace(seen, series=cut), who, state)
        state, said[period] = look.state, look.findings[0].verdict
    assert said[34] is not Verdict.NO_DATA
    assert {verdict for period, verdict in said.items() if period >= 35} == {Verdict.NO_DATA}
    assert window([ERRORS], state, arms(10)).start == at(59 / 6) - 7 * ten


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.none() | st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 20)),
        max_size=40,
    ),
    st.integers(1, 4),
)
def test_whatever_is_counted_there_is_a_finding_and_a_state_that_survives(
    rows: list[tuple[int, int, int] | None], every: int
) -> None:
    ours = counts([row and (row[0], row[2]) for row in rows])
    theirs = counts([row and (row[1] * 19, row[2]) for row in rows])
    found = measured({"errors_5xx": ours}, {"errors_5xx": theirs})
    state: State = {}
    for minute in range(every, len(rows) + every, every):
        look = judge([ERRORS], until(found, minute), arms(minute), state)
        state = json.loads(json.dumps(look.state))
        assert state == look.state
        assert look.findings[0].verdict in set(Verdict)
    whole = judge([ERRORS], found, arms(len(rows) + every), state)
    again = judge([ERRORS], found, arms(len(rows) + every), {})
    assert whole.findings[0].verdict is again.findings[0].verdict


def test_two_arms_that_fail_every_request_never_pass() -> None:
    found = measured(
        {"errors_5xx": counts([(600, 600)] * 60)}, {"errors_5xx": counts([(11_400, 11_400)] * 60)}
    )
    (finding, *_) = judge([ERRORS], found, arms(60), {}).findings
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.sentence.endswith(
        "most of its requests fail, so being like the baseline is no pass"
    )
