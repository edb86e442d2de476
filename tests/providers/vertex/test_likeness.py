"""The deployed model that is asked for: what it has of the baseline."""

from typing import Any

import pytest
from servers.vertex import Server

from canarycli.errors import Denied, Unsupported, UsageError
from canarycli_vertex import Vertex
from canarycli_vertex.blueprint import check_options, wish
from canarycli_vertex.models import Model

MODEL = Model("projects/1/locations/us-central1/models/500", "2", "churn")
GPU: dict[str, Any] = {
    "machineSpec": {
        "machineType": "n1-standard-8",
        "acceleratorType": "NVIDIA_TESLA_T4",
        "acceleratorCount": 1,
        "reservationAffinity": {"reservationAffinityType": "ANY_RESERVATION"},
    },
    "minReplicaCount": 4,
    "maxReplicaCount": 10,
    "requiredReplicaCount": 3,
    "autoscalingMetricSpecs": [
        {"metricName": "aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle"},
        {"metricName": "aiplatform.googleapis.com/prediction/online/cpu/utilization"},
    ],
}


def resources(before: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = wish({"id": "11", "dedicatedResources": before}, MODEL, "99", options)
    return dict(found["dedicatedResources"])


def test_the_baselines_machines_are_copied_whole() -> None:
    assert resources(GPU) == GPU


def test_another_machine_type_carries_no_accelerators() -> None:
    found = resources(GPU, machine_type="n2-standard-8")

    assert found["machineSpec"] == {"machineType": "n2-standard-8"}
    assert [s["metricName"].rpartition("/")[2] for s in found["autoscalingMetricSpecs"]] == [
        "utilization"
    ]


def test_no_accelerators_takes_type_and_count_away() -> None:
    found = resources(GPU, accelerator_count=0)

    assert found["machineSpec"] == {
        "machineType": "n1-standard-8",
        "reservationAffinity": {"reservationAffinityType": "ANY_RESERVATION"},
    }


def test_no_more_replicas_are_required_than_there_have_to_be() -> None:
    found = resources(GPU, min_replicas=1, max_replicas=2)

    assert (found["minReplicaCount"], found["maxReplicaCount"]) == (1, 2)
    assert found["requiredReplicaCount"] == 1


def test_a_candidate_never_sleeps() -> None:
    asleep = {**GPU, "minReplicaCount": 0, "scaleToZeroSpec": {"idleScaledownPeriod": "300s"}}

    found = resources(asleep)

    assert found["minReplicaCount"] == 1
    assert "scaleToZeroSpec" not in found


def test_what_belongs_to_the_old_model_stays_with_it() -> None:
    baseline = {
        "id": "11",
        "model": "projects/1/locations/us-central1/models/400",
        "checkpointId": "3",
        "explanationSpec": {"parameters": {}},
        "speculativeDecodingSpec": {"speculativeTokenCount": 4},
        "enableAccessLogging": True,
        "dedicatedResources": GPU,
    }

    found = wish(baseline, MODEL, "99", {})

    assert found == {
        "id": "99",
        "model": "projects/1/locations/us-central1/models/500@2",
        "displayName": "churn-2",
        "enableAccessLogging": True,
        "dedicatedResources": GPU,
    }


def test_a_tuned_model_has_no_machines_to_copy_and_can_be_given_some() -> None:
    tuned = {"id": "11", "checkpointId": "3"}

    with pytest.raises(Unsupported, match="no machines to copy") as refused:
        wish(tuned, MODEL, "99", {})
    given = wish(tuned, MODEL, "99", {"machine_type": "g2-standard-8"})

    assert refused.value.hints == ("set candidate.machine_type",)
    assert given["dedicatedResources"]["machineSpec"] == {"machineType": "g2-standard-8"}


def test_a_model_of_another_project_is_asked_for_there_and_is_not_ones_own(
    vertex: Vertex, server: Server
) -> None:
    word = "projects/prod-ml/locations/europe-west4/models/500@3"

    with pytest.raises(Denied, match="prod-ml"):
        vertex.preview(vertex.describe("1000"), word, "11", {})

    asked = [call["path"] for call in server.calls if call["call"] == "getModel"]
    assert asked == [f"/v1/{word}"]


POOL = {"id": "11", "sharedResources": "projects/1/locations/us-central1/pools/p"}
AUTOMATIC = {"id": "11", "automaticResources": {"minReplicaCount": 1}}


@pytest.mark.parametrize(
    ("baseline", "options", "why"),
    [
        ({}, {"pool": "p", "machine_type": "n2-standard-8"}, "pool and candidate.machine_type"),
        ({}, {"pool": "p", "min_replicas": 2}, "pool and candidate.min_replicas"),
        ({}, {"min_replicas": 0}, "min_replicas is a whole number from 1 on, not '0'"),
        ({}, {"max_replicas": 2.5}, "max_replicas is a whole number from 1 on, not '2.5'"),
        ({}, {"max_replicas": 2}, "max_replicas is 2, less than the 4"),
        ({}, {"min_replicas": 3, "max_replicas": 2}, "max_replicas is 2, less than the 3"),
        ({}, {"spot": "no"}, "spot is true or false, not 'no'"),
        ({}, {"machine_type": "a2-highgpu-1g", "accelerator_type": "X"}, "accelerator_count is m"),
        ({}, {"machine_type": "a2-highgpu-1g", "accelerator_count": 1}, "accelerator_type is m"),
        (POOL, {"min_replicas": 2}, "min_replicas means nothing .* a pool's"),
        (POOL, {"spot": True}, "spot means nothing .* a pool's"),
        (AUTOMATIC, {"spot": True}, "spot means nothing .* Vertex AI's own choice"),
    ],
)
def test_what_would_not_be_deployed_as_it_is_asked_for_is_refused(
    baseline: dict[str, Any], options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        wish(baseline or {"id": "11", "dedicatedResources": GPU}, MODEL, "99", options)


@pytest.mark.parametrize("options", [{"min_replicas": 0}, {"pool": "p", "spot": True}])
def test_what_makes_no_sense_on_any_baseline_shows_without_one(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        check_options(options)


def test_accelerators_alone_need_the_baselines_machine() -> None:
    wanted = {"accelerator_type": "NVIDIA_L4", "accelerator_count": 1}

    with pytest.raises(Unsupported, match="no machines to copy"):
        wish(AUTOMATIC, MODEL, "99", wanted)

    machine = resources({**GPU, "machineSpec": {"machineType": "g2-standard-8"}}, **wanted)
    assert machine["machineSpec"]["acceleratorType"] == "NVIDIA_L4"


def test_a_model_of_another_project_is_not_the_one_of_that_id_that_is_deployed() -> None:
    ours = {"model": "projects/1/locations/us-central1/models/500", "modelVersionId": "2"}
    theirs = Model("projects/2/locations/us-central1/models/500", "2", "churn", elsewhere=True)

    assert MODEL.is_deployed_as(ours)
    assert not theirs.is_deployed_as(ours)
    assert theirs.is_deployed_as({**ours, "model": theirs.resource})


@pytest.mark.parametrize(
    ("word", "why", "way"),
    [
        (
            "projects/acme-ml/locations/us-central1/models/500@2",
            "is in us-central1, and the endpoint is in europe-west4",
            "gcloud ai models copy --region europe-west4",
        ),
        ("publishers/google/models/gemma2@001", "no model of a registry", "Model Garden first"),
        ("projects/acme-ml/locations/europe-west4/endpoints/1", "no model of a reg", "models/ID"),
    ],
)
def test_what_no_endpoint_here_can_serve_is_named(
    vertex: Vertex, server: Server, word: str, why: str, way: str
) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        vertex.preview(vertex.describe("1000"), word, "11", {})

    assert way in " ".join(refused.value.hints)
    assert "getModel" not in [call["call"] for call in server.calls]
