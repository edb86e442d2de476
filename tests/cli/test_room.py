"""An endpoint without room for canary's notes is refused before anything is written."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.sagemaker import Server, running

SAGEMAKER = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/fraud"


def check(canary: Canary, flags: tuple[str, ...], model: str, says: str) -> None:
    """Plan and start refuse with 2, and the doctor says so too."""
    for way in (("plan",), ("start", "-y")):
        result = canary.run(*way, *flags, "-m", model, "-p", "10")
        assert result.code == 2, result.out + result.err
        assert says in " ".join((result.out + result.err).split())
        assert "locked" not in result.out
    assert says in " ".join(canary.run("doctor", *flags).out.split())


@pytest.mark.slow
@pytest.mark.parametrize(("taken", "fits"), [(47, True), (49, False)])
def test_fifty_tags_of_sagemaker(tmp_path: Path, taken: int, *, fits: bool) -> None:
    with running() as server:
        server.endpoint("fraud", {"v1": {"instances": 2}, "v2": {"weight": 0}})
        canary = Canary(tmp_path / "ann", dict(server.environment))
        server.control("tags", {"arn": ARN, "tags": {f"t{n}": "x" for n in range(taken)}})

        if fits:
            start = canary.run("start", *SAGEMAKER, "-m", "v2", "-p", "10", "-y", "--detach")
            assert start.code == 0, start.out + start.err
        else:
            check(canary, SAGEMAKER, "v2", f"{taken} of 50 tags are taken, canary needs 3")
            assert server.weights("fraud")["v2"] == 0


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/ml/ann is not authorized to perform: "
    "sagemaker:AddTags on resource: {arn} with an explicit deny in {policy}"
)


@pytest.mark.parametrize("policy", ["a service control policy", "an identity-based policy"])
def test_tags_that_a_policy_denies_are_found_before_anything_is_written(
    bare_aws: Server, tmp_path: Path, policy: str
) -> None:
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}, "v2": {"weight": 0}})
    canary = Canary(tmp_path / "ann", dict(bare_aws.environment))
    said = DENIED.format(arn=ARN, policy=policy)
    bare_aws.fault("AddTags", "refuse", code="AccessDeniedException", message=said)

    for way in (("plan",), ("start", "-y")):
        result = canary.run(*way, *SAGEMAKER, "-m", "v2", "-p", "10")
        text = " ".join((result.out + result.err).split())
        assert result.code == 8, text
        assert "canary can't note its release" in text
        assert said in text
        assert "locked" not in text

    assert "UpdateEndpointWeightsAndCapacities" not in bare_aws.operations()
    assert canary.run("history", "-o", "json").json["releases"] == []
    looked = " ".join(canary.run("doctor", *SAGEMAKER).out.split())
    assert f"sagemaker:AddTags can't use sagemaker:AddTags: {said}" in looked


def test_sixty_four_labels_of_vertex(vertex: OnVertex) -> None:
    labels = {f"l{n}": "x" for n in range(62)}
    vertex.server.control("PUT", "endpoints/1000", labels=labels)

    check(vertex.ann, VERTEX, "22", "62 of 64 labels are taken, canary needs 3")

    assert vertex.split == {"11": 100}


def test_fifty_tags_of_azure(azure: OnAzure) -> None:
    tags = {f"t{n}": "x" for n in range(47)}
    azure.server.control("change", endpoint="eta", tags=tags)

    check(azure.ann, AZURE, "teal", "48 of 50 tags are taken, canary needs 3")

    assert azure.split == {"blue": 100}
