"""The SageMaker server, one process for each test worker, emptied before each test."""

from collections.abc import Iterator

import pytest
from servers.sagemaker import Server, running

from canarycli_sagemaker import SageMaker


@pytest.fixture(scope="session")
def server_process() -> Iterator[Server]:
    with running(loaded=True) as server:
        yield server


@pytest.fixture
def server(server_process: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    server_process.control("reset")
    for name, value in server_process.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return server_process


@pytest.fixture
def sagemaker(server: Server) -> SageMaker:
    assert server.url
    return SageMaker({"region": "us-east-1"})
