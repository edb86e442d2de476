"""`canary rollback` on Azure ML against Azure's own SDK in a process, on one loopback server."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from contest import Contest, Rival, contests_on, until
from servers.azureml.running import PLACE, Server, serving

ENDPOINT, BASELINE, CANDIDATE = "churn", "blue", "teal"
SCRIPT = f"""
import sys
from azure.ai.ml import MLClient
from azure.identity import EnvironmentCredential
client = MLClient(EnvironmentCredential(), *sys.argv[1:])
endpoint = client.online_endpoints.get("{ENDPOINT}")
endpoint.traffic = {{"{BASELINE}": 100, "{CANDIDATE}": 0}}
client.online_endpoints.begin_create_or_update(endpoint)
"""


@contextmanager
def contests() -> Iterator[tuple[Contest, ...]]:
    """The contests, with the server up as long as they are in use."""
    with TemporaryDirectory() as home, serving(Path(home) / "ca.pem") as server:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "AZURE_CORE_TRACING_ENABLED": "false",
            **server.environment,
        }
        place = [f"--{name.replace('_', '-')}={value}" for name, value in PLACE.items()]
        yield contests_on(
            Play(server),
            ("--provider", "azureml", *place, "-e", ENDPOINT),
            Rival(
                "MLClient.online_endpoints.begin_create_or_update",
                (sys.executable, "-W", "ignore", "-c", SCRIPT, *PLACE.values()),
                f"azure-ai-ml/{version('azure-ai-ml')}",
            ),
            env,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """The endpoint; a change of traffic is in place at once."""

    server: Server

    def split(self) -> None:
        """An endpoint in the middle of a release, and no calls yet."""
        self.server.control("reset")
        self.server.control("settings", endpoint_seconds=0)
        self.server.control(
            "endpoint",
            name=ENDPOINT,
            traffic={BASELINE: 90, CANDIDATE: 10},
            deployments={
                name: {"model": "churn:1", "capacity": 1} for name in (BASELINE, CANDIDATE)
            },
        )

    def check_home(self) -> None:
        """Raise unless all traffic is on the baseline."""
        traffic = self.server.look(ENDPOINT)["properties"]["traffic"]
        if traffic.get(CANDIDATE) or traffic.get(BASELINE) != 100:
            raise RuntimeError(f"traffic is not home: {traffic}")

    def calls_until_moved(self) -> list[str]:
        """The calls since `split`, up to the one that moves traffic, Entra's left out."""
        calls = [call for call in self.server.calls() if call["operation"] != "token"]
        names = [str(call["operation"]) for call in calls]
        writes = [c["operation"] for c in calls if c["method"] in {"PUT", "PATCH"}]
        return until(str(writes[0]), names)
