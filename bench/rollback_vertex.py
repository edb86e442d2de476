"""`canary rollback` on Vertex AI against Google's own SDK in a process, on one loopback server."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from contest import Contest, Rival, contests_on, until
from processes import Cost
from servers.vertex import Server
from servers.vertex.seed import seed

ENDPOINT, BASELINE, CANDIDATE = "1000", "11", "22"
PROJECT, REGION = "acme-ml", "europe-west4"
SCRIPT = f"""
import sys
from google.cloud import aiplatform
aiplatform.init(
    project="{PROJECT}", location="{REGION}", api_endpoint=sys.argv[1], api_transport="rest"
)
aiplatform.Endpoint("{ENDPOINT}").update(traffic_split={{"{BASELINE}": 100}})
"""


@contextmanager
def contests() -> Iterator[tuple[Contest, ...]]:
    """The contests, with the server up as long as they are in use."""
    with Server(PROJECT, REGION) as server, TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        seed(server)
        key = home / "key.json"
        key.write_text(json.dumps(server.identity.new_key(server.url)), encoding="utf-8")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GOOGLE_APPLICATION_CREDENTIALS": str(key),
            "CANARY_VERTEX_ENDPOINT": server.url,
            "CANARY_MONITORING_ENDPOINT": server.url,
        }
        yield contests_on(
            Play(server),
            ("--provider", "vertex", "--project", PROJECT, "--region", REGION, "-e", ENDPOINT),
            rivals(server.url),
            env,
            CANDIDATE,
        )


def rivals(url: str) -> tuple[Rival, ...]:
    """Google's SDK, and a script without it; the SDK does not wait until the change is in place."""
    script = str(Path(__file__).with_name("by_hand_vertex.py"))
    place = ("--project", PROJECT, "--region", REGION)
    return (
        Rival(
            "aiplatform.Endpoint.update",
            (sys.executable, "-W", "ignore", "-c", SCRIPT, url),
            f"google-cloud-aiplatform/{version('google-cloud-aiplatform')}",
            Cost(cpu=0.1, wall=1),
        ),
        Rival(
            "a script with google-auth, requests, Typer",
            (sys.executable, script, ENDPOINT, BASELINE, *place),
            f"google-auth/{version('google-auth')}",
            Cost(cpu=1, wall=inf),
        ),
    )


@dataclass(frozen=True, slots=True)
class Play:
    """The endpoint the server is seeded with; a change of the split is in place at once."""

    server: Server
    labels: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """All traffic on the baseline."""
        self._put({BASELINE: 100}, {})

    def remember(self) -> None:
        """The endpoint's labels."""
        self.labels.update(self.server.cloud.endpoint(ENDPOINT).get("labels", {}))

    def split(self) -> None:
        """An endpoint in the middle of a release, with its notes, and no calls yet."""
        self._put({BASELINE: 90, CANDIDATE: 10}, self.labels)

    def _put(self, share: dict[str, int], labels: dict[str, str]) -> None:
        self.server.control("PUT", f"endpoints/{ENDPOINT}", trafficSplit=share, labels=labels)
        self.server.control("DELETE", "calls")

    def check_home(self) -> None:
        """Raise unless all traffic is on the baseline."""
        split = self.server.cloud.endpoint(ENDPOINT)["trafficSplit"]
        if split.get(CANDIDATE) or split.get(BASELINE) != 100:
            raise RuntimeError(f"traffic is not home: {split}")

    def calls_until_moved(self) -> list[str]:
        """The calls since `split`, up to the one that moves traffic, the token's left out."""
        names = [str(call["call"]) for call in self.server.calls if call["call"] != "token"]
        return until("updateEndpoint", names)
