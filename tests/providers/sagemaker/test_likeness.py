"""The next config of an endpoint: what the candidate's variant has of the baseline's."""

from typing import Any

import pytest

from canarycli.errors import NotFound, UsageError
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
        (f"{ARN}:model-package/digits/3", "the name of a model package"),
        (f"{ARN}:endpoint/fraud", "the name of a endpoint"),
        (f"{ARN}:training-job/x", "the name of a training job"),
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
