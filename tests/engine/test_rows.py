"""What a reading says of a check agrees with itself, also where a rate changed between stages."""

from dataclasses import replace

from engine.rehearsal import PLAN, Rehearsal, seconds

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Stage, Then

LENIENT = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.2))
CHANGING = {
    "v41": {"percent": 100, "errors_5xx": 0.002},
    "v42": {"errors_5xx": 0.006, "turns": [{"above": 20, "errors_5xx": 0.04}]},
}


def test_rate_and_interval_are_of_the_stage_in_force_and_hold_the_difference() -> None:
    stages = (Stage(5, seconds(600)), Stage(25, seconds(600), Then.HOLD))
    plan = replace(PLAN, stages=stages, checks=(LENIENT,), read_every=seconds(60))
    rehearsal = Rehearsal(plan, rate=100, day=0, versions=CHANGING)
    release = rehearsal.start()
    rehearsal.finish()

    reads = [e for e in rehearsal.store.events(release.id) if e.type == "read"]
    rows = [(e.fields["stage"], row) for e in reads for row in e.fields["checks"] if row["low"]]
    assert {stage for stage, _ in rows} == {1, 2}
    outside = [row for _, row in rows if not row["low"] <= row["diff"] <= row["high"]]
    assert outside == []
    first, second = (next(r for n, r in reversed(rows) if n == stage) for stage in (1, 2))
    assert abs(first["candidate"] - 0.006) < 0.004
    assert abs(second["candidate"] - 0.04) < 0.005  # pooled with the first stage it were 0.034
