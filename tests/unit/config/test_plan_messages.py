"""Every mistake in a plan of canary.yaml has a sentence that says where, what and what to write."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from canarycli.config import lint


def plan_with(check: str = "", *, stage: str = "{percent: 5, bake: 15m}", more: str = "") -> str:
    """A plan whose check starts at 5:7, its stage at 3:13, other keys at 6:5."""
    checks = f"    checks:\n    - {check}\n" if check else ""
    return f"plans:\n  p:\n    stages: [{stage}]\n{checks}{more}"


def check(rest: str, metric: str = "errors_5xx") -> str:
    return plan_with(f"{{metric: {metric}, {rest}}}")


STAGE: Mapping[str, tuple[str, str]] = {
    "no stages": (
        "plans:\n  p: {checks: []}\n",
        "canary.yaml:2:3: stages is missing   (plans.p)",
    ),
    "an empty list of stages": (
        "plans:\n  p: {stages: []}\n",
        "canary.yaml:2:15: stages: it is empty, at least one is needed   (plans.p)",
    ),
    "no percent": (
        plan_with(stage="{bake: 15m}"),
        "canary.yaml:3:14: percent is missing   (plans.p.stages[0])",
    ),
    "0 percent": (
        plan_with(stage="{percent: 0}"),
        'canary.yaml:3:24: percent: "0" is not above 0 and up to 100   (plans.p.stages[0])',
    ),
    "101 percent": (
        plan_with(stage="{percent: 101}"),
        'canary.yaml:3:24: percent: "101" is not above 0 and up to 100   (plans.p.stages[0])',
    ),
    "text for a percent": (
        plan_with(stage="{percent: five}"),
        (
            'canary.yaml:3:24: percent: "five" is not a share, write a number above 0 and up to 100'
            "   (plans.p.stages[0])"
        ),
    ),
    "stages that go down": (
        plan_with(stage="{percent: 25}, {percent: 5}"),
        "canary.yaml:3:39: percent: stages must rise, and 5% follows 25%   (plans.p.stages[1])",
    ),
    "stages that stay": (
        plan_with(stage="{percent: 25}, {percent: 25%}"),
        "canary.yaml:3:39: percent: stages must rise, and 25% follows 25%   (plans.p.stages[1])",
    ),
    "a bake without a unit": (
        plan_with(stage="{percent: 5, bake: 90}"),
        'canary.yaml:3:33: bake: "90" has no unit, write 90s or 90m   (plans.p.stages[0])',
    ),
    "a clock time, which YAML 1.1 reads as a number": (
        plan_with(stage="{percent: 5, bake: 15:00}"),
        (
            'canary.yaml:3:33: bake: "15:00" is a clock time, write a duration such as 15m or 1h30m'
            "   (plans.p.stages[0])"
        ),
    ),
    "a negative bake": (
        plan_with(stage="{percent: 5, bake: -5m}"),
        'canary.yaml:3:33: bake: "-5m" is negative, a duration is 0s or more   (plans.p.stages[0])',
    ),
    "a word for a bake": (
        plan_with(stage="{percent: 5, bake: long}"),
        (
            'canary.yaml:3:33: bake: "long" is not a duration, write it such as 30s, 15m or 1h30m'
            "   (plans.p.stages[0])"
        ),
    ),
    "a bake of years": (
        plan_with(stage="{percent: 5, bake: 400d}"),
        'canary.yaml:3:33: bake: "400d" is longer than a year   (plans.p.stages[0])',
    ),
    "a stage that goes on to something else": (
        plan_with(stage="{percent: 5, then: wait}"),
        'canary.yaml:3:33: then: "wait" is not go, hold or approve   (plans.p.stages[0])',
    ),
    "who approves twice": (
        plan_with(stage="{percent: 5, then: approve, by: [a, a], approvals: 2}"),
        "canary.yaml:3:46: by: a is named twice   (plans.p.stages[0])",
    ),
    "no approvals": (
        plan_with(stage="{percent: 5, then: approve, by: [a], approvals: 0}"),
        'canary.yaml:3:62: approvals: "0" is too small, it is at least 1   (plans.p.stages[0])',
    ),
    "a rhythm of nothing": (
        plan_with(more="    read_every: 0s\n"),
        'canary.yaml:4:17: read_every: "0s" is too short, it must be above 0s   (plans.p)',
    ),
    "a half count": (
        plan_with(more="    fails_after: 1.5\n"),
        'canary.yaml:4:18: fails_after: "1.5" is not a whole number   (plans.p)',
    ),
    "a count of nothing": (
        plan_with(more="    fails_after: 0\n"),
        'canary.yaml:4:18: fails_after: "0" is too small, it is at least 1   (plans.p)',
    ),
    "a policy in one word": (
        plan_with(more="    on_unclear: rollback\n"),
        'canary.yaml:4:17: on_unclear: "rollback" where a mapping is expected   (plans.p)',
    ),
    "a policy that goes on": (
        plan_with(more="    on_fail: go\n"),
        'canary.yaml:4:14: on_fail: "go" is not rollback or hold   (plans.p)',
    ),
    "a shadow of nothing": (
        plan_with(more="    shadow: {percent: 0}\n"),
        'canary.yaml:4:23: percent: "0" is not above 0 and up to 100   (plans.p.shadow)',
    ),
    "a shadow of more than all": (
        plan_with(more="    shadow: {percent: 101}\n"),
        'canary.yaml:4:23: percent: "101" is not above 0 and up to 100   (plans.p.shadow)',
    ),
    "a shadow without its percent": (
        plan_with(more="    shadow: {bake: 5m}\n"),
        "canary.yaml:4:5: percent is missing   (plans.p.shadow)",
    ),
    "an empty shadow": (
        plan_with(more="    shadow:\n"),
        (
            "canary.yaml:4:12: shadow: it is empty, give it a percent or leave the key out"
            "   (plans.p)"
        ),
    ),
    "a shadow that is a number": (
        plan_with(more="    shadow: 20%\n"),
        'canary.yaml:4:13: shadow: "20%" where a mapping is expected   (plans.p)',
    ),
    "a shadow that bakes without a unit": (
        plan_with(more="    shadow: {percent: 5, bake: 15}\n"),
        'canary.yaml:4:32: bake: "15" has no unit, write 15s or 15m   (plans.p.shadow)',
    ),
    "a misspelt key of a shadow": (
        plan_with(more="    shadow: {percent: 5, bakes: 5m}\n"),
        "canary.yaml:4:26: unknown key bakes, did you mean bake?   (plans.p.shadow)",
    ),
}

CHECK: Mapping[str, tuple[str, str]] = {
    "no metric": (
        plan_with("{no_worse_by: 1pp}"),
        "canary.yaml:5:7: metric is missing   (plans.p.checks[0])",
    ),
    "a misspelt metric": (
        check("no_worse_by: 1pp", "error_5xx"),
        (
            'canary.yaml:5:16: metric: "error_5xx" is not a built-in metric, did you '
            "mean errors_5xx?"
            "   (plans.p.checks[0])"
        ),
    ),
    "a metric of nobody's": (
        check("never_above: 1", "zebra"),
        (
            'canary.yaml:5:16: metric: "zebra" is not a built-in metric; one of your '
            "own is a mapping "
            "with name: and a source   (plans.p.checks[0])"
        ),
    ),
    "latency_over without its threshold": (
        check("no_worse_by: 1pp", "latency_over"),
        (
            'canary.yaml:5:16: metric: "latency_over" needs its threshold, write it such as '
            "latency_over(500ms)   (plans.p.checks[0])"
        ),
    ),
    "no limit": (
        check("min_requests: 10"),
        (
            "canary.yaml:5:7: a check needs a limit: one of no_worse_by, differs_by, "
            "never_above, never_below"
            "   (plans.p.checks[0])"
        ),
    ),
    "a cap on what is no mean of amounts": (
        check("no_worse_by: 1pp, cap: 200"),
        (
            "canary.yaml:5:46: errors_5xx is no mean of amounts, it takes no cap"
            "   (plans.p.checks[0])"
        ),
    ),
    "a cap without a comparison": (
        check("never_above: 5, cap: 200", "{name: m, simulator: {mean: 1}}"),
        (
            "canary.yaml:5:65: cap goes with no_worse_by: it is for comparing means"
            "   (plans.p.checks[0])"
        ),
    ),
    "a cap of nothing": (
        check("no_worse_by: 5%, cap: 0", "{name: m, simulator: {mean: 1}}"),
        'canary.yaml:5:71: cap: "0" is not above 0   (plans.p.checks[0])',
    ),
    "two limits": (
        check("no_worse_by: 1pp, never_above: 2%"),
        (
            "canary.yaml:5:46: never_above beside no_worse_by: a check has one limit"
            "   (plans.p.checks[0])"
        ),
    ),
    "a margin of a share without a unit": (
        check("no_worse_by: 20"),
        'canary.yaml:5:41: no_worse_by: "20" has no unit, write 20% or 20pp   (plans.p.checks[0])',
    ),
    "a margin of a time without a unit": (
        check("no_worse_by: 20", "latency_p95"),
        'canary.yaml:5:42: no_worse_by: "20" has no unit, write 20% or 20ms   (plans.p.checks[0])',
    ),
    "points of a time": (
        check("no_worse_by: 5pp", "latency_p95"),
        'canary.yaml:5:42: no_worse_by: "5pp" is for shares, write 5% or 5ms   (plans.p.checks[0])',
    ),
    "a time for a share": (
        check("no_worse_by: 50ms"),
        (
            'canary.yaml:5:41: no_worse_by: "50ms" is a time and this metric is not, '
            "write 5% or 5pp"
            "   (plans.p.checks[0])"
        ),
    ),
    "a margin in another unit": (
        check("no_worse_by: 1h"),
        (
            'canary.yaml:5:41: no_worse_by: "1h" is not a margin, write 5% or 5pp'
            "   (plans.p.checks[0])"
        ),
    ),
    "a margin that is a word": (
        check("no_worse_by: much"),
        (
            'canary.yaml:5:41: no_worse_by: "much" is not a number with a unit, such as 20%, 0.5pp '
            "or 50ms   (plans.p.checks[0])"
        ),
    ),
    "a negative margin": (
        check("no_worse_by: -5%"),
        (
            'canary.yaml:5:41: no_worse_by: "-5%" is negative, write how much worse is still fine'
            "   (plans.p.checks[0])"
        ),
    ),
    "more points than there are": (
        check("no_worse_by: 150pp"),
        (
            'canary.yaml:5:41: no_worse_by: "150pp" is more than all: a share is at most 100%'
            "   (plans.p.checks[0])"
        ),
    ),
    "a limit above all": (
        check("never_above: 2"),
        (
            'canary.yaml:5:41: never_above: "2" is not a share between 0 and 1, or did you mean 2%?'
            "   (plans.p.checks[0])"
        ),
    ),
    "a limit of a time without a unit": (
        check("never_above: 500", "latency_p99"),
        (
            'canary.yaml:5:42: never_above: "500" has no unit, write 500ms or 500s'
            "   (plans.p.checks[0])"
        ),
    ),
    "a time as limit of a load": (
        check("never_above: 5s", "cpu"),
        (
            'canary.yaml:5:34: never_above: "5s" does not fit this metric, write 85'
            "   (plans.p.checks[0])"
        ),
    ),
    "yes for a flag": (
        check("no_worse_by: 1pp, critical: yes"),
        'canary.yaml:5:56: critical: "yes" is neither true nor false   (plans.p.checks[0])',
    ),
    "a role that is none": (
        check("no_worse_by: 1pp, role: watcher"),
        (
            'canary.yaml:5:52: role: "watcher" is not gate or watch, did you mean watch?'
            "   (plans.p.checks[0])"
        ),
    ),
    "two checks of one name": (
        plan_with("{metric: cpu, never_above: 85}\n    - {metric: cpu, never_below: 1}"),
        'canary.yaml:6:7: two checks are named "cpu", give one another name:   (plans.p.checks[1])',
    ),
    "a metric of one's own without a source": (
        check("never_above: 1", "{name: sales}"),
        (
            "canary.yaml:5:16: metric: a metric of your own needs its source: cloudwatch, "
            "cloud_monitoring, azure_monitor, simulator or from   (plans.p.checks[0])"
        ),
    ),
    "a metric of one's own with two sources": (
        check(
            "never_above: 1",
            "{name: sales, azure_monitor: {name: n}, simulator: {ratio: 1}}",
        ),
        (
            "canary.yaml:5:56: simulator beside azure_monitor: a metric has one source"
            "   (plans.p.checks[0].metric)"
        ),
    ),
    "a source without its name": (
        check("never_above: 1", "{name: sales, cloudwatch: {namespace: N}}"),
        "canary.yaml:5:30: name is missing   (plans.p.checks[0].metric.cloudwatch)",
    ),
    "an alarm with a limit": (
        plan_with("{alarm: high-5xx, never_above: 1}"),
        (
            "canary.yaml:5:25: never_above beside alarm: the alarm has its own metric and limit"
            "   (plans.p.checks[0])"
        ),
    ),
    "an alarm beside a metric": (
        plan_with("{metric: cpu, alarm: high-5xx}"),
        (
            "canary.yaml:5:8: metric beside alarm: the alarm has its own metric and limit"
            "   (plans.p.checks[0])"
        ),
    ),
    "a misspelt key of an alarm": (
        plan_with("{alarm: high-5xx, rôle: watch}"),
        "canary.yaml:5:25: unknown key rôle, did you mean role?   (plans.p.checks[0])",
    ),
    "an alarm without a name": (
        plan_with("{alarm: }"),
        (
            "canary.yaml:5:14: alarm: it is empty, give it a value or leave the key out"
            "   (plans.p.checks[0])"
        ),
    ),
    "an alarm that is a list": (
        plan_with("{alarm: [a, b]}"),
        "canary.yaml:5:15: alarm: a list where one word is expected   (plans.p.checks[0])",
    ),
    "an alarm twice": (
        plan_with("{alarm: a}\n    - {alarm: a, critical: true}"),
        (
            'canary.yaml:6:7: two checks are named "alarm a", give one another name:'
            "   (plans.p.checks[1])"
        ),
    ),
    "an alarm where the source of a metric is": (
        check("never_above: 1", "{name: s, cloudwatch: {namespace: N, name: n, alarm: a}}"),
        (
            "canary.yaml:5:62: unknown key alarm, it takes the place of metric: write "
            "{alarm: NAME} as the check   (plans.p.checks[0].metric.cloudwatch)"
        ),
    ),
    "a misspelt key of a source": (
        check("never_above: 1", "{name: s, cloud_monitoring: {type: t, label: {}}}"),
        (
            "canary.yaml:5:54: unknown key label, did you mean labels?"
            "   (plans.p.checks[0].metric.cloud_monitoring)"
        ),
    ),
}

EVERY = {**STAGE, **CHECK}


@pytest.mark.parametrize(("text", "expected"), EVERY.values(), ids=EVERY.keys())
def test_lint_says(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    problems = lint(Path("canary.yaml"), cwd=tmp_path)

    assert [str(problem) for problem in problems] == [expected]
