"""Endpoints as they are met in the field, many on one server: released, or refused in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

SCHEMAS = "https://azuremlschemas.azureedge.net/latest"
ONLINE = f"$schema: {SCHEMAS}/managedOnlineDeployment.schema.json\nname: g\nendpoint_name: eta\n"
FILES = {
    "a data collector": (
        ONLINE
        + "model: azureml:eta:2\nenvironment: azureml:torch:1\ninstance_type: Standard_DS3_v2\n"
        + "code_configuration: {code: online, scoring_script: score.py}\n"
        + "data_collector: {collections: {model_inputs: {enabled: 'True'}}}\n",
        "code_configuration.code: there is no 'online'",
    ),
    "secrets of a Key Vault": (
        ONLINE
        + "model: {path: models}\nenvironment: {conda_file: env.yml, image: mcr/x}\n"
        + 'environment_variables: {KEY: "${{azureml://connections/c/credentials/k}}"}\n',
        "model.path: there is no 'models'",
    ),
    "a package": (
        (
            f"$schema: {SCHEMAS}/modelVersionPackage.schema.json\n"
            "target_environment: pkg\ninferencing_server: {type: azureml_online}\n"
        ),
        "its $schema is 'modelVersionPackage'",
    ),
    "a package without a schema": (
        "target_environment: pkg\ninferencing_server: {type: azureml_online}\n",
        "neither model nor environment",
    ),
    "an endpoint": (
        f"$schema: {SCHEMAS}/managedOnlineEndpoint.schema.json\nname: eta\nauth_mode: key\n",
        "its $schema is 'managedOnlineEndpoint'",
    ),
    "a batch deployment": (
        f"$schema: {SCHEMAS}/modelBatchDeployment.schema.json\nname: b\nmodel: azureml:eta:2\n",
        "its $schema is 'modelBatchDeployment'",
    ),
    "Kubernetes": (
        (
            f"$schema: {SCHEMAS}/kubernetesOnlineDeployment.schema.json\nname: g\n"
            "model: {path: nowhere}\nresources: {requests: {cpu: '0.1'}}\n"
        ),
        "model.path: there is no 'nowhere'",
    ),
}


def test_files_of_azure_that_can_not_be_deployed(azure: OnAzure) -> None:
    for kind, (text, why) in FILES.items():
        (azure.ann.folder / "dep.yml").write_text(text)
        for way in (("plan",), ("start", "-y", "--detach")):
            result = azure.ann.run(*way, *AZURE, "-m", "./dep.yml", "-p", "10")
            said = " ".join(result.err.split())
            assert result.code == 2, f"{kind}: {said}"
            assert why in said, f"{kind}: {said}"
            assert len(result.err.splitlines()) <= 5
            assert "\x1b" not in result.err
    assert "deployment.put" not in azure.calls
    assert "endpoint.put" not in azure.calls


def test_a_share_of_a_model_of_vertex_that_is_gone(vertex: OnVertex) -> None:
    vertex.somebody_sets(_11=95, _777=5)
    for way in (
        ("plan", "-m", "22", "-p", "10"),
        ("start", "-m", "22", "-p", "10", "-y"),
        ("doctor",),
    ):
        result = vertex.ann.run(*way, *VERTEX)
        assert result.code == 2, result.out + result.err
        assert "777" in result.out + result.err
    assert "updateEndpoint" not in vertex.calls

    back = vertex.ann.run("rollback", *VERTEX, "--to", "11", "-y")

    assert back.code == 0, back.out + back.err
    assert vertex.split == {"11": 100}
    assert vertex.calls.count("updateEndpoint") <= 2


DEDICATED = {"machineSpec": {"machineType": "n1-standard-4"}, "minReplicaCount": 1}
POOL = "projects/1/locations/europe-west4/deploymentResourcePools/shared"
ON_GOOGLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a shared pool": ({}, {"sharedResources": POOL}),
    "automatic resources": ({}, {"automaticResources": {"minReplicaCount": 1}}),
    "scale to zero": (
        {},
        {"dedicatedResources": {**DEDICATED, "minReplicaCount": 0, "scaleToZeroSpec": {}}},
    ),
    "a DNS name of its own": (
        {"dedicatedEndpointEnabled": True, "dedicatedEndpointDns": "1000.europe-west4-1.example"},
        {"dedicatedResources": DEDICATED},
    ),
    "Private Service Connect": (
        {"privateServiceConnectConfig": {"enablePrivateServiceConnect": True}},
        {"dedicatedResources": DEDICATED},
    ),
    "recorded requests": (
        {"predictRequestResponseLoggingConfig": {"enabled": True, "samplingRate": 0.1}},
        {"dedicatedResources": DEDICATED},
    ),
    "61 labels": ({"labels": {f"l{n}": "x" * 63 for n in range(61)}}, {}),
}


def test_kinds_of_vertex_that_are_released(vertex: OnVertex) -> None:
    known = json.loads(json.dumps(vertex.server.cloud.endpoints["1000"]))
    for kind, (fields, machines) in ON_GOOGLE.items():
        models = [{**model, **machines} for model in known["deployedModels"]]
        vertex.server.control(
            "PUT", "endpoints/1000", **{"labels": {}, **fields}, deployedModels=models
        )
        start = vertex.ann.run("start", *VERTEX, "-m", "22", "-p", "10", "-y", "--detach")
        assert start.code == 0, f"{kind}: {start.out}{start.err}"
        assert vertex.split == {"11": 90, "22": 10}
        back = vertex.ann.run("rollback", *VERTEX, "-y")
        assert back.code == 0, f"{kind}: {back.out}{back.err}"
        assert vertex.split == {"11": 100}


CONCURRENCY = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 10}
SAGEMAKER = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")


def test_serverless_with_concurrency_that_is_paid_for_is_serverless(
    bare_aws: Server, tmp_path: Path
) -> None:
    bare_aws.endpoint("fraud", {"AllTraffic": {"serverless": True}})
    where = "ProductionVariants/0/CurrentServerlessConfig"
    bare_aws.fault("DescribeEndpoint", "patch", code=where, message=json.dumps(CONCURRENCY))
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    new = ("-m", "m2", "-p", "10")
    for way in (("plan", *new), ("start", *new, "-y"), ("doctor",), ("rollback", "-y")):
        result = ann.run(*way, *SAGEMAKER)
        assert result.code == 2, result.out + result.err
        assert "it is serverless" in " ".join((result.out + result.err).split())


def test_names_at_their_longest_are_released_on_sagemaker(bare_aws: Server, tmp_path: Path) -> None:
    name, old, new = "e" * 63, "a" * 63, "b" * 63
    bare_aws.endpoint(name, {old: {"instances": 2}, new: {"weight": 0}})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    flags = (*SAGEMAKER[:-1], name)

    start = ann.run("start", *flags, "-m", new, "-p", "10", "-y", "--detach")
    assert start.code == 0, start.out + start.err
    back = ann.elsewhere("phone").run("rollback", *flags, "-y")
    assert back.code == 0, back.out + back.err
    assert bare_aws.weights(name)[new] == 0


def test_an_asynchronous_candidate_without_an_instance_is_refused(
    bare_aws: Server, tmp_path: Path
) -> None:
    asynchronous = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://out"}}}
    variants = {"v1": {"instances": 2}, "v2": {"weight": 0, "instances": 0}}
    bare_aws.endpoint("fraud", variants, config=asynchronous)
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))

    start = ann.run("start", *SAGEMAKER, "-m", "v2", "-p", "10", "-y")

    assert start.code == 10, start.out + start.err
    assert "'v2' has no instance" in start.err
    assert bare_aws.weights("fraud")["v2"] == 0


def test_one_that_is_being_created_is_waited_for(bare_aws: Server, tmp_path: Path) -> None:
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}})
    bare_aws.control("change", {"endpoint": "fraud", "status": "Creating"})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    for way in ("plan", "start"):
        result = ann.run(way, *SAGEMAKER, "-m", "v2", "-p", "10", "-y")
        assert result.code == 7, result.out + result.err
        assert "a change of endpoint 'fraud' is under way (Creating)" in result.err
    assert "no release starts until it ends" in ann.run("doctor", *SAGEMAKER).out
    assert ann.run("rollback", *SAGEMAKER, "-y").code == 2


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ({"_11": 60, "_22": 30}, "its split adds up to 90%"),
        ({"_0": 100}, "its split gives 0 traffic, which is not deployed any more"),
    ],
)
def test_splits_of_vertex_that_nobody_can_go_on_from(
    vertex: OnVertex, split: dict[str, int], why: str
) -> None:
    vertex.somebody_sets(**split)
    for way in (("plan",), ("start", "-y")):
        result = vertex.ann.run(*way, *VERTEX, "-m", "22", "-p", "10")
        assert result.code == 2, result.out + result.err
        assert why in " ".join(result.err.split())
    back = vertex.ann.run("rollback", *VERTEX, "-y")
    assert back.code == 2, back.out + back.err
    assert "canary rollback 1000 --to VERSION" in back.err
    assert "--traffic-split=0=" not in back.err
    assert "updateEndpoint" not in vertex.calls

    assert vertex.ann.run("rollback", *VERTEX, "--to", "11", "-y").code == 0
    assert vertex.split == {"11": 100}


def test_splits_of_azure_that_nobody_can_go_on_from(azure: OnAzure) -> None:
    for split, why in (
        ({"blue": 60, "teal": 30}, "its traffic adds up to 90%"),
        ({"gone": 100}, "its traffic goes to gone, which is not deployed any more"),
    ):
        azure.somebody_sets(**split)
        plan = azure.ann.run("plan", *AZURE, "-m", "teal", "-p", "10")
        assert plan.code == 2, plan.out + plan.err
        assert why in " ".join(plan.err.split())
        back = azure.ann.run("rollback", *AZURE, "-y")
        assert back.code == 2, back.out + back.err
        assert "canary rollback eta --to VERSION" in back.err
    assert "endpoint.put" not in azure.calls


def test_a_name_that_azure_has_not_is_refused_before_anything_is_written(azure: OnAzure) -> None:
    entry = "    plan: quick\n    candidate: {name: My_Model}\n"
    text = (azure.ann.folder / "canary.yaml").read_text()
    azure.ann.write(text.replace("    plan: quick\n", entry, 1))
    for way in (("plan",), ("start", "-y", "--detach")):
        result = azure.ann.run(*way, "-e", "eta", "-m", "eta:9", "-p", "10")
        assert result.code == 2, result.out + result.err
        assert "no deployment can be called 'My_Model'" in result.err
    assert "no deployment can be called 'My_Model'" in azure.ann.run("lint").out
    assert "deployment.put" not in azure.calls


@pytest.mark.parametrize("mode", ["Key", "AMLToken", "AADToken"])
def test_a_smoke_test_signs_in_as_the_endpoint_wants_it(azure: OnAzure, mode: str) -> None:
    azure.server.control("change", endpoint="eta", properties={"authMode": mode})
    azure.ann.write("{smoke: [{payload: {rows: []}}], stages: [{percent: 10}]}", "plan.yaml")

    start = azure.ann.run("start", *AZURE, "-m", "teal", "--plan", "plan.yaml", "-y", "--detach")

    assert start.code == 0, start.out + start.err
    assert "smoke" in start.out
    assert azure.split == {"blue": 90, "teal": 10}
