"""What is heavy stays out of the way of Google's few calls, and is there where it is needed."""

import subprocess
import sys

import pytest
from servers.corporate import closed
from servers.vertex import Server

from canarycli.errors import Unavailable
from canarycli_vertex import Vertex

HEAVY = {"requests", "urllib3", "charset_normalizer"}
LOOK = """
import sys
from canarycli_vertex import Vertex
print(Vertex({"project": "acme-ml", "region": "europe-west4"}).describe("1000").traffic)
print(sorted(set(eval(sys.argv[1])) & set(sys.modules)))
"""


def test_a_look_loads_google_auth_and_not_requests(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_VERTEX_ENDPOINT", server.url)

    said = subprocess.run(
        [sys.executable, "-c", LOOK, repr(HEAVY)], capture_output=True, text=True, check=True
    )

    assert said.stdout.splitlines()[1] == "[]"
    assert [call["call"] for call in server.calls] == ["token", "getEndpoint"]


def test_a_proxy_that_is_not_there_is_told_by_requests(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", closed())
    monkeypatch.delenv("NO_PROXY")

    with pytest.raises(Unavailable) as refused:
        vertex.describe("1000")

    assert "proxy" in " ".join([str(refused.value), *refused.value.facts]).lower()
