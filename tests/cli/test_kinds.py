"""Each kind of endpoint a cloud has is released, or refused by name wherever one asks."""

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

SAGEMAKER = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
WAYS: tuple[tuple[str, ...], ...] = (("plan",), ("start", "-y"), ("doctor",), ("rollback", "-y"))
ASKED = [pytest.param(way, id=way[0]) for way in WAYS]


@pytest.fixture
def aws(bare_aws: Server, tmp_path: Path) -> tuple[Server, Canary]:
    return bare_aws, Canary(tmp_path / "ann", dict(bare_aws.environment))


def asked(canary: Canary, way: tuple[str, ...], flags: tuple[str, ...], model: str) -> str:
    """What the command says; it must refuse with 2."""
    more = ("-m", model, "-p", "10") if way[0] in {"plan", "start"} else ()
    result = canary.run(*way, *flags, *more)
    text = " ".join((result.out + result.err).split())
    assert result.code == 2, text
    return text


def fit(canary: Canary) -> bool:
    """Whether the doctor finds nothing about the kind of endpoint, whatever of its metrics."""
    looked = canary.run("doctor", *SAGEMAKER)
    return looked.code in {0, 1} and "can't be released" not in looked.out


@pytest.mark.slow
@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize(
    ("variants", "model", "says"),
    [
        ({"AllTraffic": {"serverless": True}}, "v2", "serverless"),
        ({"AllTraffic": {"component": True}}, "llama-ic-2", "UpdateInferenceComponent"),
    ],
    ids=["serverless", "inference components"],
)
def test_sagemakers_kinds_without_shares(
    aws: tuple[Server, Canary],
    way: tuple[str, ...],
    variants: dict[str, Any],
    model: str,
    says: str,
) -> None:
    server, canary = aws
    server.endpoint("fraud", variants)

    said = asked(canary, way, SAGEMAKER, model)

    assert says in said
    assert "not in service" not in said
    assert "register" not in said
    writes = {"UpdateEndpoint", "CreateEndpointConfig", "AddTags"}
    assert writes.isdisjoint(server.operations())
    assert "UpdateEndpointWeightsAndCapacities" not in server.operations()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "real-time"),
        ({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://out"}}}, "asynchronous"),
        ({"VpcConfig": {"Subnets": ["a"], "SecurityGroupIds": ["b"]}}, "private"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_sagemakers_kinds_with_shares(
    aws: tuple[Server, Canary], config: dict[str, Any], says: str
) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": {"instances": 2}, "v2": {"weight": 0}}, config=config)

    result = canary.run("start", *SAGEMAKER, "-m", "v2", "-p", "10", "-y", "--detach")

    assert result.code == 0, says + result.out + result.err
    weights = server.weights("fraud")
    assert weights["v2"] / sum(weights.values()) == pytest.approx(0.1)


def test_a_shadow_variant_is_called_so_and_refuses_a_start(aws: tuple[Server, Canary]) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": 1}, shadow={"sh1": {"weight": 0.5}})

    looked = canary.run("doctor", *SAGEMAKER)
    status = canary.run("status", *SAGEMAKER)
    start = canary.run("start", *SAGEMAKER, "-m", "m2", "-p", "10", "-y")

    assert "sh1  shadow" in status.out
    assert ", shadow)" in looked.out
    assert looked.code == 2
    assert start.code == 2
    assert "take the shadow away first" in start.err


def test_a_serverless_variant_is_in_service(aws: tuple[Server, Canary]) -> None:
    server, canary = aws
    server.endpoint("fraud", {"AllTraffic": {"serverless": True}})

    looked = canary.run("doctor", *SAGEMAKER)
    status = canary.run("status", *SAGEMAKER)

    assert "AllTraffic 100% (serverless)" in looked.out
    assert "NOT in service" not in looked.out
    assert status.code == 0, status.err
    assert "AllTraffic  100%  in service" in status.out


@pytest.mark.parametrize("state", ["Failed", "OutOfService"])
def test_what_sagemaker_only_lets_be_deleted_says_so_once(
    aws: tuple[Server, Canary], state: str
) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": 1, "v2": 0})
    server.control("change", {"endpoint": "fraud", "status": state})

    for way in WAYS[:3]:
        assert asked(canary, way, SAGEMAKER, "v2").count("delete it and create it anew") == 1
    back = canary.run("rollback", *SAGEMAKER, "-y")
    assert back.code == 13, back.out + back.err
    assert back.err.count("delete it and create it anew") == 1
    assert "update-endpoint-weights" not in back.err


@pytest.mark.parametrize("way", ASKED)
def test_what_is_being_deleted_is_not_waited_for(
    azure: OnAzure, aws: tuple[Server, Canary], way: tuple[str, ...]
) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": 1, "v2": 0})
    server.control("change", {"endpoint": "fraud", "status": "Deleting"})
    azure.server.control("state", endpoint="eta", state="Deleting")

    assert "it is being deleted" in asked(canary, way, SAGEMAKER, "v2")
    assert "it is being deleted" in asked(azure.ann, way, AZURE, "teal")
    assert "endpoint.put" not in azure.calls


def test_a_baseline_of_azure_that_failed_has_the_way_back_by_hand_once(azure: OnAzure) -> None:
    azure.somebody_sets(blue=90, teal=10)
    azure.server.control("state", endpoint="eta", deployment="blue", state="Failed")

    back = azure.ann.run("rollback", *AZURE, "-y")

    assert back.code == 13, back.out + back.err
    assert back.err.count("az ml online-endpoint update") == 1
    assert "--traffic 'blue=0 teal=100'" in back.err.replace('"', "'")
    assert "canary rollback eta --to teal" in back.err
    assert azure.split == {"blue": 90, "teal": 10}


@pytest.mark.parametrize("way", ASKED)
def test_a_private_endpoint_of_vertex(vertex: OnVertex, way: tuple[str, ...]) -> None:
    network = "projects/123456789012/global/networks/default"
    vertex.server.control("PUT", "endpoints/1000", network=network, trafficSplit={})

    said = asked(vertex.ann, way, VERTEX, "500@2")

    assert "private endpoint over VPC peering" in said
    assert "--baseline" not in said
    assert "rollback 1000" not in said
    assert "updateEndpoint" not in vertex.calls


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"dedicatedEndpointEnabled": True},
        {"privateServiceConnectConfig": {"enablePrivateServiceConnect": True}},
    ],
    ids=["shared", "dedicated", "private service connect"],
)
def test_vertexs_kinds_with_shares(vertex: OnVertex, fields: dict[str, Any]) -> None:
    vertex.server.control("PUT", "endpoints/1000", **fields)

    result = vertex.ann.run("start", *VERTEX, "-m", "22", "-p", "10", "-y", "--detach")

    assert result.code == 0, result.out + result.err
    assert vertex.split == {"11": 90, "22": 10}


