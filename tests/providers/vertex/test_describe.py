"""Looking at an endpoint."""

import pytest
from servers.vertex import Server
from servers.vertex.seed import deployed

from canarycli import __version__
from canarycli.errors import NotFound, Unsupported, UsageError
from canarycli_vertex import Vertex


def test_an_endpoint_shows_its_versions_and_its_split(vertex: Vertex) -> None:
    seen = vertex.describe("1000")

    assert [version.name for version in seen.versions] == ["11", "22"]
    assert dict(seen.traffic.shares) == {"11": 100.0}
    assert seen.settled
    assert seen.unfit == ""
    first = seen.versions[0]
    assert (first.model, first.instances, first.detail) == ("models/500@1", 2, "2 × n1-standard-4")
    assert first.in_service


def test_revision_changes_with_every_change(vertex: Vertex, server: Server) -> None:
    before = vertex.describe("1000").revision

    server.control("PUT", "endpoints/1000", description="touched")

    assert vertex.describe("1000").revision != before


@pytest.mark.parametrize(
    "word",
    [
        "22",
        "churn-v2",
        "models/500@2",
        "500@2",
        "churn-v2@2",
        "projects/424242424242/locations/europe-west4/models/500@2",
    ],
)
def test_a_version_is_found_by_every_name_it_has(vertex: Vertex, word: str) -> None:
    found = vertex.describe("1000").find(word)

    assert [version.name for version in found] == ["22"]


def test_a_model_that_is_deployed_twice_is_ambiguous(vertex: Vertex) -> None:
    found = vertex.describe("1000").find("models/500")

    assert [version.name for version in found] == ["11", "22"]


@pytest.mark.parametrize(
    "word",
    ["1000", "churn", "projects/acme-ml/locations/europe-west4/endpoints/1000"],
    ids=["id", "display name", "resource name"],
)
def test_an_endpoint_is_found_by_every_name_it_has(vertex: Vertex, word: str) -> None:
    assert vertex.describe(word).traffic.live == ("11",)


def test_a_display_name_is_looked_up_once(vertex: Vertex, server: Server) -> None:
    vertex.describe("churn")
    server.calls.clear()

    vertex.describe("churn")

    assert [call["call"] for call in server.calls] == ["getEndpoint"]


def test_a_list_that_was_not_filtered_finds_the_same(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/999", displayName="another")
    server.control("POST", "settings", filters=False)

    assert vertex.describe("churn").traffic.live == ("11",)


def test_two_endpoints_of_one_name_are_listed(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1001", displayName="churn")

    with pytest.raises(Unsupported, match="2 endpoints are called 'churn'") as caught:
        vertex.describe("churn")

    assert caught.value.facts == ("1000  churn", "1001  churn")


@pytest.mark.parametrize("word", ["4711", "nobody", "Nobody Knows"])
def test_an_endpoint_that_is_not_there_is_named(vertex: Vertex, word: str) -> None:
    with pytest.raises(NotFound, match=f"no endpoint '{word}' in acme-ml/europe-west4"):
        vertex.describe(word)


def test_who_may_not_list_endpoints_is_told_that_there_is_no_such_id(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "settings", denied=["aiplatform.endpoints.list"])

    with pytest.raises(NotFound, match="no endpoint '4711'") as caught:
        vertex.describe("4711")

    assert "may endpoints be listed" in caught.value.facts[0]


def test_a_resource_name_of_another_region_is_refused(vertex: Vertex) -> None:
    with pytest.raises(UsageError, match="not in europe-west4"):
        vertex.describe("projects/acme-ml/locations/us-east1/endpoints/1000")


def test_an_endpoint_without_anything_has_no_traffic(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/7", displayName="new")

    seen = vertex.describe("7")

    assert (seen.versions, dict(seen.traffic.shares)) == ((), {})
    assert seen.status == "no model deployed"


def test_a_vpc_peered_endpoint_is_unfit_with_the_reason(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", network="projects/1/global/networks/vpc")

    assert "VPC peering" in vertex.describe("1000").unfit


@pytest.mark.parametrize(
    "kind",
    [
        {"dedicatedEndpointEnabled": True, "dedicatedEndpointDns": "1000.example"},
        {"privateServiceConnectConfig": {"enablePrivateServiceConnect": True}},
    ],
    ids=["dedicated", "private service connect"],
)
def test_other_kinds_of_endpoint_fit(
    vertex: Vertex, server: Server, kind: dict[str, object]
) -> None:
    server.control("PUT", "endpoints/1000", **kind)

    assert vertex.describe("1000").unfit == ""


def test_a_version_in_a_shared_pool_says_which(vertex: Vertex, server: Server) -> None:
    pool = "projects/1/locations/europe-west4/deploymentResourcePools/small"
    model = deployed("33", "3")
    del model["dedicatedResources"], model["status"]
    server.control("PUT", "endpoints/1000", deployedModels=[{**model, "sharedResources": pool}])

    version = vertex.describe("1000").versions[0]

    assert (version.detail, version.instances, version.in_service) == ("pool small", None, True)


def test_a_version_whose_replicas_are_all_down_is_not_in_service(
    vertex: Vertex, server: Server
) -> None:
    broken = {**deployed("22", "2"), "status": {"message": "no replica is available"}}
    server.control("PUT", "endpoints/1000", deployedModels=[deployed("11", "1"), broken])

    seen = vertex.describe("1000")

    assert seen.serves("11")
    assert not seen.serves("22")


def test_accelerators_and_replica_ranges_are_shown(vertex: Vertex, server: Server) -> None:
    model = deployed("11", "1")
    model["dedicatedResources"] = {
        "machineSpec": {
            "machineType": "g2-standard-8",
            "acceleratorType": "NVIDIA_L4",
            "acceleratorCount": 1,
        },
        "minReplicaCount": 1,
        "maxReplicaCount": 4,
    }
    server.control("PUT", "endpoints/1000", deployedModels=[model])

    assert vertex.describe("1000").versions[0].detail == "1–4 × g2-standard-8 + 1 NVIDIA_L4"


def test_the_audit_log_shows_that_it_was_canary(vertex: Vertex, server: Server) -> None:
    vertex.describe("1000")

    agents = {call["agent"] for call in server.calls if call["call"] == "getEndpoint"}
    assert agents == {f"canarycli/{__version__}"}


def test_google_distributed_cloud_splits_nothing(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", gdcConfig={"zone": "zone-a"})

    seen = vertex.describe("1000")

    assert seen.indivisible
    assert "Google Distributed Cloud" in seen.unfit
