"""Bringing a model in as a variant, taking it away again, and what SageMaker takes back."""

from typing import Any

import pytest
from servers.sagemaker import Server
from servers.sagemaker.newer import needs

from canarycli.clock import SystemClock
from canarycli.engine.retries import Patient
from canarycli.errors import (
    CanaryError,
    Conflict,
    NotFound,
    Rejected,
    Unavailable,
    Unsupported,
    UsageError,
)
from canarycli.provider import Endpoint
from canarycli_sagemaker import SageMaker
from canarycli_sagemaker.deploy import changed

RELEASE = "r-7k2f"
AN_HOUR = 3600
CAPTURE = {"EnableCapture": True, "InitialSamplingPercentage": 20, "DestinationS3Uri": "s3://c"}
EXTRAS = {
    "KmsKeyId": "key-1",
    "MetricsConfig": {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10},
    "DataCaptureConfig": {**CAPTURE, "CaptureOptions": [{"CaptureMode": "Input"}]},
}


@pytest.fixture
def churn(server: Server) -> str:
    server.control("settings", {"update_seconds": AN_HOUR, "weights_seconds": 0})
    blue = {"weight": 3, "instances": 4, "type": "ml.g5.xlarge", "model": "fraud-v41"}
    server.endpoint("churn", {"blue": blue, "old": {"weight": 1}}, config=EXTRAS)
    server.control("model", {"name": "fraud-v42"})
    return "churn"


def deploy(sagemaker: SageMaker, seen: Endpoint, model: str = "fraud-v42", **options: Any) -> str:
    return sagemaker.deploy(seen, model, "blue", options, RELEASE)


def done(server: Server, endpoint: str = "churn") -> None:
    server.control("settle", {"endpoint": endpoint})


def made(server: Server) -> dict[str, Any]:
    """The config that was made last, as it was asked for."""
    params: dict[str, Any] = server.calls("CreateEndpointConfig")[-1]["params"]
    return params


@needs("CreateEndpointConfigInput", "MetricsConfig")
def test_the_new_config_is_a_copy_with_one_variant_more(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    deploy(sagemaker, sagemaker.describe(churn))

    config = made(server)
    assert {key: config[key] for key in EXTRAS} == EXTRAS
    variants = {v["VariantName"]: v for v in config["ProductionVariants"]}
    assert variants["fraud-v42"] == {
        "VariantName": "fraud-v42",
        "ModelName": "fraud-v42",
        "InstanceType": "ml.g5.xlarge",
        "InitialInstanceCount": 4,
        "InitialVariantWeight": 0.0,
    }
    assert set(variants) == {"blue", "old", "fraud-v42"}


def test_weights_and_counts_stay_as_they_are(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "weights": {"blue": 1}, "counts": {"blue": 6}})
    before = sagemaker.describe(churn)

    name = deploy(sagemaker, before)
    done(server)

    after = sagemaker.describe(churn)
    assert changed(before, after) == ()
    assert after.serves(name)
    assert after.traffic.of(name) == 0
    assert server.calls("UpdateEndpoint")[0]["params"]["RetainAllVariantProperties"] is True
    assert "DeploymentConfig" not in server.calls("UpdateEndpoint")[0]["params"]


def test_the_copy_has_the_live_weights_in_case_somebody_runs_it_anew(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "weights": {"blue": 1}, "counts": {"blue": 6}})

    deploy(sagemaker, sagemaker.describe(churn))

    blue = made(server)["ProductionVariants"][0]
    assert (blue["InitialVariantWeight"], blue["InitialInstanceCount"]) == (1, 6)


