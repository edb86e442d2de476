"""Every mistake in canary.yaml has a sentence that says where, what and what to write."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from canarycli.config import lint, load
from canarycli.errors import Exit, PlanError


def plan_with(check: str = "", *, stage: str = "{percent: 5, bake: 15m}", more: str = "") -> str:
    """A plan whose check starts at 5:7, its stage at 3:13, other keys at 6:5."""
    checks = f"    checks:\n    - {check}\n" if check else ""
    return f"plans:\n  p:\n    stages: [{stage}]\n{checks}{more}"


def check(rest: str, metric: str = "errors_5xx") -> str:
    return plan_with(f"{{metric: {metric}, {rest}}}")


FILE: Mapping[str, tuple[str, str]] = {
    "broken YAML": (
        "plans:\n  p: [1, 2\n",
        "canary.yaml:3:1: this is not YAML: expected ',' or ']', but got '<stream end>'",
    ),
    "a tab": (
        "plans:\n\tp: 1\n",
        "canary.yaml:2:1: this is not YAML: found character '\\t' that cannot start any token",
    ),
    "a list instead of a file": (
        "- plans\n",
        "canary.yaml:1:1: a list where a mapping is expected",
    ),
    "one key twice": (
        "version: 1\nversion: 1\n",
        "canary.yaml:2:1: version is written twice",
    ),
    "one plan twice": (
        "plans:\n  p: {stages: [{percent: 5}]}\n  p: {stages: [{percent: 6}]}\n",
        "canary.yaml:3:3: p is written twice   (plans)",
    ),
    "a key that is a list": (
        "[a]: 1\n",
        "canary.yaml:1:1: a key here is one word, not a list or a mapping",
    ),
    "an alias inside itself": (
        "plans: &a\n  p: *a\n",
        "canary.yaml:1:8: an alias that contains itself or grows without end   (plans.p)",
    ),
    "another version of the format": (
        "version: 2\n",
        'canary.yaml:1:10: version: "2" is not known here, this canary reads version 1',
    ),
    "an unknown key": (
        "endpoint: {}\n",
        "canary.yaml:1:1: unknown key endpoint, did you mean endpoints?",
    ),
    "a key that nothing looks like": (
        "zebra: {}\n",
        "canary.yaml:1:1: unknown key zebra",
    ),
    "on as a key, which YAML 1.1 reads as true": (
        plan_with(more="    on: fail\n"),
        "canary.yaml:4:5: unknown key on   (plans.p)",
    ),
    "an empty part": (
        "plans:\n",
        "canary.yaml:1:7: plans: it is empty",
    ),
    "a word where a mapping belongs": (
        "plans: standard\n",
        'canary.yaml:1:8: plans: "standard" where a mapping is expected',
    ),
}

ENDPOINT: Mapping[str, tuple[str, str]] = {
    "no provider": (
        "endpoints:\n  churn: {plan: p}\nplans: {p: {stages: [{percent: 5}]}}\n",
        "canary.yaml:2:3: provider is missing   (endpoints.churn)",
    ),
    "nothing at all": (
        "endpoints:\n  churn:\n",
        "canary.yaml:2:9: churn: it is empty   (endpoints)",
    ),
    "a misspelt provider": (
        "endpoints:\n  churn: {provider: sagmaker}\n",
        (
            'canary.yaml:2:21: provider: "sagmaker" is not a provider, did you mean sagemaker?'
            "   (endpoints.churn)"
        ),
    ),
    "a cloud for a provider": (
        "endpoints:\n  churn: {provider: aws}\n",
        (
            'canary.yaml:2:21: provider: "aws" is not a provider, did you mean sagemaker?'
            "   (endpoints.churn)"
        ),
    ),
    "a setting of another cloud": (
        "endpoints:\n  churn: {provider: sagemaker, workspace: w}\n",
        "canary.yaml:2:32: unknown key workspace   (endpoints.churn)",
    ),
    "a plan that is not there": (
        (
            "endpoints:\n  churn: {provider: sagemaker, plan: standart}\n"
            "plans: {standard: {stages: [{percent: 5}]}}\n"
        ),
        (
            'canary.yaml:2:38: plan: this file has no plan "standart", did you mean standard?'
            "   (endpoints.churn)"
        ),
    ),
    "a plan where there are none": (
        "defaults: {plan: fast}\n",
        'canary.yaml:1:18: plan: this file has no plan "fast", it has no plans   (defaults)',
    ),
    "a variable": (
        "endpoints:\n  churn: {provider: sagemaker, region: '${AWS_REGION}'}\n",
        (
            "canary.yaml:2:40: region: variables such as ${NAME} are only read in notify.to"
            "   (endpoints.churn)"
        ),
    ),
    "a number with a point as text": (
        "endpoints:\n  churn: {provider: sagemaker, baseline: 1.10}\n",
        (
            'canary.yaml:2:42: baseline: "1.1" is read as something else than text, '
            "put it in quotes"
            "   (endpoints.churn)"
        ),
    ),
    "a list as text": (
        "endpoints:\n  churn: {provider: sagemaker, region: [a]}\n",
        "canary.yaml:2:40: region: a list where one word is expected   (endpoints.churn)",
    ),
    "an empty setting": (
        "endpoints:\n  churn: {provider: sagemaker, region: }\n",
        (
            "canary.yaml:2:39: region: it is empty, give it a value or leave the key out"
            "   (endpoints.churn)"
        ),
    ),
    "a speed that is none": (
        "endpoints:\n  churn: {provider: simulator, speed: fast}\n",
        'canary.yaml:2:39: speed: "fast" is not a speed, write it such as 30x   (endpoints.churn)',
    ),
    "a rate below zero": (
        "endpoints:\n  churn: {provider: simulator, rate: -1}\n",
        'canary.yaml:2:38: rate: "-1" is not a number from 0 up   (endpoints.churn)',
    ),
    "an address that is none": (
        "notify:\n- {to: [a], when: [failed]}\n",
        (
            'canary.yaml:2:8: to: it is not an address, write a URL or "${NAME}" for a variable'
            "   (notify[0])"
        ),
    ),
    "an event that is none": (
        "notify:\n- {to: 'http://localhost', when: [fialed]}\n",
        (
            'canary.yaml:2:35: "fialed" is not started, held, paused, failed, inconclusive, '
            "no_metrics, rolled_back, promoted, stopped or unsafe, did you mean failed?"
            "   (notify[0].when[0])"
        ),
    ),
    "nothing to tell of": (
        "notify:\n- {to: 'http://localhost', when: []}\n",
        "canary.yaml:2:34: when: it is empty, at least one is needed   (notify[0])",
    ),
}

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
        'canary.yaml:3:33: then: "wait" is not go or hold   (plans.p.stages[0])',
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
    "shadow traffic, which this version does not have": (
        plan_with(more="    shadow: {percent: 10}\n"),
        "canary.yaml:4:5: unknown key shadow   (plans.p)",
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
            "canary.yaml:5:7: a check needs a limit: one of no_worse_by, never_above, never_below"
            "   (plans.p.checks[0])"
        ),
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
            "cloud_monitoring, azure_monitor or simulator   (plans.p.checks[0])"
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
    "a misspelt key of a source": (
        check("never_above: 1", "{name: s, cloud_monitoring: {type: t, label: {}}}"),
        (
            "canary.yaml:5:54: unknown key label, did you mean labels?"
            "   (plans.p.checks[0].metric.cloud_monitoring)"
        ),
    ),
}

EVERY = {**FILE, **ENDPOINT, **STAGE, **CHECK}


@pytest.mark.parametrize(("text", "expected"), EVERY.values(), ids=EVERY.keys())
def test_lint_says(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    problems = lint(Path("canary.yaml"), cwd=tmp_path)

    assert [str(problem) for problem in problems] == [expected]


def test_loading_tells_every_problem_in_one_error(tmp_path: Path) -> None:
    text = "versoin: 1\nplans:\n  p: {stages: [{percent: 0, bake: 5}]}\n"
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(PlanError) as caught:
        load(None, cwd=tmp_path, env={})

    assert caught.value.where == "canary.yaml:1:1"
    assert caught.value.exit is Exit.USAGE
    assert caught.value.message.splitlines() == [
        "canary.yaml:1:1: unknown key versoin, did you mean version?",
        'canary.yaml:3:26: percent: "0" is not above 0 and up to 100   (plans.p.stages[0])',
        'canary.yaml:3:35: bake: "5" has no unit, write 5s or 5m   (plans.p.stages[0])',
        "3 problems in canary.yaml",
    ]


def test_a_file_that_is_not_text_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "canary.yaml").write_bytes(b"plans: \xff")

    (problem,) = lint(Path("canary.yaml"), cwd=tmp_path)

    assert str(problem) == "canary.yaml: it is not UTF-8: byte 7 is 0xff"


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    (problem,) = lint(Path("canary.yaml"), cwd=tmp_path)

    assert str(problem) == "canary.yaml: it can't be read: No such file or directory"


def test_an_alias_bomb_ends(tmp_path: Path) -> None:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (tmp_path / "canary.yaml").write_text("\n".join(["a0: &a0 [x]", *rows]), encoding="utf-8")

    problems = lint(Path("canary.yaml"), cwd=tmp_path)

    assert any("grows without end" in problem.message for problem in problems)


def test_merge_keys_and_anchors_are_read(tmp_path: Path) -> None:
    text = (
        "plans:\n  a: &a {stages: [{percent: 5}], fails_after: 2}\n  b: {<<: *a, fails_after: 4}\n"
    )
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    plans = load(None, cwd=tmp_path, env={}).plans

    assert plans["b"].stages == plans["a"].stages
    assert (plans["a"].fails_after, plans["b"].fails_after) == (2, 4)