@pytest.mark.parametrize("way", [("plan",), ("start", "-y")], ids=lambda way: str(way[0]))
def test_a_tuned_model_has_no_machines_to_copy(vertex: OnVertex, way: tuple[str, ...]) -> None:
    tuned = {
        "id": "11",
        "model": "projects/1/locations/europe-west4/models/500",
        "modelVersionId": "1",
        "checkpointId": "3",
    }
    vertex.server.control("PUT", "endpoints/1000", deployedModels=[tuned])

    said = asked(vertex.ann, way, VERTEX, "500@2")

    assert "no machines to copy" in said
    assert "set candidate.machine_type" in said
    assert "deployModel" not in vertex.calls


@pytest.mark.slow
@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize(
    ("kind", "says"),
    [("serverlessEndpoints", "a serverless endpoint"), ("batchEndpoints", "a batch endpoint")],
)
def test_azures_kinds_without_shares(
    azure: OnAzure, way: tuple[str, ...], kind: str, says: str
) -> None:
    azure.server.control("asset", kind=kind, name="llm", version="1")

    said = asked(azure.ann, way, (*AZURE, "-e", "llm"), "teal")

    assert says in said
    assert "managed online endpoint" in said
    assert "endpoint.put" not in azure.calls


@pytest.mark.parametrize(
    "properties",
    [{}, {"compute": "/subscriptions/x/computes/k8s"}, {"publicNetworkAccess": "Disabled"}],
    ids=["managed", "kubernetes", "private"],
)
def test_azures_kinds_with_shares(azure: OnAzure, properties: dict[str, Any]) -> None:
    azure.server.control(
        "endpoint",
        name="fraud",
        traffic={"blue": 100},
        properties=properties,
        deployments={"blue": {"model": "fraud:1"}, "teal": {"model": "fraud:2"}},
    )

    args = ("start", *AZURE, "-e", "fraud", "-m", "teal", "-p", "10", "-y", "--detach")
    result = azure.ann.run(*args)

    assert result.code == 0, result.out + result.err
    found = azure.server.look("fraud")["properties"]["traffic"]
    assert found == {"blue": 90, "teal": 10}


def test_somebodys_mirror_on_azure_is_said_before_a_share_ends_it(azure: OnAzure) -> None:
    azure.server.control("change", endpoint="eta", mirrorTraffic={"teal": 30})

    planned = azure.ann.run("plan", *AZURE, "-m", "teal", "-p", "10")

    said = " ".join(planned.out.split())
    assert "'teal' gets a copy of 30% of the traffic, which its first share ends" in said


