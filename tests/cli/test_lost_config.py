"""An endpoint whose live config somebody deleted, as Terraform does."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

FLAGS = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
LOST = (
    'Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:'
    'endpoint-config/fraud-config".'
)


@pytest.fixture
def aws(bare_aws: Server, tmp_path: Path) -> tuple[Server, Canary]:
    server = bare_aws
    server.endpoint("fraud", {"v1": {"instances": 2, "weight": 9}, "v2": {"weight": 0}})
    refused = {"code": "ValidationException", "message": LOST}
    server.fault("DescribeEndpointConfig", "refuse", **refused)
    return server, Canary(tmp_path / "ann", dict(server.environment))


def test_weights_move_without_it(aws: tuple[Server, Canary]) -> None:
    server, canary = aws

    result = canary.run("start", *FLAGS, "-m", "v2", "-p", "10", "-y", "--detach")

    assert result.code == 0, result.out + result.err
    assert server.weights("fraud") == pytest.approx({"v1": 90, "v2": 10})


def test_a_rollback_that_needs_it_is_unsafe_and_says_how_to_go_on(
    aws: tuple[Server, Canary],
) -> None:
    server, canary = aws
    assert canary.run("start", *FLAGS, "-m", "v2", "-p", "10", "-y", "--detach").code == 0
    refused = {"code": "ValidationException", "message": LOST}
    server.fault("UpdateEndpointWeightsAndCapacities", "refuse", **refused)

    result = canary.run("rollback", *FLAGS, "-y")

    assert result.code == 13, result.out + result.err
    assert "create an endpoint config of that name again" in " ".join(result.err.split())
