"""A release on SageMaker is decided on what its versions say, by what data capture keeps on S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import Canary, Result
from servers.sagemaker import Server, running

from canarycli.errors import Exit

pytestmark = pytest.mark.slow

ENDPOINT = "fraud-scorer"
VARIANTS = {
    "v41": {"weight": 1, "model": "m41", "instances": 4},
    "v42": {"weight": 0, "model": "m42", "instances": 2},
    "v43": {"weight": 0, "model": "m43", "instances": 2},
    "v44": {"weight": 0, "model": "m44", "instances": 2},
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
      - {metric: errors, never_above: 5%}
      - {metric: class_share(fraud), differs_by: 6pp}
      - {metric: answer_empty, no_worse_by: 4pp}
"""


@pytest.fixture(scope="module")
def one_server() -> Iterator[Server]:
    """Half an hour: v42 says fraud 15 points more often, v44 30 in France, v43 as v41 does."""
    with running() as server:
        server.endpoint(ENDPOINT, VARIANTS, config={"DataCaptureConfig": CAPTURE})
        same = {"errors_5xx": 0.002, "says": {"fraud": 0.05}}
        load = {"v41": same, "v42": {**same, "says": {"fraud": 0.2}}, "v43": same}
        load["v44"] = {**same, "says_in": {"FR": {"fraud": 0.35}}}
        body = {"rate": 11, "backfill_seconds": 1800, "split": dict.fromkeys(load, 25)}
        for _ in range(2):  # the second makes what the first asks for, so that no call waits
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


def test_a_candidate_that_says_fraud_more_often_fails(canary: Canary) -> None:
    ran = judged(canary, "v42")

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    failed = [check for check in ran.json["checks"] if check["verdict"] == "fail"]
    assert [check["name"] for check in failed] == ["class_share(fraud)"]
    assert failed[0]["baseline"] == pytest.approx(0.05, abs=0.05)
    assert failed[0]["candidate"] == pytest.approx(0.2, abs=0.1)
    assert (failed[0]["limit_low"], failed[0]["limit"]) == (-0.06, 0.06)
    assert (failed[0]["source"], failed[0]["sampled"]) == ("recorded answers", 1.0)


def test_one_that_says_the_same_passes(canary: Canary) -> None:
    ran = judged(canary, "v43")

    assert ran.code == 0, ran.out + ran.err
    assert {check["verdict"] for check in ran.json["checks"]} == {"pass"}


def test_a_doctor_says_what_is_kept_and_how_new_it_is(canary: Canary) -> None:
    ran = canary.run("doctor", ENDPOINT, "--metrics", "-o", "json")

    probes = {probe["name"]: probe for group in ran.json["groups"] for probe in group["probes"]}
    assert probes["answers of v41"]["detail"] == "100% kept in s3://captured/live"
    assert probes["class_share(fraud) of v41"]["detail"].startswith("newest point")
    assert "more than 64.0 MB a look is refused" in probes["source recorded answers"]["detail"]


def test_a_check_is_asked_for_each_value_of_a_field(canary: Canary) -> None:
    canary.write(CONFIG.replace("differs_by: 6pp", "differs_by: 6pp, by: country, at_most: 1"))

    ran = canary.run("plan", "--new-model", "v43", "-o", "json", "--yes")

    assert ran.code == 0, ran.out + ran.err
    names = [check["name"] for check in ran.json["checks"]]
    assert "class_share(fraud) of country=DE" in names
    assert "class_share(fraud) of country=other" in names
    canary.write(CONFIG.replace("differs_by: 6pp", "differs_by: 6pp, by: continent"))
    refused = canary.run("plan", "--new-model", "v43")
    assert "no answer of the baseline has continent" in refused.out + refused.err


def test_a_candidate_that_is_wrong_in_one_country_fails_and_the_slice_is_named(
    canary: Canary,
) -> None:
    canary.write(CONFIG.replace("differs_by: 6pp", "differs_by: 6pp, by: country, at_most: 5"))

    ran = judged(canary, "v44")

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    shares = {c["name"]: c for c in ran.json["checks"] if c["name"].startswith("class_share")}
    failed = [name for name, check in shares.items() if check["verdict"] == "fail"]
    assert failed == ["class_share(fraud) of country=FR"]
    assert len(shares) == 3
    assert "country=FR" in shares[failed[0]]["message"]


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
