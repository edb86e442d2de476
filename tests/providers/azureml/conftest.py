"""A fresh Azure for every test, and the environment that points clients at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.identity import EnvironmentCredential
from servers.azureml.running import PLACE, Server, serving

from canarycli_azureml import AzureML
from canarycli_azureml.policy import GRANTS, ROLLBACK

MANAGER = "https://management.azure.com"
NAMED = {"", *ROLLBACK}.union(*GRANTS.values())


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a process; `server` empties it for each."""
    with serving(tmp_path_factory.mktemp("azureml") / "ca.pem") as server:
        yield server


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Azure with one endpoint, `churn`: blue has all the traffic, teal is idle."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    running.control("reset")
    running.control(
        "endpoint", name="churn", traffic={"blue": 100}, deployments={"blue": {}, "teal": {}}
    )
    yield running
    ours = [call for call in running.calls() if "canarycli/" in call["agent"]]
    assert {call["action"] for call in ours} <= NAMED, "a call that no policy names"


@pytest.fixture(scope="session")
def client(running: Server) -> Iterator[PipelineClient[Any, Any]]:
    """A client that signs in once for all tests of a process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        signing = BearerTokenCredentialPolicy(EnvironmentCredential(), f"{MANAGER}/.default")
    signed_in: PipelineClient[Any, Any] = PipelineClient(MANAGER, policies=[signing])
    yield signed_in
    signed_in.close()


@pytest.fixture
def azureml(server: Server, client: PipelineClient[Any, Any]) -> AzureML:
    """The provider, signed in already."""
    assert server.url
    return AzureML(PLACE, client=client)


@pytest.fixture
def newcomer(server: Server) -> Iterator[AzureML]:
    """The provider with nothing but the environment to go by: the whole token flow."""
    assert server.url
    provider = AzureML(PLACE)
    yield provider
    provider.close()
