"""The plain difference to the baseline and the words for it."""

from canarycli.judge.finding import Verdict
from canarycli.judge.limits import Facts, judge_difference
from canarycli.judge.pool import Pooled
from canarycli.metrics import Metric
from canarycli.plan import Better, Check, Margin

ERRORS = Metric("errors_5xx")


def test_the_sentence_has_both_arms_the_change_and_the_limit() -> None:
    check = Check("errors_5xx", ERRORS, no_worse_by=Margin(absolute=0.005))
    finding = judge_difference(check, Pooled(0.0134, 1200), Pooled(0.0019, 22800), Facts())
    assert finding.verdict is Verdict.FAIL
    assert finding.sentence == "errors_5xx 0.19% -> 1.34% (+1.15 pp, limit +0.50 pp)"


def test_a_relative_margin_speaks_in_percent_of_the_baseline() -> None:
    check = Check("p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2))
    finding = judge_difference(check, Pooled(0.184), Pooled(0.171), Facts())
    assert finding.verdict is Verdict.PASS
    assert finding.sentence == "p99 171 ms -> 184 ms (+7.6%, limit +20.0%)"


def test_where_higher_is_better_the_limit_is_below_zero() -> None:
    rate = Metric("approval rate", source={"x": 1})
    check = Check("rate", rate, no_worse_by=Margin(relative=0.02), better=Better.HIGHER)
    worse = judge_difference(check, Pooled(0.58), Pooled(0.61), Facts())
    better = judge_difference(check, Pooled(0.64), Pooled(0.61), Facts())
    assert (worse.verdict, better.verdict) == (Verdict.FAIL, Verdict.PASS)
    assert worse.limit == -0.02


def test_a_baseline_without_data_is_no_data() -> None:
    check = Check("errors_5xx", ERRORS, no_worse_by=Margin(absolute=0.005))
    finding = judge_difference(check, Pooled(0.1, 10), Pooled(), Facts())
    assert finding.verdict is Verdict.NO_DATA
    assert finding.sentence == "errors_5xx has no data for the baseline"


def test_each_arm_needs_its_minimum_of_requests() -> None:
    check = Check("errors_5xx", ERRORS, no_worse_by=Margin(absolute=0.005), min_requests=500)
    finding = judge_difference(check, Pooled(0.5, 600), Pooled(0.0, 400), Facts())
    assert (finding.verdict, finding.more_requests) == (Verdict.INCONCLUSIVE, 100)
