"""Bringing a candidate in, following it, taking it away."""

import json
from typing import Any

import pytest
from servers.vertex import Server
from servers.vertex.seed import deployed

from canarycli.errors import Conflict, Denied, NotFound, Rejected, Unavailable, Unsupported
from canarycli.provider import Deployer, Endpoint
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex

from .conftest import provider

RELEASE = "r-7k2f"
NOTES = {"canary-release": RELEASE, "canary-baseline": "11", "canary-candidate": "22"}


def deploy(vertex: Vertex, model: str = "models/500@3", **options: Any) -> str:
    return vertex.deploy(vertex.describe("1000"), model, "11", options, RELEASE)


def wait(vertex: Vertex, looks: int = 6) -> Endpoint:
    """Look until the deployment is over."""
    for _ in range(looks):
        seen = vertex.describe("1000")
    return seen


def asked(server: Server) -> list[dict[str, Any]]:
    """The deployed models that were asked for."""
    bodies = [json.loads(c["body"]) for c in server.calls if c["call"] == "deployModel"]
    assert all(body.keys() == {"deployedModel"} for body in bodies), "never with a split"
    return [body["deployedModel"] for body in bodies]


def test_the_provider_can_deploy(vertex: Vertex) -> None:
    assert isinstance(vertex, Deployer)


def test_a_candidate_gets_the_baselines_machines_and_no_split(
    vertex: Vertex, server: Server
) -> None:
    name = deploy(vertex)

    assert asked(server) == [
        {
            "id": name,
            "model": "projects/424242424242/locations/europe-west4/models/500@3",
            "displayName": "churn-3",
            "dedicatedResources": {
                "machineSpec": {"machineType": "n1-standard-4"},
                "minReplicaCount": 2,
                "maxReplicaCount": 2,
            },
        }
    ]


def test_a_deployment_is_followed_in_the_clouds_own_stages(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", deploy={"polls": 7})
    name = deploy(vertex)

    stages = []
    for _ in range(8):
        seen = vertex.describe("1000")
        stages.append(vertex.progress(seen))

    assert stages == [
        "preparing the model",
        "creating the serving cluster",
        "adding nodes to the cluster",
        "getting the container image",
        "starting the model server",
        "finishing up",
        "",
        "",
    ]
    assert seen.serves(name)


def test_what_is_coming_is_shown_and_gets_no_traffic(vertex: Vertex, server: Server) -> None:
    name = deploy(vertex)

    seen = vertex.describe("1000")

    assert seen.settled, "a deployment does not touch the split"
    assert seen.version(name) is not None
    assert not seen.serves(name)
    assert seen.status == seen.versions[-1].detail != ""
    with pytest.raises(Conflict, match="still being deployed"):
        vertex.shift(seen, Traffic.split("11", name, 5), {})
    assert "updateEndpoint" not in [
        call["call"] for call in server.calls if "trafficSplit" in call["query"]
    ]


def test_another_machine_follows_the_same_deployment(vertex: Vertex, server: Server) -> None:
    name = deploy(vertex)
    other = provider(server)

    assert other.progress(other.describe("1000"))
    assert other.deploy(other.describe("1000"), "models/500@3", "11", {}, RELEASE) == name
    assert len(asked(server)) == 1


def test_a_lost_answer_does_not_deploy_twice(vertex: Vertex, server: Server) -> None:
    server.control("POST", "faults", call="deployModel", kind="drop_after")
    with pytest.raises(Unavailable):
        deploy(vertex)

    name = deploy(vertex)

    assert vertex.progress(vertex.describe("1000"))
    assert wait(vertex).serves(name)
    assert len(server.cloud.endpoints["1000"]["deployedModels"]) == 3


def test_a_deployment_goes_on_where_labels_can_not_be_written(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "settings", denied=["aiplatform.endpoints.update"])

    name = deploy(vertex)

    assert vertex.progress(vertex.describe("1000"))
    assert wait(vertex).serves(name)


def test_the_label_of_a_deployment_is_no_note_and_goes_with_the_first_raise(
    vertex: Vertex, server: Server
) -> None:
    deploy(vertex)
    seen = wait(vertex)
    assert vertex.notes(seen) == {}
    assert "canary-operation" in server.cloud.endpoints["1000"]["labels"]

    vertex.shift(seen, Traffic.split("11", "22", 5), NOTES)

    assert server.cloud.endpoints["1000"]["labels"] == {"team": "fraud", **NOTES}


def test_a_deployment_that_ends_during_a_look_is_there_in_it(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "settings", deploy={"polls": 1})
    name = deploy(vertex)

    assert vertex.describe("1000").serves(name)


def test_a_deployment_that_was_retired_is_not_asked_about_for_ever(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "settings", deploy={"polls": 1})
    name = deploy(vertex)
    vertex.retire(vertex.describe("1000"), name)
    vertex.describe("1000")
    server.calls.clear()

    seen = vertex.describe("1000")

    assert seen.version(name) is None
    assert [call["call"] for call in server.calls] == ["getEndpoint"]


def test_a_finished_deployment_costs_no_further_request(vertex: Vertex, server: Server) -> None:
    deploy(vertex)
    wait(vertex)
    server.calls.clear()

    vertex.describe("1000")

    assert [call["call"] for call in server.calls] == ["getEndpoint"]


def test_a_failed_deployment_says_why_on_every_machine(vertex: Vertex, server: Server) -> None:
    why = "Model server exited unexpectedly. Model server logs can be found at x."
    server.control("POST", "settings", deploy={"error": {"code": 9, "message": why}})
    name = deploy(vertex)

    seen = wait(vertex)

    assert seen.failure == why.removesuffix(".")
    assert seen.version(name) is None
    assert wait(provider(server)).failure == seen.failure


def test_a_failed_deployment_can_be_asked_for_again(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", deploy={"error": {"code": 4, "message": "Timeout"}})
    deploy(vertex)
    wait(vertex)
    server.control("POST", "settings", deploy={"error": None})

    name = deploy(vertex)

    seen = wait(vertex)
    assert seen.serves(name)
    assert seen.failure == ""


def test_a_rollback_during_a_deployment_stands(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 50, "22": 50})
    deploy(vertex)

    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), NOTES)

    seen = wait(vertex)
    assert len(seen.versions) == 3
    assert seen.traffic.same_as(Traffic.all_to("11"))


