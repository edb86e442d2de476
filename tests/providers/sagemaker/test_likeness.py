"""The next config of an endpoint: what the candidate's variant has of the baseline's."""

from typing import Any

import pytest
from servers.sagemaker import Server

from canarycli.errors import NotFound, UsageError
from canarycli_sagemaker import SageMaker
from canarycli_sagemaker.blueprint import Candidate, model_name, with_candidate, without
from canarycli_sagemaker.raw import Look

SCALING = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2}
BASELINE: dict[str, Any] = {
    "VariantName": "AllTraffic",
    "ModelName": "m1",
    "InstanceType": "ml.g5.xlarge",
    "InitialInstanceCount": 4,
    "InitialVariantWeight": 1.0,
    "ManagedInstanceScaling": SCALING,
    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2",
    "VolumeSizeInGB": 256,
}
CONFIG: dict[str, Any] = {
    "EndpointConfigName": "fraud-config",
    "EndpointConfigArn": "arn",
    "CreationTime": 0,
    "KmsKeyId": "key",
    "ProductionVariants": [BASELINE],
}
LOOK = Look("arn", "fraud-config", "InService", {"AllTraffic": 1.0}, {}, {"AllTraffic": 4})
ARN = "arn:aws:sagemaker:us-east-1:123456789012"


def made(**options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The baseline's variant and the candidate's, in the next config."""
    candidate = Candidate.parse("m2", "m2", options)
    old, new = with_candidate(CONFIG, LOOK, "AllTraffic", candidate)["ProductionVariants"]
    return old, new


def test_scaling_that_sagemaker_takes_for_components_only_is_left_out() -> None:
    old, new = made()

    assert "ManagedInstanceScaling" not in old
    assert "ManagedInstanceScaling" not in new
    assert new["RoutingConfig"] == BASELINE["RoutingConfig"]
    assert new["InferenceAmiVersion"] == BASELINE["InferenceAmiVersion"]


def test_it_is_left_out_when_a_variant_is_taken_away_too() -> None:
    config = {**CONFIG, "ProductionVariants": [BASELINE, {**BASELINE, "VariantName": "m2"}]}

    (left,) = without(config, LOOK, "m2")["ProductionVariants"]

    assert "ManagedInstanceScaling" not in left


def test_another_instance_type_takes_nothing_over_that_belongs_to_the_old_one() -> None:
    _, new = made(instance_type="ml.m5.xlarge")

    assert new == {
        "VariantName": "m2",
        "ModelName": "m2",
        "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 4,
        "InitialVariantWeight": 0.0,
        "RoutingConfig": BASELINE["RoutingConfig"],
    }


def test_null_takes_a_field_away() -> None:
    _, new = made(variant={"RoutingConfig": None, "VolumeSizeInGB": 8})

    assert "RoutingConfig" not in new
    assert new["VolumeSizeInGB"] == 8


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (f"{ARN}:model-package/digits/3", "than a model: model package"),
        (f"{ARN}:endpoint/fraud", "than a model: endpoint"),
        (f"{ARN}:training-job/x", "than a model: training job"),
    ],
)
def test_the_arn_of_something_else_is_no_model(word: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        model_name(word)


def test_a_name_that_no_model_can_have_is_not_asked_for() -> None:
    with pytest.raises(NotFound, match="no model can be called 'a_b'"):
        model_name("a_b")


def test_a_models_arn_is_its_name() -> None:
    assert model_name(f"{ARN}:model/m2") == "m2"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("eu-west-1:123456789012", "in region eu-west-1, and the endpoint is in us-east-1"),
        ("us-east-1:999999999999", "in account 999999999999, and the endpoint is in 123456789012"),
    ],
)
def test_a_model_elsewhere_is_not_the_one_of_that_name_here(place: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        model_name(f"arn:aws:sagemaker:{place}:model/m2", f"{ARN}:endpoint/fraud")

    assert "create-model" in refused.value.hints[0]
    assert model_name(f"{ARN}:model/m2", f"{ARN}:endpoint/fraud") == "m2"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"variant": {"VariantName": "x"}}, "can't say VariantName"),
        ({"variant": {"ModelName": "x"}}, "can't say ModelName"),
        ({"variant": {"InitialVariantWeight": 1}}, "can't say InitialVariantWeight: it is 0 until"),
        ({"variant": {"ServerlessConfig": {"MemorySizeInMB": 1024}}}, "can't say ServerlessConfig"),
        ({"instances": 2, "variant": {"InitialInstanceCount": 1}}, "the same thing twice"),
        ({"instance_type": "x", "variant": {"InstanceType": "y"}}, "the same thing twice"),
        ({"variant": "VolumeSizeInGB"}, "no map"),
    ],
)
def test_what_a_release_decides_itself_can_not_be_said_of_a_variant(
    options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        Candidate.parse("m2", "m2", options)


@pytest.mark.parametrize(
    ("variant", "fact"),
    [
        ({"RoutingConfg": {"RoutingStrategy": "RANDOM"}}, '"RoutingConfg"'),
        ({"VolumeSizeInGB": "many"}, "VolumeSizeInGB"),
        ({"RoutingConfig": {"RoutingStrategy": 3}}, "RoutingStrategy"),
    ],
)
def test_what_awss_own_client_would_not_send_is_refused_by_a_look_ahead(
    sagemaker: SageMaker, server: Server, variant: dict[str, Any], fact: str
) -> None:
    server.endpoint("churn", {"blue": {"instances": 2}})
    server.control("model", {"name": "fraud-v42"})
    seen = sagemaker.details("churn")

    with pytest.raises(UsageError) as refused:
        sagemaker.preview(seen, "fraud-v42", "blue", {"variant": variant})

    assert any(fact in one for one in refused.value.facts)
    fine = sagemaker.preview(seen, "fraud-v42", "blue", {"variant": {"VolumeSizeInGB": 8}})
    assert not fine.version
    assert server.calls("CreateEndpointConfig") == []
