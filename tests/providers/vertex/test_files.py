"""A model version made of files: like the baseline's, and gone again unless it is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.vertex import Server

from canarycli.errors import CanaryError, Denied, Rejected, UsageError
from canarycli.files import Files
from canarycli_vertex import Vertex

CONTAINER = {
    "imageUri": "europe-docker.pkg.dev/acme-ml/serving/churn:1",
    "predictRoute": "/predict",
    "healthRoute": "/health",
    "args": ["--workers", "4"],
    "env": [{"name": "WORKERS", "value": "4"}],
    "ports": [{"containerPort": 8080}],
    "deploymentTimeout": "600s",
    "sharedMemorySizeMb": "64",
    "startupProbe": {"exec": {"command": ["cat", "/ok"]}, "periodSeconds": 7},
}
PREBUILT = "europe-docker.pkg.dev/vertex-ai/prediction/tf2-cpu.2-15:latest"


@pytest.fixture
def folder(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A SavedModel of a training job, and a baseline that was made of one."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    server.cloud.models["500"][0].update(
        containerSpec=CONTAINER, artifactUri="gs://churn-models/old/"
    )
    folder = tmp_path / "saved_model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.data").write_bytes(b"w" * 20_000_000)
    yield folder
    server.calls[:] = [call for call in server.calls if call["call"] != "CONNECT"]


def files(source: object, word: str = "autumn", **options: Any) -> Files:
    return Files(word, "11", {"file": str(source), **options}, "r-7k2f")


def preview(vertex: Vertex, source: object, word: str = "autumn", **options: Any) -> str:
    asked = files(source, word, **options)
    return vertex.preview(vertex.describe("1000"), word, "11", asked.options).upload


def versions(server: Server) -> list[str]:
    return [one["versionId"] for one in server.cloud.models["500"]]


def test_a_folder_becomes_a_version_of_the_baselines_model_and_goes_unless_it_is_kept(
    server: Server, vertex: Vertex, folder: Path
) -> None:
    said: list[str] = []
    with vertex.upload(vertex.describe("1000"), files(folder), said.append) as uploaded:
        made = dict(server.cloud.model("500@autumn"))
        default, stored = server.cloud.model("500")["versionId"], dict(server.storage.objects)

    assert uploaded.model == f"{made['name']}@4"
    assert uploaded.made == ("gs://churn-models/canary/autumn", "models/500@autumn")
    assert made["displayName"] == "churn"
    assert made["labels"] == {"canary-release": "r-7k2f"}
    assert made["artifactUri"] == "gs://churn-models/canary/autumn"
    assert made["containerSpec"] == CONTAINER
    assert default == "1"
    assert stored == {
        "churn-models/canary/autumn/saved_model.pb": b"graph",
        "churn-models/canary/autumn/variables/variables.data": b"w" * 20_000_000,
    }
    shares = [text for text in said if text.startswith("uploading to gs://churn-models")]
    assert len(shares) > 2
    assert shares[-1].endswith("100% of 20.0 MB")
    assert said[-2:] == [f"took away {what}" for what in reversed(uploaded.made)]
    assert (server.storage.objects, versions(server)) == ({}, ["1", "2", "3"])


@pytest.mark.parametrize("call", ["uploadModel", "insertObject"])
def test_a_failed_upload_leaves_nothing(
    server: Server, vertex: Vertex, folder: Path, call: str
) -> None:
    error: type[CanaryError] = Denied if call == "insertObject" else Rejected
    if call == "uploadModel":
        fault = {"status": "INVALID_ARGUMENT", "message": "The image does not exist."}
        server.control("POST", "faults", call=call, kind="refuse", **fault)
    else:
        server.control("POST", "settings", denied=["storage.objects.create"])

    with (
        pytest.raises(error, match=r"does not exist|storage\.objects\.create"),
        vertex.upload(vertex.describe("1000"), files(folder), lambda _: None) as uploaded,
    ):
        uploaded.keep()

    assert server.storage.objects == {}
    assert versions(server) == ["1", "2", "3"]


def test_the_preview_says_what_would_go_where_and_writes_nothing(
    server: Server, vertex: Vertex, folder: Path
) -> None:
    said = preview(vertex, folder)

    where = "gs://churn-models/canary/autumn, as a version of models/500"
    assert said == f"20.0 MB of {folder} to {where}"
    assert preview(vertex, "gs://jobs/42") == "a version of models/500 from gs://jobs/42"
    assert {"insertObject", "uploadModel"}.isdisjoint(call["call"] for call in server.calls)


def test_another_image_has_nothing_of_the_baselines(
    server: Server, vertex: Vertex, folder: Path
) -> None:
    from canarycli_vertex.file import plan

    baseline = server.cloud.endpoints["1000"]["deployedModels"][0]
    tagged = CONTAINER["imageUri"].replace(":1", ":2")  # type: ignore[attr-defined]  # it is text

    same = plan(vertex._api, baseline, files(folder, container=tagged, variables={"X": 1}))
    other = plan(vertex._api, baseline, files(folder, container="other:1"))

    env = [{"name": "WORKERS", "value": "4"}, {"name": "X", "value": "1"}]
    assert same.container == {**CONTAINER, "imageUri": tagged, "env": env}
    assert other.container == {"imageUri": "other:1"}


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        ("./nowhere", {}, "there is no file or folder './nowhere'"),
        ("s3://models/x", {}, "Vertex AI takes no model from 's3://models/x'"),
        ("gs://a/b", {"word": "golden"}, "models/500@3 is called 'golden' already"),
        ("gs://a/b", {"word": "Autumn 26"}, "no version can be called 'Autumn 26'"),
        (Path(__file__).parent, {"upload_to": "s3://x"}, "is not on gs://"),
        (Path(__file__).parent, {"container": PREBUILT}, "has none of the files"),
        ("gs://a/b", {"variables": "X=1"}, "names with values"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_can_not_become_a_version_is_refused_before_any_write(
    server: Server, vertex: Vertex, source: object, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        preview(vertex, source, **options)

    assert versions(server) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"containerSpec": {}}, "has no container of its own"),
        ({"artifactUri": ""}, "has no files on Cloud Storage"),
        ({"containerSpec": {**CONTAINER, "livenessProbe": {"exec": {}}}}, "liveness probe"),
    ],
)
def test_a_baseline_that_nothing_can_be_made_like_is_refused(
    server: Server, vertex: Vertex, folder: Path, fields: dict[str, Any], says: str
) -> None:
    server.cloud.models["500"][0].update(fields)

    with pytest.raises(CanaryError, match=says):
        preview(vertex, folder)
