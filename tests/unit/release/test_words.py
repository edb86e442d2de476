"""What people read of a look: one is one, and there is no verdict before there is one."""

from datetime import timedelta

import pytest
from unit.stories import a_release_of

from canarycli.judge import Finding, Verdict
from canarycli.plan import Plan, Stage
from canarycli.release.reading import reading
from canarycli.release.rows import checks_pass, failed_requests

PLAN = Plan((Stage(5, timedelta(0)),), ())
OPEN = Finding("errors", Verdict.INCONCLUSIVE, "errors: can't tell yet", baseline=0.1)
WELL = Finding("slow", Verdict.PASS, "slow: well", candidate=0.1)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((OPEN, OPEN), "no verdict yet; errors: can't tell yet"),
        ((OPEN, WELL), "1 of 2 checks pass; errors: can't tell yet"),
        ((WELL,), "1 of 1 check passes"),
        ((), "no check decides"),
    ],
    ids=["nothing passes", "one passes", "all pass", "no checks"],
)
def test_a_look_is_one_sentence(findings: tuple[Finding, ...], said: str) -> None:
    assert reading(a_release_of(PLAN, findings=findings)) == said


def test_one_is_not_many() -> None:
    assert [failed_requests(extra) for extra in (1.2, 190.4)] == [
        "1 extra failed request",
        "190 extra failed requests",
    ]
    assert [checks_pass(1, 1), checks_pass(1, 2)] == ["1 of 1 check passes", "1 of 2 checks pass"]
