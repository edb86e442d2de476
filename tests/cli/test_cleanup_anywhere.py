"""A version that a release of another machine left goes from any machine, on every cloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.sagemaker import Server, running

pytestmark = pytest.mark.slow

AWS = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")


@pytest.fixture(scope="module")
def aws() -> Iterator[Server]:
    with running() as server:
        yield server


def test_on_sagemaker_unless_a_release_is_under_way(aws: Server, tmp_path: Path) -> None:
    bare = Canary(tmp_path / "bare", dict(aws.environment))
    aws.endpoint("fraud", {"v1": {"instances": 2}, "v2": 0})
    tags = {"canary-release": "r-7k2f", "canary-baseline": "v1", "canary-candidate": "v2"}
    arn = aws.control("state", {"endpoint": "fraud"})["EndpointArn"]
    aws.control("tags", {"arn": arn, "tags": tags})
    aws.control("change", {"endpoint": "fraud", "weights": {"v1": 90, "v2": 10}})
    busy = bare.run("cleanup", *AWS, "--version", "v2", "--yes")
    aws.control("change", {"endpoint": "fraud", "weights": {"v1": 100, "v2": 0}})

    used = bare.run("cleanup", *AWS, "--version", "v1", "--yes")
    gone = bare.run("cleanup", *AWS, "--version", "v2", "--yes")

    assert (busy.code, "release r-7k2f of another machine" in busy.err) == (7, True), busy.err
    assert (used.code, "v1 can't be removed: it has 100%" in used.err) == (10, True), used.err
    assert gone.code == 0, gone.err
    assert set(aws.weights("fraud")) == {"v1"}


def test_on_vertex(vertex: OnVertex) -> None:
    bare = vertex.ann.elsewhere("bare")

    unknown = bare.run("cleanup", *VERTEX, "--yes")
    gone = bare.run("cleanup", *VERTEX, "--version", "500@2", "--yes")

    assert unknown.code == 9
    assert "canary cleanup -e 1000 --version VERSION" in unknown.err
    assert gone.code == 0, gone.err
    models = vertex.server.cloud.endpoints["1000"]["deployedModels"]
    assert [model["id"] for model in models] == ["11"]


def test_a_half_deployed_one_on_azure(azure: OnAzure) -> None:
    azure.server.control("asset", kind="models", name="eta", version="3", properties={})
    azure.server.control("fail_next", name="eta-3", log="no")
    assert azure.ann.run("start", "-m", "eta:3", "--percent", "5", "--yes").code == 10
    bare = azure.ann.elsewhere("bare")

    gone = bare.run("cleanup", *AZURE, "--version", "eta-3", "--yes")

    assert gone.code == 0, gone.err
    left = bare.run("status", *AZURE, "-o", "json").json["versions"]
    assert [version["name"] for version in left] == ["blue", "teal"]
