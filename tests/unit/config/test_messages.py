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
    "a character that YAML has not": (
        "plans:\n  p: \x00\n",
        "canary.yaml:2:6: this is not YAML: U+0000 may not stand in it",
    ),
    "an endpoint without a name": (
        'endpoints:\n  "": {provider: demo}\n',
        "canary.yaml:2:3: an endpoint needs a name   (endpoints)",
    ),
    "a cloud that is closed": (
        "endpoints:\n  e: {provider: azureml, cloud: azuregermancloud}\n",
        (
            'canary.yaml:2:33: cloud: "azuregermancloud" is none of public, usgov, china, '
            "AzureCloud, AzureUSGovernment, AzureChinaCloud   (endpoints.e)"
        ),
    ),
    "a metric that only another cloud keeps": (
        "endpoints:\n  e: {provider: demo, plan: p}\n"
        + check("never_above: 5", "{name: x, cloudwatch: {namespace: N, name: X}}"),
        (
            'canary.yaml:2:29: plan: its check "x" reads cloudwatch:, which simulator does not '
            "have; write simulator:, or from: and one of sources:   (endpoints.e)"
        ),
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
    "a provider that is not installed": (
        "endpoints:\n  churn: {provider: kongg}\n",
        (
            'canary.yaml:2:21: provider: "kongg" is not a provider, nor is one of that name '
            "installed   (endpoints.churn)"
        ),
    ),
    "a misspelt cloud for a provider": (
        "endpoints:\n  churn: {provider: awz}\n",
        (
            'canary.yaml:2:21: provider: "awz" is not a provider, did you mean sagemaker?'
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
            'canary.yaml:2:35: "fialed" is not started, held, approved, paused, frozen, '
            "overridden, failed, inconclusive, no_metrics, rolled_back, probation, promoted, "
            "stopped or unsafe, did you mean failed?"
            "   (notify[0].when[0])"
        ),
    ),
    "nothing to tell of": (
        "notify:\n- {to: 'http://localhost', when: []}\n",
        "canary.yaml:2:34: when: it is empty, at least one is needed   (notify[0])",
    ),
}

EVERY = {**FILE, **ENDPOINT}


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
