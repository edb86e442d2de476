"""An autoscaled baseline keeps its instances while a rollback may want them."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

WHERE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/blue",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
FLAGS = ("--provider", "sagemaker", "-e", "churn")


@pytest.fixture
def server(bare_aws: Server) -> Server:
    server = bare_aws
    server.endpoint(
        "churn",
        {"blue": {"weight": 1, "instances": 6}, "green": {"weight": 0, "instances": 6}},
    )
    body = {"endpoint": "churn", "rate": 300, "backfill_seconds": 60, "variants": {}}
    server.control("traffic", body)
    return server


@pytest.fixture
def scaling(server: Server) -> Any:
    client = boto3.client(
        "application-autoscaling",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    client.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=9)
    return client


def least(scaling: Any) -> int:
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return int(target["MinCapacity"])


def test_the_minimum_is_raised_at_the_first_share_and_restored_when_the_release_goes_back(
    server: Server, scaling: Any, tmp_path: Path
) -> None:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    driving = canary.begin("start", *FLAGS, "-m", "green", "-p", "5", "--yes")
    driving.wait_for("blue keeps its instances")
    assert least(scaling) == 6
    assert canary.run("rollback", *FLAGS, "-y").code == 0
    assert driving.end().code == 6
    assert least(scaling) == 1


def test_a_rollback_without_a_driver_restores_it_too(
    server: Server, scaling: Any, tmp_path: Path
) -> None:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    assert canary.run("start", *FLAGS, "-m", "green", "-p", "5", "--yes", "--detach").code == 0
    assert least(scaling) == 6
    assert canary.run("rollback", *FLAGS, "-y").code == 0
    assert least(scaling) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["denied", "error", "html", "drop_before"])
def test_a_minimum_that_can_not_be_read_stops_no_release(
    server: Server, scaling: Any, tmp_path: Path, kind: str
) -> None:
    server.fault("DescribeScalableTargets", kind)
    canary = Canary(tmp_path / "ann", dict(server.environment))
    result = canary.run("start", *FLAGS, "-m", "green", "-p", "5", "--yes", "--detach")
    assert result.code == 0, result.out + result.err
    server.control("clear_faults", {})
    assert least(scaling) == 1
