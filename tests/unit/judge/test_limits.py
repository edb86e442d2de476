"""Plain rules on one arm, and what every finding carries."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.judge.arranging import MINUTE, arms, at, counts, measured, series

from canarycli.judge import Finding, Verdict, judge
from canarycli.judge.finding import Split
from canarycli.metrics import Histogram, Metric, Series, Value
from canarycli.plan import Check, Margin, Role

CPU = Metric("cpu")
ERRORS = Metric("errors_5xx")
P99 = Metric("latency_p99")


def only(check: Check, candidate: dict[str, Series], now: float, delay: float = 0) -> Finding:
    return judge([check], measured(candidate), arms(now, delay=delay), {}).findings[0]


def test_a_rate_above_its_limit_fails_and_says_so_in_numbers() -> None:
    check = Check("errors_5xx", ERRORS, never_above=0.01)
    finding = only(check, {"errors_5xx": counts([(100, 1), (100, 3)])}, now=2)
    assert finding.verdict is Verdict.FAIL
    assert finding.sentence == "errors_5xx 2.00% (never above 1.00%)"
    assert (finding.candidate, finding.limit, finding.n_candidate) == (0.02, 0.01, 200)
    assert not finding.proven


def test_a_gauge_below_its_limit_passes() -> None:
    points = [Value(at(0), 51.0), Value(at(1), 53.0)]
    finding = only(Check("cpu", CPU, never_above=85), {"cpu": series(points)}, now=2)
    assert (finding.verdict, finding.candidate) == (Verdict.PASS, 52)
    assert finding.sentence == "cpu 52% (never above 85%)"


def test_never_below_is_the_mirror_of_never_above() -> None:
    points = series([Value(at(0), 0.4, 100)])
    check = Check("rate", Metric("approval rate", source={"x": 1}), never_below=0.5)
    assert only(check, {"approval rate": points}, now=1).verdict is Verdict.FAIL


def test_nothing_from_the_candidate_is_no_data_and_never_a_pass() -> None:
    finding = only(Check("cpu", CPU, never_above=85), {}, now=30)
    assert (finding.verdict, finding.candidate) == (Verdict.NO_DATA, None)


def test_periods_with_points_and_no_requests_are_no_data() -> None:
    finding = only(Check("e", ERRORS, never_above=1), {"errors_5xx": counts([(0, 0)])}, now=1)
    assert finding.verdict is Verdict.NO_DATA


def test_only_whole_periods_after_the_split_count() -> None:
    check = Check("errors_5xx", ERRORS, never_above=0.5)
    look = judge(
        [check],
        measured({"errors_5xx": counts([(100, 100), (100, 0), (100, 100)])}),
        arms(2.5, since=0.5),
        {},
    )
    assert (look.findings[0].candidate, look.findings[0].n_candidate) == (0, 100)


def test_young_points_may_fail_early_and_may_not_help_to_pass() -> None:
    check = Check("errors_5xx", ERRORS, never_above=0.5)
    bad_last = {"errors_5xx": counts([(100, 0), (300, 300)])}
    good_last = {"errors_5xx": counts([(100, 60), (300, 0)])}
    assert only(check, bad_last, now=2, delay=1).verdict is Verdict.FAIL
    assert only(check, good_last, now=2, delay=1).verdict is Verdict.FAIL
    assert only(check, bad_last, now=1, delay=0).verdict is Verdict.PASS


def test_too_few_requests_is_inconclusive_and_names_how_many_more() -> None:
    check = Check("errors_5xx", ERRORS, never_above=0.01, min_requests=1000)
    finding = only(check, {"errors_5xx": counts([(390, 390)])}, now=1)
    assert (finding.verdict, finding.more_requests) == (Verdict.INCONCLUSIVE, 610)
    assert finding.sentence.endswith("390 of 1,000 requests")


def test_a_gauge_takes_its_requests_from_the_traffic_metric() -> None:
    check = Check("cpu", CPU, never_above=85, min_requests=50)
    busy = {"cpu": series([Value(at(0), 20.0)]), "requests": series([Value(at(0), 60.0)])}
    assert only(check, busy, now=1).verdict is Verdict.PASS


def test_a_histogram_gives_the_quantile_the_metric_names() -> None:
    histogram = Histogram(at(0), (0.1, 0.2, 0.4), (50, 40, 10, 0))
    finding = only(Check("p99", P99, never_above=0.3), {"latency_p99": series([histogram])}, now=1)
    assert finding.candidate == pytest.approx(0.38)
    assert finding.sentence == "p99 380 ms (never above 300 ms)"


def test_a_watched_or_critical_check_says_so_in_its_finding() -> None:
    check = Check("cpu", CPU, never_above=85, role=Role.WATCH, critical=True)
    finding = only(check, {"cpu": series([Value(at(0), 99.0)])}, now=1)
    assert (finding.role, finding.critical) == (Role.WATCH, True)


def test_a_watched_failure_does_not_decide() -> None:
    checks = [
        Check("cpu", CPU, never_above=85, role=Role.WATCH),
        Check("errors_5xx", ERRORS, never_above=0.5),
    ]
    found = {"cpu": series([Value(at(0), 99.0)]), "errors_5xx": counts([(10, 0)])}
    assert judge(checks, measured(found), arms(1), {}).verdict is Verdict.PASS


def test_the_age_is_that_of_the_newest_point() -> None:
    finding = only(Check("e", ERRORS, never_above=1), {"errors_5xx": counts([(9, 0)])}, now=4)
    assert finding.age == 3 * MINUTE
    assert only(Check("e", ERRORS, never_above=1), {}, now=4).age is None


def test_periods_shorter_than_a_minute_are_judged_as_they_come() -> None:
    ten = timedelta(seconds=10)
    found = {"errors_5xx": counts([(10, 0)] * 6, ten)}
    assert only(Check("e", ERRORS, never_above=0.1), found, now=0.5).n_candidate == 30


def test_the_age_grows_on_after_the_last_split_that_compares() -> None:
    over = (Split(5, at(0), at(6)), Split(100, at(6)))
    whom = replace(arms(30, since=6, share=100, delay=2), splits=over)
    found = {"errors_5xx": counts([(100, 0)] * 6)}
    check = Check("e", ERRORS, no_worse_by=Margin(absolute=0.02), at_end=True)

    finding = judge([check], measured(found, found), whom, {}).findings[0]

    assert finding.age == 24 * MINUTE
