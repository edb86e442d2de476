"""The provider and its server as processes of their own: start-up, imports, stray calls."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[2]
ROLLBACK = """
import json, sys, threading
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex
vertex = Vertex({"project": "acme-ml", "region": "europe-west4"})
seen = vertex.describe("1000")
vertex.shift(seen, Traffic.all_to("11"), {})
print(json.dumps({
    "heavy": sorted(name for name in sys.modules if name.startswith(("google.cloud.", "grpc"))),
    "threads": threading.active_count(),
    "split": dict(vertex.describe("1000").traffic.shares),
}))
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The server as `python -m servers.vertex` starts it, with a key file beside it."""
    command = [sys.executable, "-m", "servers.vertex", "--port", "0", "--seed", "--key"]
    with subprocess.Popen(
        [*command, str(tmp_path / "key.json")], cwd=TESTS, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def control(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"{url}/__control/{path}", json.dumps(body or {}).encode(), method=method
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def environment(url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"),
        "CANARY_VERTEX_ENDPOINT": url,
        "CANARY_MONITORING_ENDPOINT": url,
        "HTTPS_PROXY": url,
        "NO_PROXY": "127.0.0.1",
    }


def test_a_rollback_imports_nothing_heavy_and_talks_to_nobody_else(
    url: str, tmp_path: Path
) -> None:
    control(url, "PUT", "endpoints/1000", {"trafficSplit": {"11": 50, "22": 50}})

    done = subprocess.run(
        [sys.executable, "-c", ROLLBACK],
        env=environment(url, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert json.loads(done.stdout) == {"heavy": [], "threads": 1, "split": {"11": 100.0}}
    assert done.stderr == ""
    calls = [call["call"] for call in control(url, "GET", "calls")["calls"]]
    assert calls == ["token", "getEndpoint", "updateEndpoint", "getEndpoint"]


def test_the_key_is_for_its_owner_only(url: str, tmp_path: Path) -> None:
    key = tmp_path / "key.json"

    assert key.stat().st_mode & 0o077 == 0
    assert json.loads(key.read_text())["token_uri"] == f"{url}/token"


def test_the_server_answers_bad_control_requests_with_an_error(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        control(url, "POST", "faults", {"call": "*", "kind": "earthquake"})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        control(url, "POST", "nothing")
