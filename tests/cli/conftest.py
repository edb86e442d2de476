"""What the tests of the command line share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.on_azureml import OnAzure, on_azure
from cli.on_vertex import OnVertex, on_vertex
from cli.shell import Desk, desk
from servers.sagemaker.running import Server, running


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """An empty home."""
    return desk(tmp_path)


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[OnVertex]:
    """A Vertex AI of this test's own, and ann with a canary.yaml."""
    with on_vertex(tmp_path) as world:
        yield world


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[OnAzure]:
    """An Azure of this test's own, and ann with a canary.yaml."""
    with on_azure(tmp_path) as world:
        yield world


@pytest.fixture(scope="session")
def aws_process() -> Iterator[Server]:
    """The SageMaker of one process of tests."""
    with running(loaded=True) as server:
        yield server


@pytest.fixture
def bare_aws(aws_process: Server) -> Server:
    """A SageMaker on which there is nothing yet."""
    aws_process.control("reset")
    return aws_process
