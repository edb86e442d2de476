"""What was promised is what is kept: when a verdict begins, and what several checks come to."""

import pytest
from unit.judge.arranging import arms, counts, measured
from unit.judge.live import ERRORS, arm_rows, before, errors, the, until

from canarycli.judge import State, Verdict, judge
from canarycli.judge.margins import Promise
from canarycli.judge.memory import Memory
from canarycli.judge.sequential import open_case
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin


@pytest.mark.parametrize(
    ("verdict", "times", "enough"), [(Verdict.PASS, 1.0, 20), (Verdict.FAIL, 6.0, 100)]
)
def test_a_verdict_is_told_at_the_look_where_its_evidence_reaches_what_was_promised(
    verdict: Verdict, times: float, enough: float
) -> None:
    """One in twenty, or one in a hundred: neither sooner nor at twice of it."""
    promise, past, near = Promise(), before(per_minute=3000.0), 0
    for seed in range(3):
        found, state = errors(seed, 28, per_minute=3000.0, times=times), past
        for now in range(12, 28, 2):
            memory = Memory.from_json(state.get("errors_5xx", {}))
            case = open_case(ERRORS, promise, until(found, now), arms(now), memory)
            assert case.evidence is not None
            shown = case.evidence.assurance if verdict is Verdict.PASS else case.stake
            look = judge([ERRORS], until(found, now), arms(now), state)
            assert (the("errors_5xx", look).verdict is verdict) == (shown >= enough)
            state, near = look.state, near + (enough <= shown < 2 * enough)
    assert near, "no look had hardly enough"


def test_a_bad_minute_of_many_metrics_at_once_is_not_enough() -> None:
    """Together they would be two hundred to one, each by itself two dozen."""
    names = "abcdefghi"
    checks = [
        Check(name, Metric(name, source={"x": 1}), no_worse_by=Margin(absolute=0.005))
        for name in names
    ]
    calm, bad = (1000.0, 2.0), (1000.0, 1000.0)
    ours = counts([bad if minute == 9 else calm for minute in range(20)])
    theirs = counts([(19_000.0, 38.0)] * 20)
    found = measured(dict.fromkeys(names, ours), dict.fromkeys(names, theirs))
    state: State = {}
    for now in range(9, 14):
        look = judge(checks, until(found, now), arms(now), state)
        state = look.state
        assert look.verdict is not Verdict.FAIL


def test_several_checks_name_the_one_to_blame() -> None:
    others = Check("errors_4xx", Metric("errors_4xx"), no_worse_by=Margin(relative=0.5))
    good, bad = arm_rows(2, length=15), arm_rows(3, length=15, times=20)
    found = measured(
        {"errors_5xx": counts(good[0]), "errors_4xx": counts(bad[0])},
        {"errors_5xx": counts(good[1]), "errors_4xx": counts(bad[1])},
    )
    look = judge([ERRORS, others], found, arms(15), before())
    assert the("errors_4xx", look).verdict is Verdict.FAIL
    assert the("errors_5xx", look).verdict is not Verdict.FAIL
