"""The official SDK and canary, at the same endpoint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from servers.vertex import Server

from canarycli.errors import Conflict
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex

NOTES = {"canary-release": "r-7h3c", "canary-baseline": "11", "canary-candidate": "22"}


@pytest.mark.slow
def test_each_reads_what_the_other_wrote(vertex: Vertex, server: Server) -> None:
    vertex.shift(vertex.describe("1000"), Traffic.split("11", "22", 25), NOTES)
    before = vertex.describe("1000")

    said = json.loads(_sdk(server).splitlines()[-1])

    assert said["split"] == {"11": 75, "22": 25}
    assert said["labels"] == {"team": "fraud", **NOTES}
    assert said["models"] == {"11": "1", "22": "2"}
    seen = vertex.describe("1000")
    assert seen.traffic.same_as(Traffic.split("11", "22", 40))
    assert [v.name for v in seen.versions] == said["deployed"]
    assert seen.find("500@3")[0].in_service
    with pytest.raises(Conflict, match="changed since it was looked at"):
        vertex.shift(before, Traffic.split("11", "22", 50), NOTES)


def _sdk(server: Server) -> str:
    program = Path(__file__).with_name("sdk_client.py")
    done = subprocess.run(
        [sys.executable, str(program), server.url],
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
    )
    server.calls[:] = [call for call in server.calls if call["call"] != "CONNECT"]
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
