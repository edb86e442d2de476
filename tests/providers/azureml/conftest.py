"""A server of its own for every test, and the environment that points clients at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.azureml.running import PLACE, Server, serving

from canarycli_azureml import AzureML


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Azure with one endpoint, `churn`: blue has all the traffic, teal is idle."""
    with serving(tmp_path / "ca.pem") as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        running.control(
            "endpoint",
            name="churn",
            traffic={"blue": 100},
            deployments={"blue": {}, "teal": {}},
        )
        yield running


@pytest.fixture
def azureml(server: Server) -> Iterator[AzureML]:
    """The provider, with nothing but the environment to go by."""
    assert server.url
    provider = AzureML(PLACE)
    yield provider
    provider.close()
