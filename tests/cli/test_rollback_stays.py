"""A rollback wins and stays, and a cancelled job takes its raise back, by the installed command."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import OnAzure
from servers.sagemaker import Server, running

FLAGS = ("-e", "fraud", "--provider", "sagemaker", "--region", "us-east-1")
CONFIG = """
version: 1
endpoints:
  fraud: {provider: sagemaker, region: us-east-1, plan: quick}
plans:
  quick:
    settle_within: 40s
    stages: [{percent: 5, bake: 3s}, {percent: 25, bake: 3s}, {percent: 100}]
    checks: []
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        server.endpoint("fraud", {"v1": {"weight": 1}, "v2": {"weight": 0}})
        yield server


@pytest.fixture
def canary(server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(CONFIG)
    return canary


@pytest.mark.slow
def test_a_cancelled_job_goes_on_until_its_raise_is_taken_back(
    server: Server, canary: Canary
) -> None:
    server.control("settings", {"weights_seconds": 8})
    job = canary.begin("start", "-m", "v2", "-y", "--on-interrupt", "rollback")
    job.wait_for("accepted")
    job.send(signal.SIGTERM)

    ended = job.end()

    assert ended.code == 143, ended.out + ended.err
    server.control("settle", {"endpoint": "fraud"})
    assert server.weights("fraud") == {"v1": 100, "v2": 0}


@pytest.mark.slow
def test_a_cancelled_job_goes_on_until_azure_has_taken_its_raise_back(azure: OnAzure) -> None:
    azure.server.control("settings", endpoint_seconds=8)
    job = azure.ann.begin("start", "-m", "teal", "-y", "--on-interrupt", "rollback")
    job.wait_for("accepted")
    job.send(signal.SIGINT)

    ended = job.end()

    assert ended.code == 130, ended.out + ended.err
    azure.server.control("advance", seconds=9)
    assert azure.split == {"blue": 100}
    assert azure.shares() == [0, 5, 0]


def test_a_rollback_from_a_bare_machine_ends_the_driver_with_6(
    server: Server, canary: Canary
) -> None:
    server.control("settings", {"weights_seconds": 0})
    driver = canary.begin("start", "-m", "v2", "-y")
    driver.wait_for("confirmed")
    back = canary.elsewhere("phone").run("rollback", "-y", *FLAGS, "-o", "json")
    assert back.code == 0, back.out + back.err
    assert back.json["waited_for"] == "verified"
    ended = driver.end()
    assert ended.code == 6, ended.out + ended.err
    assert server.weights("fraud")["v2"] == 0


def test_a_start_sees_a_rollback_to_its_end_that_was_left_and_says_so(
    server: Server, canary: Canary
) -> None:
    assert canary.run("start", "-m", "v2", "--percent", "5", "--detach", "-y").code == 0
    server.control("settings", {"weights_seconds": 1})
    assert canary.run("rollback", "-y", "--no-wait").code == 0

    again = canary.run("start", "-m", "v2", "--percent", "5", "--detach", "-y")

    assert again.code == 0, again.out + again.err
    assert "rolls fraud back and nobody sees it to its end; doing that first" in again.err
    assert server.weights("fraud")["v2"] == 5
