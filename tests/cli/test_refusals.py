"""A cloud that refuses for good is told so at once, in the cloud's own words."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE_FLAGS
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX_FLAGS
from cli.on_vertex import OnVertex
from servers.sagemaker import Server

REGISTRATION = (
    "The subscription is not registered to use namespace 'Microsoft.MachineLearningServices'."
)
READ_ONLY = (
    "The subscription '0d1f' is disabled and therefore marked as read only. You cannot perform "
    "any write actions on this subscription until it is re-enabled."
)
QUOTA = "CustomModelServingT4GPUsPerProjectPerRegion"


@pytest.mark.parametrize(
    ("code", "said", "way"),
    [
        ("MissingSubscriptionRegistration", REGISTRATION, "az provider register"),
        ("ReadOnlyDisabledSubscription", READ_ONLY, "re-enables it"),
        ("Conflict", "No, and that is all I say.", ""),
    ],
)
def test_a_409_that_never_ends_ends_the_start(
    azure: OnAzure, code: str, said: str, way: str
) -> None:
    azure.server.fault("endpoint.put", "refuse", status=409, code=code, message=said)

    result = azure.ann.run("start", *AZURE_FLAGS, "-m", "teal", "-p", "10", "-y", "--detach")

    assert result.code == 10, result.out + result.err
    text = " ".join((result.out + result.err).split())
    assert said.removesuffix(".") in text
    assert way in text
    assert azure.calls.count("endpoint.put") <= 5


def test_a_rollback_that_azure_refuses_for_good_is_unsafe(azure: OnAzure) -> None:
    azure.somebody_sets(blue=90, teal=10)
    azure.server.fault(
        "endpoint.put", "refuse", status=409, code="ReadOnlyDisabledSubscription", message=READ_ONLY
    )

    result = azure.ann.run("rollback", *AZURE_FLAGS, "-y")

    assert result.code == 13, result.out + result.err
    text = " ".join((result.out + result.err).split())
    assert READ_ONLY.removesuffix(".") in text
    assert 'az ml online-endpoint update --name eta --traffic "blue=100 teal=0"' in text
    assert azure.calls.count("endpoint.put") <= 5


def test_metrics_that_answer_409_are_no_change_under_way(azure: OnAzure) -> None:
    said = "The subscription is not registered to use namespace 'microsoft.insights'."
    azure.server.fault(
        "metrics", "refuse", status=409, code="MissingSubscriptionRegistration", message=said
    )

    result = azure.ann.run("doctor", "eta")

    text = " ".join((result.out + result.err).split())
    assert "az provider register --namespace microsoft.insights" in text
    assert "change is under way" not in text
    assert said.removesuffix(".") in text


def test_a_quota_at_deployment_ends_the_release(vertex: OnVertex) -> None:
    vertex.fault(
        "deployModel",
        "refuse",
        times=1000,
        status="RESOURCE_EXHAUSTED",
        message=f"The following quotas are exceeded: {QUOTA}",
    )

    result = vertex.ann.run("start", *VERTEX_FLAGS, "-m", "500@3", "-p", "10", "-y")

    assert result.code == 10, result.out + result.err
    assert QUOTA in result.out + result.err
    assert vertex.split == {"11": 100}
    assert vertex.calls.count("deployModel") == 1


def test_a_rate_that_is_exceeded_is_waited_for(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=90, _22=10)
    vertex.fault("getEndpoint", "throttle", times=3)

    result = vertex.ann.run("rollback", *VERTEX_FLAGS, "-y")

    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 100}


@pytest.mark.slow
@pytest.mark.parametrize("status", [502, 403])
def test_a_workspace_behind_a_private_link_is_named(azure: OnAzure, status: int) -> None:
    said = "Access to workspace was denied based on workspace private link configuration."
    azure.server.fault("endpoint.get", "refuse", status=status, code="UserError", message=said)

    result = azure.ann.run("rollback", *AZURE_FLAGS, "-y")

    assert result.code == (13 if status == 502 else 8), result.out + result.err
    assert said.removesuffix(".") in " ".join(result.err.split())


def start_and_hold(canary: Canary, *where: str, model: str) -> None:
    held = canary.run("start", *where, "-m", model, "-p", "5", "--bake", "0s", "-y", "--detach")
    assert held.code == 0, held.out + held.err


def expect_refused_and_open(canary: Canary, *where: str) -> None:
    """A `promote` ends at once as denied, and the candidate keeps its share."""
    refused = canary.run("promote", *where, "-y")

    assert refused.code == 8, refused.out + refused.err
    assert "traffic stays as it is: " in refused.err
    assert canary.run("status", *where, "-o", "json").json["candidate"]["share"] == 5


def test_a_promote_that_sagemaker_denies_ends_at_once(bare_aws: Server, tmp_path: Path) -> None:
    where = ("--provider", "sagemaker", "--endpoint", "fraud", "--region", "us-east-1")
    bare_aws.endpoint("fraud", {"v1": 1, "v2": 0})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    start_and_hold(ann, *where, model="v2")
    bare_aws.fault("UpdateEndpointWeightsAndCapacities", "denied")

    expect_refused_and_open(ann, *where)


def test_a_promote_that_google_denies_ends_at_once(vertex: OnVertex) -> None:
    start_and_hold(vertex.ann, *VERTEX_FLAGS, model="22")
    vertex.deny("aiplatform.endpoints.update")

    expect_refused_and_open(vertex.ann, *VERTEX_FLAGS)
    assert vertex.raised() == [5, 100]


def test_a_promote_that_azure_refuses_without_a_reason_leaves_the_hold(azure: OnAzure) -> None:
    start_and_hold(azure.ann, *AZURE_FLAGS, model="teal")
    said = "No, and that is all I say."
    azure.server.fault("endpoint.put", "refuse", status=409, code="Conflict", message=said)

    result = azure.ann.run("promote", *AZURE_FLAGS, "-y")

    assert result.code == 10, result.out + result.err
    assert "traffic stays as it is: blue 95%, teal 5%" in result.err
    assert said.removesuffix(".") in result.err
    status = azure.ann.run("status", *AZURE_FLAGS, "-o", "json").json
    assert (status["state"], status["candidate"]["share"]) == ("held", 5)


def test_a_promote_that_azure_denies_ends_at_once(azure: OnAzure) -> None:
    start_and_hold(azure.ann, *AZURE_FLAGS, model="teal")
    azure.server.fault("endpoint.put", "denied")

    expect_refused_and_open(azure.ann, *AZURE_FLAGS)
    assert azure.calls.count("endpoint.put") == 2