@pytest.mark.parametrize("word", ["500@golden", "models/500@golden", "churn@3", "500@3"])
def test_a_model_is_found_by_version_alias_and_name(
    vertex: Vertex, server: Server, word: str
) -> None:
    deploy(vertex, word)

    assert asked(server)[0]["model"].endswith("/models/500@3")


def test_a_model_without_a_version_is_its_default_one(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "models/600/1", displayName="other")

    deploy(vertex, "models/600")

    assert asked(server)[0]["model"].endswith("/models/600@1")


def test_an_alias_of_a_version_that_is_deployed_deploys_nothing(
    vertex: Vertex, server: Server
) -> None:
    server.cloud.models["500"][1]["versionAliases"] = ["next"]

    assert deploy(vertex, "500@next") == "22"
    assert asked(server) == []


def test_a_version_that_is_deployed_twice_must_be_named_by_its_id(
    vertex: Vertex, server: Server
) -> None:
    models = [deployed("11", "1"), deployed("22", "2"), deployed("23", "2")]
    server.control("PUT", "endpoints/1000", deployedModels=models)

    with pytest.raises(Unsupported, match="deployed 2 times") as caught:
        deploy(vertex, "500@2")

    assert caught.value.facts == ("22", "23")


def test_the_baseline_beside_itself_is_deployed_for_an_a_a_release(
    vertex: Vertex, server: Server
) -> None:
    name = deploy(vertex, "500@1")

    assert name != "11"
    assert asked(server)[0]["model"].endswith("@1")


@pytest.mark.parametrize("word", ["models/999", "500@9", "Nobody", "models/500@nobody"])
def test_a_model_that_is_not_there_is_named(vertex: Vertex, word: str) -> None:
    with pytest.raises(NotFound, match=f"(no model '{word}'|does not exist: {word})"):
        deploy(vertex, word)


def test_two_models_of_one_name_are_listed(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "models/501/1", displayName="churn")

    with pytest.raises(Unsupported, match="2 models are called 'churn'") as caught:
        deploy(vertex, "churn")

    assert caught.value.facts == ("models/500", "models/501")


