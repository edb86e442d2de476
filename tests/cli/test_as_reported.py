"""What people reported in public of each cloud, as the person at the keyboard sees it."""

import json
from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import CONFIG as ON_AZURE
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import CONFIG as ON_VERTEX
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

SAGEMAKER = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/digits/3"
T4 = {"machineType": "n1-standard-8", "acceleratorType": "NVIDIA_TESLA_T4", "acceleratorCount": 1}


@pytest.fixture
def ann(bare_aws: Server, tmp_path: Path) -> Canary:
    return Canary(tmp_path / "ann", dict(bare_aws.environment))


def test_a_model_package_is_no_model_of_sagemakers(bare_aws: Server, ann: Canary) -> None:
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}})
    for way in (("plan",), ("start", "-y")):
        result = ann.run(*way, *SAGEMAKER, "-m", PACKAGE, "-p", "10")
        assert result.code == 2, result.out + result.err
        assert "make a model of it first" in result.err
    assert {"DescribeModel", "CreateEndpointConfig"}.isdisjoint(bare_aws.operations())


def test_scaling_for_components_is_not_copied(bare_aws: Server, ann: Canary) -> None:
    scaling = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2}
    bare_aws.endpoint("fraud", {"v1": {"instances": 2, "type": "ml.g5.xlarge"}})
    bare_aws.control("model", {"name": "m2", "PrimaryContainer": {"Image": "image"}})
    where = "ProductionVariants/0/ManagedInstanceScaling"
    bare_aws.fault("DescribeEndpointConfig", "patch", code=where, message=json.dumps(scaling))

    start = ann.run("start", *SAGEMAKER, "-m", "m2", "-p", "10", "-y", "--detach")

    assert start.code == 0, start.out + start.err
    (made,) = bare_aws.calls("CreateEndpointConfig")
    assert "ManagedInstanceScaling" not in json.dumps(made["params"])


def test_shares_of_others_go_to_the_baseline_as_plan_says(bare_aws: Server, ann: Canary) -> None:
    bare_aws.endpoint("fraud", {"v1": 50, "v2": 30, "v3": 20, "v4": 0})
    release = (*SAGEMAKER, "-m", "v4", "-p", "10")

    plan = ann.run("plan", *release)
    start = ann.run("start", *release, "-y", "--detach")
    back = ann.run("rollback", *SAGEMAKER, "-y")

    assert plan.code == 2, plan.out
    assert "besides the two arms there is traffic on v2 30%, v3 20%" in plan.err
    assert "it would go to the baseline 'v1'; confirm with --yes" in " ".join(plan.err.split())
    assert (start.code, back.code) == (0, 0), start.err + back.err
    assert bare_aws.weights("fraud") == {"v1": 100, "v2": 0, "v3": 0, "v4": 0}


def test_a_candidate_on_another_machine_of_vertex_has_no_accelerators(vertex: OnVertex) -> None:
    known = vertex.server.cloud.endpoints["1000"]["deployedModels"]
    gpus = {"machineSpec": T4, "minReplicaCount": 4, "requiredReplicaCount": 3}
    models = [{**known[0], "dedicatedResources": gpus}, known[1]]
    vertex.server.control("PUT", "endpoints/1000", deployedModels=models)
    vertex.server.control("POST", "settings", deploy={"polls": 0})
    candidate = "    plan: quick\n    candidate: {machine_type: n2-standard-8, min_replicas: 1}\n"
    vertex.ann.write(ON_VERTEX.replace("    plan: quick\n", candidate, 1))

    start = vertex.ann.run("start", "-e", "churn", "-m", "500@3", "-p", "10", "-y", "--detach")

    assert start.code == 0, start.out + start.err
    (asked,) = [json.loads(c["body"]) for c in vertex.server.calls if c["call"] == "deployModel"]
    machines = asked["deployedModel"]["dedicatedResources"]
    assert machines["machineSpec"] == {"machineType": "n2-standard-8"}
    assert machines["requiredReplicaCount"] == 1


def test_lint_finds_the_project_that_a_name_contradicts(vertex: OnVertex) -> None:
    name = "projects/prod-ml/locations/europe-west4/endpoints/1000"
    vertex.ann.write(ON_VERTEX.replace('endpoint: "1000"', f"endpoint: {name}"))

    linted = vertex.ann.run("lint")

    assert linted.code == 2, linted.out
    assert "prod-ml" in linted.out
    assert "acme-ml" in linted.out


def test_a_file_of_azure_and_the_command_must_mean_one_model(azure: OnAzure) -> None:
    (azure.ann.folder / "dep.yml").write_text(
        "name: g\nendpoint_name: eta\nmodel: azureml:eta:2\ninstance_type: Standard_DS3_v2\n"
        "environment: azureml:torch:1\ninstance_count: 1\n"
    )
    entry = "    plan: quick\n    candidate: {file: ./dep.yml}\n"
    azure.ann.write(ON_AZURE.replace("    plan: quick\n", entry, 1))

    start = azure.ann.run("start", "-e", "eta", "-m", "eta:3", "-y", "--detach")

    assert start.code == 2, start.out + start.err
    assert "eta:2" in start.err
    assert "eta:3" in start.err
    assert "deployment.put" not in azure.calls


def test_an_assertion_that_is_too_old_needs_another_and_no_az_login(azure: OnAzure) -> None:
    azure.server.control("settings", secret="the fresh one")
    stale = azure.ann.folder / "token"
    stale.write_text("assertion of two hours ago")
    del azure.ann.env["AZURE_CLIENT_SECRET"]
    azure.ann.env["AZURE_FEDERATED_TOKEN_FILE"] = str(stale)

    back = azure.ann.run("rollback", *AZURE, "-y")

    assert back.code == 8, back.out + back.err
    assert "AADSTS700024" in back.err
    assert "az ml online-endpoint update" in back.err
    assert "az login" not in back.err


def test_a_config_that_is_not_there_comes_with_a_command_that_is(vertex: OnVertex) -> None:
    status = vertex.ann.run("status", *VERTEX, "--config", "nope.yaml")

    assert status.code == 2, status.out + status.err
    assert "canary init writes one" in status.err
    assert vertex.ann.run("init", "--help").code == 0
