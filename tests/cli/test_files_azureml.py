"""A candidate from files on Azure ML, through the command and azure-ai-ml."""

import signal
from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import CONFIG, FLAGS, OnAzure
from cli.test_signing_in import plant

START = ("start", *FLAGS, "-p", "10", "-y", "--detach")


@pytest.fixture
def ann(azure: OnAzure) -> Canary:
    """One who has what a training job left in `model`; the baseline's is the first of its name."""
    azure.server.control("endpoint", name="eta", traffic={"blue": 100}, deployments={"blue": {}})
    kind = {"modelType": "mlflow_model"}
    azure.server.control("asset", name="blue-model", version="1", properties=kind)
    folder = azure.ann.folder / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}")
    return azure.ann


def versions(azure: OnAzure) -> list[str]:
    found = azure.server.control("versions", name="blue-model")["versions"]
    return [one["version"] for one in found]


@pytest.mark.slow
def test_a_folder_is_uploaded_registered_and_deployed(azure: OnAzure, ann: Canary) -> None:
    plant(ann.folder)  # code that azure-ai-ml would find first, were it let

    result = ann.run(*START, "-m", "./model")
    status = ann.run("status", *FLAGS, "-o", "json").json

    assert result.code == 0, result.out + result.err
    assert status["made"] == [
        f"azureml://datastores/workspaceblobstore/paths/canary/{status['release']}",
        "model blue-model:2",
    ]
    candidate = status["candidate"]["name"]
    assert azure.split == {"blue": 90, candidate: 10}
    deployed = azure.server.deployment("eta", candidate)["properties"]
    assert deployed["model"].endswith("/models/blue-model/versions/2")
    assert "environmentId" not in deployed
    assert "100% of 11 bytes" in result.out
    assert not (ann.folder / "pwned").exists()


@pytest.mark.slow
def test_a_cancelled_upload_leaves_nothing_not_even_a_part(azure: OnAzure, ann: Canary) -> None:
    with (ann.folder / "model" / "weights").open("wb") as big:
        big.truncate(30_000_000)
    azure.server.fault("blob.block", "drop_before", skip=2, times=1000)

    started = ann.begin(*START, "-m", "./model")
    started.wait_for("55%")
    started.send(signal.SIGTERM)
    ended = started.end()

    assert ended.code == 143, ended.out + ended.err
    assert azure.server.control("stored")["stored"] == {}
    assert versions(azure) == ["1"]
    assert "no release is known here" in ann.run("status", *FLAGS).out


def test_what_is_no_model_is_refused_before_anything_is_written(
    azure: OnAzure, ann: Canary, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()

    planned = ann.run("plan", *FLAGS, "-m", str(tmp_path / "empty"), "-p", "10")

    assert planned.code == 2, planned.out
    assert "is empty" in planned.err
    assert versions(azure) == ["1"]


def test_a_file_that_is_no_deployment_is_refused_by_plan_and_lint(ann: Canary) -> None:
    entry = "    plan: quick\n    candidate: {file: teal.yaml}\n"
    ann.write(CONFIG.replace("    plan: quick\n", entry))
    ann.write("name: eta\nauth_mode: key\nmodel: azureml:m:1\n", "teal.yaml")

    planned, linted = ann.run("plan", "-m", "green"), ann.run("lint")

    said = "'auth_mode' is an endpoint's"
    assert (planned.code, said in planned.err) == (2, True), planned.err
    assert (linted.code, f"teal.yaml is no online deployment: {said}" in linted.out) == (2, True)