@pytest.mark.slow
def test_an_endpoint_without_any_traffic_has_one_hint_that_works(azure: OnAzure) -> None:
    azure.somebody_sets(blue=0)
    first = azure.ann.run("start", *AZURE, "-m", "teal", "-p", "10", "-y", "--detach")
    assert first.code == 2
    assert "canary rollback eta --to blue" in first.err
    assert "--baseline" not in first.err

    assert azure.ann.run("rollback", *AZURE, "--to", "blue", "-y").code == 0
    again = azure.ann.run("start", *AZURE, "-m", "teal", "-p", "10", "-y", "--detach")
    assert again.code == 0, again.out + again.err


def test_many_models_of_sagemaker_are_released_by_variant(aws: tuple[Server, Canary]) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": {"instances": 2}, "v2": {"weight": 0}})
    container = {"Image": "image", "Mode": "MultiModel", "ModelDataUrl": "s3://models/all/"}
    for name in ("model-v1", "model-v2"):
        server.control("model", {"name": name, "PrimaryContainer": container})

    arms = ("-m", "v2", "-p", "10")
    for way in (("plan", *arms), ("start", "-y", "--detach", *arms)):
        done = canary.run(*way, *SAGEMAKER)
        assert done.code == 0, done.out + done.err
    assert fit(canary)
    assert server.weights("fraud") == pytest.approx({"v1": 90, "v2": 10})
    back = canary.run("rollback", "-y", *SAGEMAKER)
    assert back.code == 0, back.out + back.err


def test_ten_variants_have_no_room_for_another_but_move_among_themselves(
    aws: tuple[Server, Canary],
) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": 100, **{f"v{n}": 0 for n in range(2, 11)}})
    server.control("model", {"name": "m2", "PrimaryContainer": {"Image": "image"}})

    for way in (("plan",), ("start", "-y")):
        assert "SageMaker allows 10" in asked(canary, way, SAGEMAKER, "m2")
    assert {"CreateEndpointConfig", "AddTags"}.isdisjoint(server.operations())
    assert fit(canary)
    start = canary.run("start", *SAGEMAKER, "-m", "v10", "-p", "10", "-y", "--detach")
    assert start.code == 0, start.out + start.err
    assert canary.run("rollback", "-y", *SAGEMAKER).code == 0


def test_a_shadow_beside_more_than_two_variants_is_refused_before_anything_is_written(
    aws: tuple[Server, Canary],
) -> None:
    server, canary = aws
    server.endpoint("fraud", {"v1": 100, "v2": 0, "v3": 0})
    plan = "{shadow: {percent: 100, bake: 1m}, stages: [{percent: 100}], checks: []}"
    canary.write(f"version: 1\nplans: {{mirror: {plan}}}\n")

    for way in (("plan",), ("start", "-y")):
        said = canary.run(*way, *SAGEMAKER, "-m", "v2", "--plan", "mirror")
        assert said.code == 2, said.out + said.err
        assert "only among 2 versions, and there is v3 too" in said.out + said.err
    assert {"CreateEndpointConfig", "UpdateEndpoint", "AddTags"}.isdisjoint(server.operations())
    assert fit(canary)
    assert canary.run("rollback", "-y", *SAGEMAKER).code == 0


@pytest.mark.parametrize("way", ASKED)
def test_google_distributed_cloud_splits_nothing(vertex: OnVertex, way: tuple[str, ...]) -> None:
    vertex.server.control("PUT", "endpoints/1000", gdcConfig={"zone": "zone-a"})

    assert "Google Distributed Cloud" in asked(vertex.ann, way, VERTEX, "22")
    assert "updateEndpoint" not in vertex.calls


def test_a_model_gardens_endpoint_is_released_and_its_checks_fit_a_terminal(
    vertex: OnVertex,
) -> None:
    name = "mg-endpoint-5d1c8a2e-7e1a-4d2e-9f0b-1a2b3c4d5e6f"
    known = vertex.server.cloud.endpoints["1000"]
    mine = known["name"].replace("/1000", f"/{name}")
    vertex.server.control("PUT", f"endpoints/{name}", **{**known, "name": mine})
    arms = (*VERTEX[:-1], name, "-m", "22", "-p", "10")

    planned = vertex.ann.run("plan", *arms)
    start = vertex.ann.run("start", *arms, "-y", "--detach")

    assert (planned.code, start.code) == (0, 0), planned.err + start.err
    table = planned.out.partition("  CHECK")[2].partition("\n\n")[0]
    assert "response_count" in table
    assert max(map(len, table.splitlines())) <= 80
    assert vertex.server.cloud.endpoints[name]["trafficSplit"] == {"11": 90, "22": 10}
