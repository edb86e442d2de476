"""`canary rollback` on Azure ML against Azure's own SDK and command, on one loopback server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from contest import Contest, Rival, contests_on, until
from processes import Cost
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


URL = (
    f"https://management.azure.com/subscriptions/{PLACE['subscription']}/resourceGroups/"
    f"{PLACE['resource_group']}/providers/Microsoft.MachineLearningServices/workspaces/"
    f"{PLACE['workspace']}/onlineEndpoints/{ENDPOINT}?api-version=2025-12-01"
)
WANTED = {
    "location": "westeurope",
    "kind": "Managed",
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "authMode": "Key",
        "traffic": {BASELINE: 100},
        "properties": {"azureml.onlineendpointid": ENDPOINT},
    },
}
AZ = """\
set -e
az rest --url "$1" --output none
az rest --method put --url "$1" --body "@$2" --output none
"""
MISSING = """\
bench: no az command, so no comparison with it; it is no dependency of canary, so give it a home of
its own: python3 -m venv .venv-az && .venv-az/bin/pip install azure-cli, and put its bin on PATH
"""


@contextmanager
def contests() -> Iterator[tuple[Contest, ...]]:
    """The contests, with the server up as long as they are in use."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "ca.pem") as server:
        home = Path(folder) / "home"
        home.mkdir()
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AZURE_CORE_TRACING_ENABLED": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            **server.environment,
        }
        place = [f"--{name.replace('_', '-')}={value}" for name, value in PLACE.items()]
        where = ("--provider", "azureml", *place, "-e", ENDPOINT)
        rivals = [sdk(), script()]
        if shutil.which("az"):
            rivals.append(command(home, env))
        else:
            sys.stderr.write(MISSING)
        yield contests_on(Play(server), where, rivals, env, CANDIDATE)


def sdk() -> Rival:
    """azure-ai-ml in a process of its own; it does not wait until the change is in place."""
    return Rival(
        "MLClient.online_endpoints.begin_create_or_update",
        (sys.executable, "-W", "ignore", "-c", SCRIPT, *PLACE.values()),
        f"azure-ai-ml/{version('azure-ai-ml')}",
        Cost(cpu=1 / 5, wall=inf),
    )


def script() -> Rival:
    """azure-identity and requests, which wait until the change is in place."""
    return Rival(
        "a script with azure-identity, requests",
        (sys.executable, str(Path(__file__).with_name("by_hand_azureml.py")), URL, BASELINE),
        f"azure-identity/{version('azure-identity')}",
        Cost(cpu=inf, wall=inf),
    )


def command(home: Path, env: Mapping[str, str]) -> Rival:
    """Two calls of az, already logged in; somebody has written the new endpoint down before."""
    who = ("-u", env["AZURE_CLIENT_ID"], "-p", env["AZURE_CLIENT_SECRET"])
    login = ("az", "login", "--service-principal", *who, "--tenant", env["AZURE_TENANT_ID"])
    subprocess.run([*login, "--output", "none"], env=dict(env), check=True)
    wanted = home / "wanted.json"
    wanted.write_text(json.dumps(WANTED), encoding="utf-8")
    asked = ["az", "version", "--query", '"azure-cli"', "--output", "tsv"]
    found = subprocess.run(asked, env=dict(env), check=True, capture_output=True, text=True)
    return Rival(
        "az rest get + put",
        ("sh", "-c", AZ, "sh", URL, str(wanted)),
        f"azure-cli/{found.stdout.strip()}",
        Cost(cpu=0.4, wall=inf),
    )


@dataclass(frozen=True, slots=True)
class Play:
    """The endpoint; a change of traffic is in place at once."""

    server: Server
    tags: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """All traffic on the baseline."""
        self._put({BASELINE: 100})

    def remember(self) -> None:
        """The endpoint's tags."""
        self.tags.update(self.server.look(ENDPOINT).get("tags") or {})

    def split(self) -> None:
        """An endpoint in the middle of a release, with its notes, and no calls yet."""
        self._put({BASELINE: 90, CANDIDATE: 10})

    def _put(self, traffic: dict[str, int]) -> None:
        self.server.control("reset")
        self.server.control("settings", endpoint_seconds=0)
        self.server.control(
            "endpoint",
            name=ENDPOINT,
            traffic=traffic,
            tags=self.tags,
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
