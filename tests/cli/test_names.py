"""An endpoint by all its names: one key, one record, or a refusal before anything is written."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.azureml.running import PLACE
from servers.sagemaker import Server

ACCOUNT = "123456789012"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/Fraud-Scorer"


@pytest.fixture
def aws(bare_aws: Server) -> Server:
    bare_aws.endpoint("Fraud-Scorer", {"v1": 90, "v2": 10})
    return bare_aws


@pytest.fixture
def bare(aws: Server, tmp_path: Path) -> Canary:
    return Canary(tmp_path / "bare", dict(aws.environment))


def test_an_arn_is_the_endpoint_it_names(aws: Server, bare: Canary) -> None:
    back = bare.run("rollback", "-y", "-e", ARN)

    assert back.code == 0, back.err
    assert aws.weights("Fraud-Scorer") == {"v1": 100, "v2": 0}
    known = bare.run("status", "-e", "fraud-scorer", "--exit-status", "-o", "json")
    assert known.json["release"], known.err


def test_an_arn_is_in_lower_case_as_aws_writes_it(aws: Server, bare: Canary) -> None:
    back = bare.run("rollback", "-y", "-e", ARN.lower())

    assert back.code == 0, back.err
    assert aws.weights("Fraud-Scorer") == {"v1": 100, "v2": 0}


def test_a_full_name_in_canary_yaml_is_the_endpoint_of_its_releases(
    aws: Server, bare: Canary
) -> None:
    bare.write(f"version: 1\nendpoints:\n  fraud: {{provider: sagemaker, endpoint: {ARN}}}\n")
    start = ("start", "-m", "v2", "-p", "20", "--baseline", "v1", "-y", "--detach")
    assert bare.run(*start).code == 0

    listed = bare.run("history", "-e", "fraud", "-o", "json").json["releases"]
    back = bare.run("rollback", "-y")

    assert [release["endpoint"] for release in listed] == ["Fraud-Scorer"]
    assert (back.code, "open too" in back.err) == (0, False), back.err
    assert aws.weights("Fraud-Scorer") == {"v1": 100, "v2": 0}


@pytest.mark.usefixtures("aws")
def test_the_pasted_command_has_the_name_and_not_the_arn(bare: Canary) -> None:
    told = bare.run("rollback", "-e", ARN, "--print-command")

    assert "--endpoint-name Fraud-Scorer" in told.out
    assert "--region us-east-1" in told.out


ELSEWHERE = {
    "another region": (ARN.replace("us-east-1", "eu-west-1"), "eu-west-1"),
    "another account": (ARN.replace(ACCOUNT, "999999999999"), "999999999999"),
    "another service": (ARN.replace("sagemaker:", "s3:"), "no ARN of an endpoint"),
    "no name at all": ("Fraud_Scorer", "did you mean Fraud-Scorer?"),
}


@pytest.mark.parametrize(("name", "said"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_name_of_another_place_is_refused(
    aws: Server, bare: Canary, name: str, said: str
) -> None:
    refused = bare.run(
        "rollback", "-y", "--provider", "sagemaker", "--region", "us-east-1", "-e", name
    )

    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert aws.weights("Fraud-Scorer")["v2"] == 10


def test_without_notes_60_percent_are_no_baseline(aws: Server, bare: Canary) -> None:
    aws.control("change", {"endpoint": "Fraud-Scorer", "weights": {"v1": 40, "v2": 60}})

    refused = bare.run("rollback", "-y", "--provider", "sagemaker", "-e", "Fraud-Scorer")

    assert (refused.code, "--to VERSION" in refused.err) == (2, True), refused.err
    assert aws.weights("Fraud-Scorer") == {"v1": 40, "v2": 60}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_notes_that_can_not_be_read_are_asked_for_once_before_traffic_moves(
    aws: Server, bare: Canary, kind: str
) -> None:
    aws.fault("ListTags", kind)

    back = bare.run("rollback", "-y", "--provider", "sagemaker", "-e", "Fraud-Scorer")

    assert back.code == 0, back.err
    assert "going by the traffic" in back.err
    assert aws.weights("Fraud-Scorer") == {"v1": 100, "v2": 0}
    calls = aws.operations()
    assert calls[: calls.index("UpdateEndpointWeightsAndCapacities")].count("ListTags") == 1


NAME = "projects/{}/locations/europe-west4/endpoints/1000"


def test_a_project_that_contradicts_the_settings_is_refused(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=90, _22=10)
    bare = vertex.ann.elsewhere("bare")

    refused = bare.run("rollback", "-y", *VERTEX[:-1], NAME.format("prod-ml"), "--to", "11")

    assert refused.code == 2, refused.err
    assert "prod-ml" in refused.err
    assert "acme-ml" in refused.err
    assert "updateEndpoint" not in vertex.calls


def test_a_resource_name_says_project_and_region(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=90, _22=10)
    bare = vertex.ann.elsewhere("bare", GOOGLE_CLOUD_PROJECT="another")

    back = bare.run("rollback", "-y", "-e", NAME.format("acme-ml"))

    assert back.code == 0, back.err
    assert vertex.split == {"11": 100}


def test_the_number_of_the_same_project_will_do(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=90, _22=10)
    bare = vertex.ann.elsewhere("bare")

    elsewhere = bare.run("rollback", "-y", *VERTEX[:-1], NAME.format("555555555555"))
    assert (elsewhere.code, "updateEndpoint" in vertex.calls) == (2, False), elsewhere.err
    back = bare.run("rollback", "-y", *VERTEX[:-1], NAME.format("424242424242"))
    assert back.code == 0, back.err
    assert vertex.split == {"11": 100}


def test_a_display_name_and_an_id_are_one_endpoint(vertex: OnVertex) -> None:
    bare = vertex.ann.elsewhere("bare")
    start = ("start", "-m", "22", "-p", "5", "--detach", "-y")
    assert bare.run(*start, *VERTEX[:-1], "churn").code == 0

    again = bare.run(*start, *VERTEX)
    back = bare.run("rollback", "-y", *VERTEX)

    assert again.code == 7, again.err
    assert back.code == 0, back.err
    assert bare.run("status", "--all", "-o", "json").json["releases"] == []


def test_azure_takes_a_deployment_in_any_case(azure: OnAzure) -> None:
    bare = azure.ann.elsewhere("bare")

    started = bare.run("start", *AZURE, "-m", "Teal", "-p", "10", "-y", "--detach")

    assert started.code == 0, started.err
    assert azure.split == {"blue": 90, "teal": 10}


def test_azure_takes_an_endpoint_in_any_case(azure: OnAzure) -> None:
    assert azure.ann.run("start", "-m", "teal", "-p", "10", "-y", "--detach").code == 0

    known = azure.ann.run("status", "-e", "ETA", "-o", "json")
    back = azure.ann.run("rollback", "-y", *_azure("ETA"))

    assert known.json["state"] == "running", known.err
    assert back.code == 0, back.err
    open_ones = azure.ann.run("status", "--all", "-o", "json").json["releases"]
    assert [one["state"] for one in open_ones] == ["rolling_back"]  # home, and looked at


def test_an_azure_resource_id_is_the_endpoint_it_names(azure: OnAzure) -> None:
    azure.somebody_sets(blue=90, teal=10)
    bare = azure.ann.elsewhere("bare")
    path = (
        f"/subscriptions/{PLACE['subscription']}/resourceGroups/{PLACE['resource_group']}/providers"
        f"/Microsoft.MachineLearningServices/workspaces/{PLACE['workspace']}/onlineEndpoints/eta"
    )

    refused = bare.run("rollback", "-y", "-e", path, "--workspace", "another")
    assert (refused.code, azure.split["teal"]) == (2, 10), refused.err
    back = bare.run("rollback", "-y", "-e", path)
    assert back.code == 0, back.err
    assert azure.split == {"blue": 100}


def _azure(name: str) -> tuple[str, ...]:
    return tuple(name if word == "eta" else word for word in AZURE)
