"""Three points more of one answer are enough to go back; the same answers are promoted."""

from pathlib import Path

import pytest
from cli.blackbox import simulated

pytestmark = pytest.mark.slow

PLAN = """\
  answers:
    stages: [{percent: 50, bake: 5m}, {percent: 100}]
    checks:
      - {metric: errors_5xx, no_worse_by: 1pp}
      - {metric: class_share(fraud), differs_by: 1.5pp}
    read_every: 1m
"""


@pytest.mark.parametrize(
    ("scenario", "code", "outcome"),
    [("worse-answers", 3, "rolled_back"), ("healthy", 0, "promoted")],
)
def test_a_release_with_perfect_errors_is_decided_by_what_it_says(
    tmp_path: Path, scenario: str, code: int, outcome: str
) -> None:
    """3 % of the baseline's answers say fraud, and of the worse candidate's 6 %."""
    canary = simulated(tmp_path, PLAN, scenario=scenario, speed="120x", period="60s", rate=400)

    ran = canary.run("start", "-m", "v42", "--plan", "answers", "--yes", "-o", "json")

    assert (ran.code, ran.json["outcome"]) == (code, outcome), ran.out + ran.err
    if code:
        assert "class_share(fraud)" in ran.json["why"]
        said = {check["name"]: check["verdict"] for check in ran.json["checks"]}
        assert said["errors_5xx"] != "fail"
