"""A candidate from files on Vertex AI, through the command and Google's own SDK."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_vertex import FLAGS, OnVertex

IMAGE = "europe-docker.pkg.dev/acme-ml/serving/churn:1"


@pytest.fixture
def ann(vertex: OnVertex) -> Canary:
    """One who has what a training job left in `out`."""
    spec = {"imageUri": IMAGE, "predictRoute": "/predict"}
    model = vertex.server.cloud.models["500"][0]
    model.update(containerSpec=spec, artifactUri="gs://churn-models/old/")
    vertex.server.control("POST", "settings", deploy={"polls": 1})
    folder = vertex.ann.folder / "out"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(b"weights")
    vertex.ann.env["STORAGE_EMULATOR_HOST"] = vertex.server.url
    return vertex.ann


@pytest.mark.slow
def test_a_folder_is_uploaded_registered_and_deployed(vertex: OnVertex, ann: Canary) -> None:
    start = ("start", *FLAGS, "-m", "./out", "-p", "10", "-y", "--detach")

    result = ann.run(*start)
    status = ann.run("status", *FLAGS, "-o", "json").json
    # Google's credentials look something up in a thread of their own.
    vertex.server.calls[:] = [call for call in vertex.server.calls if call["call"] != "CONNECT"]

    assert result.code == 0, result.out + result.err
    alias = f"500@{status['release']}"
    assert vertex.server.cloud.model(alias)["versionId"] == "4"
    assert status["made"] == [
        f"gs://churn-models/canary/{status['release']}",
        f"models/{alias}",
    ]
    candidate = status["candidate"]["name"]
    assert vertex.split == {"11": 90, candidate: 10}
    (deployed,) = [
        one
        for one in vertex.server.cloud.endpoints["1000"]["deployedModels"]
        if one["id"] == candidate
    ]
    assert deployed["modelVersionId"] == "4"
    assert "100% of 7 bytes" in result.out


def test_what_is_no_model_is_refused_before_anything_is_written(
    vertex: OnVertex, ann: Canary, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()

    planned = ann.run("plan", *FLAGS, "-m", str(tmp_path / "empty"), "-p", "10")

    assert planned.code == 2, planned.out
    assert "is empty" in planned.err
    assert "uploadModel" not in vertex.calls
