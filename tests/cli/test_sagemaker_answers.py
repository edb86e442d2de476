"""A release on SageMaker is decided on what its versions say, by what data capture keeps on S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import Canary, Result
from servers.sagemaker import Server, running

from canarycli.errors import Exit

ENDPOINT = "fraud-scorer"
VARIANTS = {
    "v41": {"weight": 1, "model": "m41", "instances": 4},
    "v42": {"weight": 0, "model": "m42", "instances": 2},
    "v43": {"weight": 0, "model": "m43", "instances": 2},
}
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captured/live",
    "CaptureOptions": [{"CaptureMode": "Output"}],
}
CONFIG = """
version: 1
endpoints:
  fraud-scorer:
    provider: sagemaker
    region: us-east-1
    metric_delay: 0s
    plan: answers
    predictions: {each: predictions, class: label, score: score, delay: 1m}
plans:
  answers:
    stages: [{percent: 50, bake: 10m}, {percent: 100}]
    checks:
      - {metric: errors, no_worse_by: 1pp}
      - {metric: class_share(fraud), differs_by: 1.5pp}
      - {metric: answer_empty, no_worse_by: 1pp}
"""


@pytest.fixture(scope="module")
def one_server() -> Iterator[Server]:
    """Half an hour on three versions: v42 says fraud 3 points more often, v43 as often as v41."""
    with running() as server:
        server.endpoint(ENDPOINT, VARIANTS, config={"DataCaptureConfig": CAPTURE})
        same = {"errors_5xx": 0.002, "says": {"fraud": 0.03}}
        load = {"v41": same, "v42": {**same, "says": {"fraud": 0.06}}, "v43": same}
        body = {"rate": 36, "backfill_seconds": 1800, "split": dict.fromkeys(load, 33)}
        server.control("traffic", {"endpoint": ENDPOINT, "variants": load, **body})
        yield server


@pytest.fixture
def canary(one_server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(one_server.environment))
    canary.write(CONFIG)
    return canary


def judged(canary: Canary, candidate: str) -> Result:
    arms = ("--baseline", "v41", "--candidate", candidate)
    return canary.run("check", ENDPOINT, *arms, "--since", "20m", "-o", "json")


def test_a_candidate_that_says_fraud_three_points_more_often_fails(canary: Canary) -> None:
    ran = judged(canary, "v42")

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    failed = [check for check in ran.json["checks"] if check["verdict"] == "fail"]
    assert [check["name"] for check in failed] == ["class_share(fraud)"]
    assert failed[0]["baseline"] == pytest.approx(0.03, abs=0.01)
    assert failed[0]["candidate"] == pytest.approx(0.06, abs=0.015)
    assert (failed[0]["limit_low"], failed[0]["limit"]) == (-0.015, 0.015)


def test_one_that_says_the_same_passes(canary: Canary) -> None:
    ran = judged(canary, "v43")

    assert ran.code == 0, ran.out + ran.err
    assert {check["verdict"] for check in ran.json["checks"]} == {"pass"}


def test_a_plan_with_answers_needs_to_know_how_to_read_them(canary: Canary) -> None:
    lines = CONFIG.splitlines(keepends=True)
    canary.write("".join(line for line in lines if "predictions" not in line))

    ran = canary.run("start", "--new-model", "v42")

    assert ran.code != 0
    assert "predictions: of the endpoint" in ran.out + ran.err


def test_a_release_does_not_start_where_nothing_is_kept(one_server: Server, canary: Canary) -> None:
    one_server.endpoint(ENDPOINT, VARIANTS)

    ran = canary.run("start", "--new-model", "v42", "--yes")

    assert ran.code == Exit.CLOUD_FAILED, ran.out + ran.err
    assert "data capture is off" in ran.err
