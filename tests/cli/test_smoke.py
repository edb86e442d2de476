"""Smoke tests from the command line: on a pretend endpoint, and on SageMaker."""

import re
from pathlib import Path

import pytest
from cli.blackbox import Canary, simulated
from servers.sagemaker import Server

SMOKE = "    smoke:\n      - {name: a fraud, file: fraud.json, expect: {contains: score}}\n"
BAD = "{v41: {percent: 100}, v42: {status: 500, answer: no such feature}}"


def asking(tmp_path: Path, **settings: str) -> Canary:
    canary = simulated(tmp_path, SMOKE, **settings)
    canary.write('{"amount": 900}', "fraud.json")
    return canary


def test_a_candidate_that_answers_goes_on_to_its_stages(tmp_path: Path) -> None:
    result = asking(tmp_path).run("start", "-m", "v42", "--yes")

    assert result.code == 0, result.err
    assert "smoke     a fraud: 200 after 0 ms" in result.out


def test_a_candidate_that_does_not_is_never_given_traffic(tmp_path: Path) -> None:
    canary = asking(tmp_path, versions=BAD)

    result = canary.run("start", "-m", "v42", "--yes")

    assert result.code == 3
    assert "smoke test failed, a fraud: answered 500, not 200: 'no such feature'" in result.out
    assert "shift" not in result.out
    assert "traffic " not in result.out
    assert canary.run("history", "-o", "json").json["releases"][0]["reached"] == 0


STEERING = "##vso[task.prependpath]evil ##[error]y"


@pytest.mark.parametrize("system", ["TF_BUILD", "GITHUB_ACTIONS"])
def test_neither_a_model_nor_a_person_steers_the_pipeline_that_judges_it(
    tmp_path: Path, system: str
) -> None:
    bad = f"{{v41: {{percent: 100}}, v42: {{status: 500, answer: '{STEERING}'}}}}"
    canary = asking(tmp_path, versions=bad)
    canary.env |= {system: "true", "CANARY_ACTOR": f"ann {STEERING}"}
    canary.env["AGENT_TEMPDIRECTORY"] = str(tmp_path)

    result = canary.run("start", "-m", "v42", "--yes", "--note", f"because\n::error::x {STEERING}")
    said = result.out + result.err + canary.run("history").out + canary.run("status", "demo").out

    assert result.code == 3, result.err
    assert "prependpath" in said
    assert not re.search(r"(?m)##vso\[task\.prependpath|##\[error|^\s*::error::x", said)


def test_the_plan_says_what_is_asked_before_any_traffic(tmp_path: Path) -> None:
    canary = asking(tmp_path)

    assert "the candidate must answer a fraud" in canary.run("plan", "-m", "v42").out
    assert canary.run("plan", "-m", "v42", "-o", "json").json["smoke"] == ["a fraud"]


def test_a_body_that_is_not_there_is_a_mistake_before_anything_moves(tmp_path: Path) -> None:
    canary = asking(tmp_path)
    (canary.folder / "fraud.json").unlink()

    result = canary.run("start", "-m", "v42", "--yes")

    assert (result.code, "the smoke test's body can't be read" in result.err) == (2, True)


@pytest.fixture
def server(bare_aws: Server) -> Server:
    server = bare_aws
    server.endpoint(
        "churn",
        {
            "v41": {"weight": 1, "model": "m41", "instances": 2},
            "v42": {"weight": 0, "model": "m42", "instances": 2},
        },
    )
    return server


@pytest.fixture
def churn(server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(
        "endpoints:\n"
        "  churn: {provider: sagemaker, region: us-east-1, plan: asked}\n"
        "plans:\n"
        "  asked:\n"
        "    stages: [{percent: 50, bake: 0s}, {percent: 100}]\n"
        "    smoke: [{payload: {amount: 900}, expect: {contains: score}}]\n"
    )
    return canary


def operations(server: Server) -> list[str]:
    return [str(call["operation"]) for call in server.calls()]


def test_sagemaker_is_asked_for_one_variant_before_its_weight_is_raised(
    server: Server, churn: Canary
) -> None:
    result = churn.run("start", "-m", "v42", "--yes")

    assert result.code == 0, result.out + result.err
    calls = operations(server)
    assert calls.count("InvokeEndpoint") == 1
    assert calls.index("InvokeEndpoint") < calls.index("UpdateEndpointWeightsAndCapacities")


def test_a_model_error_on_sagemaker_leaves_the_weights_alone(server: Server, churn: Canary) -> None:
    answer = {"endpoint": "churn", "variant": "v42", "status": 424, "body": "feature 7 is missing"}
    server.control("invoke", answer)

    result = churn.run("start", "-m", "v42", "--yes")

    assert result.code == 3
    assert "answered 400, not 200: 'feature 7 is missing'" in result.out
    assert "UpdateEndpointWeightsAndCapacities" not in operations(server)


def test_a_request_that_may_not_be_sent_ends_the_release_as_denied(
    server: Server, churn: Canary
) -> None:
    server.control("faults", [{"operation": "InvokeEndpoint", "kind": "denied"}])

    result = churn.run("start", "-m", "v42", "--yes")

    assert result.code == 8, result.out + result.err
    assert server.weights("churn") == {"v41": 1, "v42": 0}


def test_the_policy_holds_what_the_smoke_test_needs(churn: Canary) -> None:
    statements = churn.run("doctor", "--print-policy").json["Statement"]

    assert "SmokeTest" in {statement["Sid"] for statement in statements}
