"""The numbers of a finding belong together, and to the verdict beside them."""

from math import copysign
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.judge.arranging import arms, at, counts, measured
from unit.judge.streams import poisson

from canarycli.judge import Finding, State, Verdict, judge
from canarycli.metrics import Metric
from canarycli.plan import Better, Check, Margin

MARGINS = [Margin(absolute=0.005), Margin(0.5), Margin(0.2, 0.001)]
Rates = list[tuple[float, float]]


def looks(
    rates: Rates, margin: Margin, seed: int, *, every: int = 7, better: Better = Better.LOWER
) -> list[Finding]:
    """Findings on minutes of such rates of candidate and baseline; 5 %, and from half on 25 %."""
    chance = Random(seed)
    check = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=margin, better=better)
    ours, theirs, half = [], [], len(rates) // 2
    for minute, (rate_c, rate_b) in enumerate(rates):
        n_c, n_b = (300, 5700) if minute < half else (1500, 4500)
        n_c = poisson(chance, n_c)
        ours.append((n_c, min(n_c, poisson(chance, n_c * rate_c))))
        theirs.append((n_b, min(n_b, poisson(chance, n_b * rate_b))))
    found = measured({"errors_5xx": counts(ours)}, {"errors_5xx": counts(theirs)})
    state: State = {}
    said = []
    for now in range(1, len(rates) + 1, every):
        since, share = (0, 5) if now <= half else (half, 25)
        who = arms(now, since=since, share=share)
        cut = found.series["new"]["errors_5xx"], found.series["old"]["errors_5xx"]
        ours_now, theirs_now = (
            type(one)(tuple(p for p in one.points if p.at < at(now)), one.period) for one in cut
        )
        look = judge(
            [check], measured({"errors_5xx": ours_now}, {"errors_5xx": theirs_now}), who, state
        )
        state = look.state
        said.append(look.findings[0])
    return said


def hold_together(finding: Finding) -> None:
    known = (finding.low, finding.diff, finding.high, finding.limit)
    low, diff, high, limit = known
    if diff is None or limit is None:
        return
    assert low is None or low <= diff
    assert high is None or diff <= high
    sign = copysign(1, limit)
    if finding.verdict is Verdict.PASS:
        assert sign * diff <= abs(limit)
    if finding.verdict is Verdict.FAIL and low is not None and high is not None:
        assert max(low, high) >= limit if sign > 0 else min(low, high) <= limit
    if finding.verdict is Verdict.INCONCLUSIVE:
        assert low is None or low <= limit
        assert high is None or limit <= high
    if finding.candidate is not None and finding.baseline and not finding.relative:
        assert diff == pytest.approx(finding.candidate - finding.baseline)


rate = st.sampled_from([0.0, 0.0002, 0.002, 0.006, 0.02, 0.04, 0.3, 1.0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(rate, rate, st.integers(1, 25)), min_size=1, max_size=8),
    st.sampled_from(MARGINS),
    st.sampled_from(list(Better)),
    st.integers(0, 99),
)
def test_the_estimate_lies_in_its_interval_whatever_the_rates_do(
    spans: list[tuple[float, float, int]], margin: Margin, better: Better, seed: int
) -> None:
    rates = [(ours, theirs) for ours, theirs, length in spans for _ in range(length)]
    for finding in looks(rates, margin, seed, better=better):
        hold_together(finding)


CHANGING: dict[str, Rates] = {
    "worse with the share": [(0.006, 0.002)] * 60 + [(0.04, 0.002)] * 60,
    "worse later": [(0.002, 0.002)] * 90 + [(0.04, 0.002)] * 30,
}


@pytest.mark.parametrize("rates", CHANGING.values(), ids=CHANGING)
def test_a_fail_tells_the_rate_since_it_got_worse(rates: Rates) -> None:
    found = next(f for f in looks(rates, MARGINS[0], 1, every=1) if f.verdict is Verdict.FAIL)
    assert found.candidate == pytest.approx(0.04, abs=0.01)
    assert (found.diff or 0) > (found.limit or 0)
    assert (found.low or 0) >= (found.limit or 0)
    assert found.sentence.endswith("proven worse than the limit")


def test_a_pass_is_withheld_while_the_split_in_force_is_beyond_the_limit() -> None:
    rates = [(0.0002, 0.002)] * 400 + [(0.008, 0.002)] * 400
    for finding in looks(rates, MARGINS[0], 2, every=20):
        hold_together(finding)
    assert looks(rates, MARGINS[0], 2, every=20)[-1].verdict is not Verdict.PASS


def test_the_rates_are_those_of_the_split_in_force() -> None:
    rates = [(0.0, 0.002)] * 50 + [(0.004, 0.002)] * 50
    last: Any = looks(rates, MARGINS[0], 3, every=99)[-1]
    assert last.candidate == pytest.approx(0.004, rel=0.2)
    assert last.n_candidate == pytest.approx(1500 * 47, rel=0.05)