def test_options_change_machine_replicas_and_account(vertex: Vertex, server: Server) -> None:
    deploy(
        vertex,
        machine_type="g2-standard-8",
        accelerator_type="NVIDIA_L4",
        accelerator_count=1,
        min_replicas=3,
        max_replicas=6,
        service_account="serving@acme-ml.iam.gserviceaccount.com",
        spot=True,
    )

    asked_for = asked(server)[0]
    assert asked_for["serviceAccount"] == "serving@acme-ml.iam.gserviceaccount.com"
    assert asked_for["dedicatedResources"] == {
        "machineSpec": {
            "machineType": "g2-standard-8",
            "acceleratorType": "NVIDIA_L4",
            "acceleratorCount": 1,
        },
        "minReplicaCount": 3,
        "maxReplicaCount": 6,
        "spot": True,
    }


@pytest.mark.parametrize(
    "pool", ["small", "projects/1/locations/europe-west4/deploymentResourcePools/small"]
)
def test_a_candidate_can_go_into_a_shared_pool(vertex: Vertex, server: Server, pool: str) -> None:
    deploy(vertex, pool=pool)

    asked_for = asked(server)[0]
    assert asked_for["sharedResources"].endswith("/deploymentResourcePools/small")
    assert "dedicatedResources" not in asked_for


def test_a_baseline_in_a_pool_shares_it(vertex: Vertex, server: Server) -> None:
    pool = "projects/1/locations/europe-west4/deploymentResourcePools/small"
    model = deployed("11", "1")
    del model["dedicatedResources"]
    server.control("PUT", "endpoints/1000", deployedModels=[{**model, "sharedResources": pool}])

    deploy(vertex)

    assert asked(server)[0]["sharedResources"] == pool


def test_an_option_vertex_does_not_have_is_refused(vertex: Vertex, server: Server) -> None:
    with pytest.raises(Unsupported, match="has no 'instance_type'"):
        deploy(vertex, instance_type="ml.m5.xlarge")

    assert asked(server) == []


def test_a_vpc_peered_endpoint_takes_no_candidate(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", network="projects/1/global/networks/vpc")

    with pytest.raises(Unsupported, match="VPC peering"):
        deploy(vertex)


def test_a_missing_permission_to_deploy_is_named(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", denied=["aiplatform.endpoints.deploy"])

    with pytest.raises(Denied) as caught:
        deploy(vertex)

    assert caught.value.hints[0] == "grant aiplatform.endpoints.deploy"


def test_what_google_refuses_is_told_in_its_words(vertex: Vertex, server: Server) -> None:
    said = "Model server exited unexpectedly."
    fault = {"call": "deployModel", "kind": "refuse", "status": "INVALID_ARGUMENT"}
    server.control("POST", "faults", **fault, message=said)

    with pytest.raises(Rejected, match="Model server exited unexpectedly"):
        deploy(vertex)


def test_an_idle_version_is_retired_and_its_neighbours_keep_their_traffic(
    vertex: Vertex, server: Server
) -> None:
    vertex.retire(vertex.describe("1000"), "22")

    seen = vertex.describe("1000")
    assert [version.name for version in seen.versions] == ["11"]
    assert seen.traffic.same_as(Traffic.all_to("11"))
    assert '"trafficSplit"' not in "".join(call.get("body", "") for call in server.calls)


def test_a_version_with_traffic_is_kept_however_old_the_look(
    vertex: Vertex, server: Server
) -> None:
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 99, "22": 1})

    with pytest.raises(Conflict, match="'22' has 1% of the traffic"):
        vertex.retire(seen, "22")

    assert vertex.describe("1000").serves("22")


def test_a_version_that_gets_traffic_at_the_last_moment_is_kept(
    vertex: Vertex, server: Server
) -> None:
    rival = {"endpoint": "1000", "trafficSplit": {"11": 99, "22": 1}}
    server.control("POST", "faults", call="undeployModel", kind="write", write=rival)

    with pytest.raises(Conflict, match="has 1% of the traffic"):
        vertex.retire(vertex.describe("1000"), "22")


def test_the_last_version_is_kept(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", deployedModels=[deployed("22", "2")], trafficSplit={})

    with pytest.raises(Conflict, match="only version"):
        vertex.retire(vertex.describe("1000"), "22")


def test_a_version_that_is_gone_is_retired_already(vertex: Vertex) -> None:
    seen = vertex.describe("1000")
    vertex.retire(seen, "22")
    vertex.retire(seen, "22")
