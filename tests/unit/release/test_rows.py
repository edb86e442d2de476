"""What a release cost is said where it is sure, and nothing is made of chance."""

from dataclasses import replace

import pytest

from canarycli.judge import Finding, Verdict
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin
from canarycli.release.rows import extra_failures

WORSE = Finding(
    "errors",
    Verdict.FAIL,
    "",
    baseline=0.002,
    candidate=0.012,
    diff=0.010,
    low=0.006,
    high=0.015,
    limit=0.005,
    n_baseline=19_000,
    n_candidate=1_000,
)


def cost(finding: Finding, metric: str = "errors") -> float:
    check = Check(finding.check, Metric(metric), no_worse_by=Margin(absolute=0.005))
    return extra_failures([finding], [check])


@pytest.mark.parametrize("metric", ["errors", "errors_5xx", "model_errors"])
@pytest.mark.parametrize("name", ["errors", "what our customers feel"])
def test_it_is_what_the_baseline_would_have_served_whatever_the_check_is_called(
    name: str, metric: str
) -> None:
    assert cost(replace(WORSE, check=name), metric) == pytest.approx(10)


@pytest.mark.parametrize(
    "low", [None, -0.001, 0.0], ids=["no lower end", "better or worse", "equal or worse"]
)
def test_a_difference_that_chance_can_make_is_no_failed_request(low: float | None) -> None:
    assert cost(replace(WORSE, verdict=Verdict.INCONCLUSIVE, low=low)) == 0


def test_nothing_is_counted_without_a_baseline_or_of_what_is_no_failure() -> None:
    assert cost(replace(WORSE, baseline=None, guard=True)) == 0
    assert cost(WORSE, "errors_4xx") == 0
    assert cost(replace(WORSE, check="errors"), "latency_p90") == 0
    assert extra_failures([], []) == 0


def test_of_several_checks_the_one_that_counts_most_counts() -> None:
    """A request that fails is in each of them."""
    checks = [
        Check(name, Metric(name), no_worse_by=Margin(absolute=0.005))
        for name in ("errors", "errors_5xx")
    ]
    part = replace(WORSE, check="errors_5xx", candidate=0.008)
    assert extra_failures([part, WORSE], checks) == pytest.approx(10)
