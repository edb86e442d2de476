"""A seeded server, a fresh key for it, and the provider in between."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.vertex import Server
from servers.vertex.seed import seed

from canarycli.permissions import Needs
from canarycli_vertex import Vertex
from canarycli_vertex.policy import policy

CLOUD_VARIABLES = (
    "GOOGLE_CLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
    "GOOGLE_CLOUD_REGION",
    "GOOGLE_CLOUD_LOCATION",
    "CLOUDSDK_COMPUTE_REGION",
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM",
    "CANARY_VERTEX_ENDPOINT",
    "CANARY_MONITORING_ENDPOINT",
)
NAMED = set(policy(Needs(uploads=True, answers=True))["includedPermissions"])
FREE = {"token", "impersonate", "metadata", "getOperation"}
"""Calls that take no permission on an endpoint."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A project with one endpoint; the environment holds a key for it and nothing else."""
    with Server() as running:
        seed(running)
        running.clock.set(speed=0)  # so that no minute ends in the middle of a test
        running.identity.key_bits = 1024  # loading a longer one takes as long as a whole test
        key = tmp_path / "key.json"
        key.write_text(json.dumps(running.identity.new_key(running.url)))
        for name in CLOUD_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running
        assert "CONNECT" not in [call["call"] for call in running.calls], "a stray call"
        ours = [call for call in running.calls if "canarycli/" in call.get("agent", "")]
        needed = {call["permission"] for call in ours if call.get("permission")}
        assert needed <= NAMED, "a call that no policy names"
        assert {call["call"] for call in ours if not call.get("permission", "-")} <= FREE


@pytest.fixture
def vertex(server: Server) -> Vertex:
    """The provider, pointed at the server."""
    return provider(server)


def provider(server: Server, **more: object) -> Vertex:
    """One more provider for the same server, as another machine would have."""
    return Vertex(
        {
            "project": "acme-ml",
            "region": "europe-west4",
            "endpoint_url": server.url,
            "monitoring_url": server.url,
            **more,
        }
    )