def test_a_config_is_named_after_its_release_and_tagged(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    deploy(sagemaker, sagemaker.describe(churn))

    assert made(server)["EndpointConfigName"] == "churn-r-7k2f"
    tags = {tag["Key"]: tag["Value"] for tag in made(server)["Tags"]}
    assert tags == {"canary-release": RELEASE, "canary-candidate": "fraud-v42"}


def test_a_long_name_is_cut_and_stays_its_own(sagemaker: SageMaker, server: Server) -> None:
    name = "a" * 60
    server.endpoint(name, {"blue": {"weight": 1}})
    server.control("model", {"name": "fraud-v42"})

    deploy(sagemaker, sagemaker.describe(name))

    assert len(made(server)["EndpointConfigName"]) <= 63
    assert made(server)["EndpointConfigName"] not in {name, f"{name}-r"}


@pytest.mark.parametrize(
    ("options", "count", "kind"),
    [
        ({}, 4, "ml.g5.xlarge"),
        ({"largest_percent": 50}, 2, "ml.g5.xlarge"),
        ({"largest_percent": 1}, 1, "ml.g5.xlarge"),
        ({"instances": 3}, 3, "ml.g5.xlarge"),
        ({"instance_type": "ml.g6.xlarge"}, 4, "ml.g6.xlarge"),
    ],
)
def test_the_candidate_is_as_large_as_its_largest_share_or_as_told(
    sagemaker: SageMaker,
    server: Server,
    churn: str,
    options: dict[str, Any],
    count: int,
    kind: str,
) -> None:
    deploy(sagemaker, sagemaker.describe(churn), **options)

    spec = made(server)["ProductionVariants"][-1]
    assert (spec["InitialInstanceCount"], spec["InstanceType"]) == (count, kind)


@pytest.mark.parametrize("options", [{"instance": 2}, {"instances": 0}, {"instances": "two"}])
def test_options_that_make_no_sense_are_refused(
    sagemaker: SageMaker, server: Server, churn: str, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        deploy(sagemaker, sagemaker.describe(churn), **options)

    assert server.calls("CreateEndpointConfig") == []


def test_a_model_may_be_named_by_its_arn(sagemaker: SageMaker, churn: str) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/fraud-v42"

    assert deploy(sagemaker, sagemaker.describe(churn), arn) == "fraud-v42"


def test_a_model_that_is_not_there_is_not_found(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    with pytest.raises(NotFound, match="model/fraud-v99"):
        deploy(sagemaker, sagemaker.describe(churn), "fraud-v99")

    assert server.calls("UpdateEndpoint") == []


def test_a_name_that_is_taken_gets_the_release_as_well(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("model", {"name": "old"})

    assert deploy(sagemaker, sagemaker.describe(churn), "old") == "old-r-7k2f"


def test_a_model_that_an_idle_variant_serves_is_there_already(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "weights": {"old": 0}})

    assert deploy(sagemaker, sagemaker.describe(churn), "model-old") == "old"
    assert server.calls("CreateEndpointConfig") == []


def test_the_baselines_own_model_is_no_candidate(sagemaker: SageMaker, churn: str) -> None:
    with pytest.raises(Conflict, match="blue has 75% of the traffic"):
        deploy(sagemaker, sagemaker.describe(churn), "fraud-v41")


def test_an_eleventh_variant_is_refused(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("full", {"blue": 1, **{f"v{i}": 0 for i in range(9)}})
    server.control("model", {"name": "fraud-v42"})

    with pytest.raises(Unsupported, match="SageMaker allows 10"):
        deploy(sagemaker, sagemaker.describe("full"))


@pytest.mark.parametrize(
    ("variants", "more"),
    [
        ({"blue": {"serverless": True}}, {}),
        ({"blue": {"component": True}}, {}),
        ({"blue": 1}, {"shadow": {"dark": {"weight": 1}}}),
    ],
    ids=["serverless", "components", "shadow"],
)
def test_an_endpoint_that_does_not_fit_is_left_alone(
    sagemaker: SageMaker, server: Server, variants: Any, more: Any
) -> None:
    server.endpoint("odd", variants, **more)
    server.control("model", {"name": "fraud-v42"})

    with pytest.raises(Unsupported):
        deploy(sagemaker, sagemaker.describe("odd"))

    assert server.calls("CreateEndpointConfig") == []


def test_a_deployment_during_a_change_waits(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "status": "SystemUpdating"})

    with pytest.raises(Conflict, match="SystemUpdating"):
        deploy(sagemaker, sagemaker.describe(churn))


def test_a_config_aws_does_not_know_yet_is_asked_for_again(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    late = 'Could not find endpoint configuration "arn:…".'
    server.fault("UpdateEndpoint", "refuse", code="ValidationException", message=late, times=1)
    seen = sagemaker.describe(churn)

    with pytest.raises(Unavailable, match="late"):
        deploy(sagemaker, seen)
    deploy(sagemaker, seen)

    done(server)
    assert sagemaker.describe(churn).serves("fraud-v42")


def test_a_config_left_by_a_crash_is_used(sagemaker: SageMaker, server: Server, churn: str) -> None:
    server.fault("UpdateEndpoint", "drop_before", times=1)
    seen = sagemaker.describe(churn)
    with pytest.raises(Unavailable):
        deploy(sagemaker, seen)

    name = deploy(SageMaker({}), seen)

    done(server)
    assert sagemaker.describe(churn).serves(name)


def test_a_config_left_from_before_somebody_changed_the_endpoint_is_made_anew(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.fault("UpdateEndpoint", "drop_before", times=1)
    with pytest.raises(Unavailable):
        deploy(sagemaker, sagemaker.describe(churn))
    server.endpoint("churn", {"blue": 1, "new": 1}, config={"EndpointConfigName": "theirs"})

    deploy(SageMaker({}), sagemaker.describe(churn))

    names = [v["VariantName"] for v in made(server)["ProductionVariants"]]
    assert names == ["blue", "new", "fraud-v42"]


def test_progress_names_the_config_and_what_each_variant_does(
    sagemaker: SageMaker, churn: str, server: Server
) -> None:
    quiet = sagemaker.progress(sagemaker.describe(churn))
    deploy(sagemaker, sagemaker.describe(churn))

    said = sagemaker.progress(sagemaker.describe(churn))

    assert quiet == ""
    assert said.startswith("going over to config churn-r-7k2f (blue Updating, ")
    assert said.endswith("fraud-v42 Creating)")
    done(server)
    assert sagemaker.progress(sagemaker.describe(churn)) == ""


def test_what_sagemaker_takes_back_is_a_failure_with_its_reason(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("fail_next", {"endpoint": churn, "reason": "no ml.g5 to be had"})
    deploy(sagemaker, sagemaker.describe(churn))
    done(server)

    seen = sagemaker.describe(churn)

    assert seen.status == "InService"
    assert "churn-r-7k2f" in seen.failure
    assert "no ml.g5 to be had" in seen.failure


def test_what_sagemaker_takes_back_in_silence_is_a_failure_as_well(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("fail_next", {"endpoint": churn})
    deploy(sagemaker, sagemaker.describe(churn))
    done(server)

    assert "SageMaker gives no reason" in sagemaker.describe(churn).failure


def test_another_process_learns_that_it_was_taken_back(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("fail_next", {"endpoint": churn})
    deploy(sagemaker, sagemaker.describe(churn))
    done(server)
    later = SageMaker({})

    with pytest.raises(Rejected, match="took endpoint 'churn' back"):
        deploy(later, later.describe(churn))

    assert len(server.calls("UpdateEndpoint")) == 1


def test_an_update_by_somebody_else_later_is_no_failure_of_ours(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    deploy(sagemaker, sagemaker.describe(churn))
    done(server)
    sagemaker.describe(churn)
    server.control("change", {"endpoint": churn, "config": "churn-config"})

    assert sagemaker.describe(churn).failure == ""


def test_an_endpoint_that_somebody_put_elsewhere_meanwhile_has_not_gone_back(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    client = sagemaker.clients.sagemaker
    theirs = {"VariantName": "blue", "ModelName": "fraud-v41", "InitialVariantWeight": 1.0}
    client.create_endpoint_config(EndpointConfigName="theirs", ProductionVariants=[theirs])
    deploy(sagemaker, sagemaker.describe(churn))
    done(server)
    server.control("change", {"endpoint": churn, "config": "theirs"})

    assert sagemaker.describe(churn).failure == ""


CALLS = ["DescribeEndpointConfig", "CreateEndpointConfig", "UpdateEndpoint", "AddTags"]
FAULTS = ["throttle", "error", "drop_before", "drop_after", "html", "truncated", "empty"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", CALLS)
def test_a_patient_deployment_comes_through_any_single_fault(
    server: Server, churn: str, operation: str, fault: str
) -> None:
    patient = Patient(SageMaker({}), SystemClock())
    server.fault(operation, fault, times=1)
    before = patient.describe(churn)

    name = patient.deploy(before, "fraud-v42", "blue", {}, RELEASE)
    done(server)

    after = patient.describe(churn)
    assert after.serves(name)
    assert changed(before, after) == ()
    assert len(after.versions) == 3


@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "UpdateEndpoint"])
def test_a_denied_deployment_leaves_the_endpoint_as_it_was(
    sagemaker: SageMaker, server: Server, churn: str, operation: str
) -> None:
    server.fault(operation, "denied")
    before = sagemaker.details(churn)

    with pytest.raises(CanaryError, match=operation):
        deploy(sagemaker, before)

    assert sagemaker.describe(churn) == before


def test_what_a_change_spoiled_is_listed(sagemaker: SageMaker, server: Server, churn: str) -> None:
    before = sagemaker.describe(churn)
    server.control("change", {"endpoint": churn, "weights": {"blue": 1}, "counts": {"old": 2}})

    found = changed(before, sagemaker.describe(churn))

    assert found == (
        "blue had 75% of the traffic and has 50%",
        "old had 25% of the traffic and has 50%",
        "old had 1 instances and has 2",
    )
