"""Azure's own client, unmodified, against the same server: it reads what we wrote, we read its."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import CanaryError, UsageError
from canarycli.provider import RELEASE_NOTE
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

THEIRS = """
    import json, sys, warnings
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.identity import EnvironmentCredential

    client = MLClient(EnvironmentCredential(), *sys.argv[1:4])
    endpoint = client.online_endpoints.get("churn")
    deployments = sorted(d.name for d in client.online_deployments.list("churn"))
    found = {"traffic": endpoint.traffic, "tags": dict(endpoint.tags), "there": deployments}
    endpoint.traffic = {"blue": 60, "teal": 40}
    endpoint.tags["owner"] = "dana"
    client.online_endpoints.begin_create_or_update(endpoint)
    print(json.dumps(found), file=sys.stderr)
"""
FILE = """
name: lime
endpoint_name: churn
model: azureml:flow:3
environment: azureml:torch:2
instance_type: Standard_DS3_v2
instance_count: 1
"""


def their_process(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own: importing azure-ai-ml takes seconds and warns."""
    place = (PLACE["subscription"], PLACE["resource_group"], PLACE["workspace"])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *place],
        env={**os.environ, "AZURE_CORE_TRACING_ENABLED": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_azure_ai_ml_reads_what_we_wrote_and_we_read_what_it_wrote(
    server: Server, azureml: AzureML
) -> None:
    notes = {RELEASE_NOTE: "r-7k2f"}
    azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), notes)
    server.control("advance", seconds=1)

    done = their_process(THEIRS)

    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    assert done.returncode == 0, done.stderr
    assert '"traffic": {"blue": 95, "teal": 5}' in done.stderr
    assert '"tags": {"canary-release": "r-7k2f"}' in done.stderr
    assert '"there": ["blue", "teal"]' in done.stderr
    assert seen.traffic.same_as(Traffic.split("blue", "teal", 40))
    assert azureml.notes(seen) == notes
    assert server.look("churn")["tags"]["owner"] == "dana"


@pytest.fixture
def assets(server: Server) -> None:
    """What the file names."""
    server.control("asset", name="flow", version="3", properties={"modelType": "mlflow_model"})
    server.control("asset", kind="environments", name="torch", version="2")


def deploy(azureml: AzureML, folder: Path, text: str = FILE, **options: object) -> str:
    file = folder / "lime.yml"
    file.write_text(text)
    seen = azureml.describe("churn")
    return azureml.deploy(seen, "flow:3", "blue", {"file": str(file), **options}, "r-7k2f")


@pytest.mark.usefixtures("assets")
def test_a_persons_own_yaml_is_deployed_through_azure_ai_ml(
    server: Server, azureml: AzureML, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = deploy(azureml, tmp_path, instances=2)
    again = deploy(azureml, tmp_path)

    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    made = server.deployment("churn", "lime")
    assert name == again == "lime"
    assert made["tags"] == {RELEASE_NOTE: "r-7k2f"}
    assert made["sku"]["capacity"] == 2
    assert made["properties"]["model"].endswith("/models/flow/versions/3")
    assert seen.serves("lime")
    assert seen.traffic.same_as(Traffic.all_to("blue"))
    assert capfd.readouterr().out == ""


@pytest.mark.usefixtures("assets")
@pytest.mark.parametrize(
    ("text", "options", "error", "why"),
    [
        (FILE, {"name": "teal"}, UsageError, "has a version 'teal' already"),
        ("- a list", {}, UsageError, "is no deployment"),
        (FILE.replace("flow:3", "flow:4"), {}, UsageError, "'flow:3' is asked for"),
    ],
    ids=["taken", "no deployment", "no such model"],
)
def test_a_file_that_cannot_be_deployed_is_told_as_ours(
    azureml: AzureML,
    tmp_path: Path,
    text: str,
    options: dict[str, object],
    error: type[CanaryError],
    why: str,
) -> None:
    with pytest.raises(error) as refused:
        deploy(azureml, tmp_path, text, **options)

    assert why in " ".join([refused.value.message, *refused.value.facts])


def test_a_file_that_is_not_there_is_refused(azureml: AzureML) -> None:
    seen = azureml.describe("churn")

    with pytest.raises(UsageError, match=r"no file '\./gone.yml'"):
        azureml.deploy(seen, "flow:3", "blue", {"file": "./gone.yml"}, "r-7k2f")
