"""A registered model made of files: by azure-ai-ml, and gone again unless it is kept."""

from pathlib import Path
from typing import Any

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import CanaryError, Denied, Rejected, Unsupported, UsageError
from canarycli.files import Files, means_files
from canarycli.provider import RELEASE_NOTE
from canarycli_azureml import AzureML

WORKSPACE = (
    f"/subscriptions/{PLACE['subscription']}/resourceGroups/{PLACE['resource_group']}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{PLACE['workspace']}"
)
STORED = "azureml-blobstore/canary/r-7k2f/model"


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """What a training job leaves, and a baseline whose model is registered."""
    mlflow(server)
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}")
    (folder / "data" / "weights").write_bytes(b"w" * 20_000_000)
    return folder


def mlflow(server: Server, kind: str = "mlflow_model", **more: Any) -> None:
    """The baseline's model, as it was registered."""
    properties = {"modelType": kind, **more}
    server.control("asset", name="blue-model", version="1", properties=properties)


def files(source: object, word: str = "", **options: Any) -> Files:
    return Files(word or str(source), "blue", {"file": str(source), **options}, "r-7k2f")


def preview(azureml: AzureML, source: object, word: str = "", **options: Any) -> str:
    asked = files(source, word, **options)
    return azureml.preview(azureml.describe("churn"), asked.word, "blue", asked.options).upload


def registered(server: Server, name: str = "blue-model") -> list[str]:
    return [one["version"] for one in server.control("versions", name=name)["versions"]]


def stored(server: Server) -> dict[str, int]:
    found: dict[str, int] = server.control("stored")["stored"]
    return found


@pytest.mark.slow
def test_a_folder_becomes_the_next_version_of_the_baselines_model_and_goes_unless_it_is_kept(
    server: Server, azureml: AzureML, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    with azureml.upload(azureml.describe("churn"), files(folder), said.append) as uploaded:
        made = server.control("versions", name="blue-model")["versions"][-1]
        there = stored(server)

    where = "azureml://datastores/workspaceblobstore/paths/canary/r-7k2f"
    long = where.removeprefix("azureml://datastores")
    assert uploaded.model == "blue-model:2"
    assert uploaded.made == (where, "model blue-model:2")
    assert made["properties"]["modelType"] == "mlflow_model"
    assert made["properties"]["modelUri"].endswith(f"/datastores{long}/model")
    assert made["properties"]["tags"] == {RELEASE_NOTE: "r-7k2f"}
    assert there == {f"{STORED}/MLmodel": 11, f"{STORED}/data/weights": 20_000_000}
    shares = [text for text in said if text.startswith(f"uploading to {where}")]
    assert len(shares) > 2
    assert shares[-1].endswith("100% of 20.0 MB")
    assert said[-2:] == [f"took away {what}" for what in reversed(uploaded.made)]
    assert (stored(server), registered(server)) == ({}, ["1"])
    assert capfd.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("store", "fault", "error", "says"),
    [
        ("", "", Denied, "AuthorizationPermissionMismatch"),
        ("files", "", Unsupported, "is no Blob Storage"),
        ("other", "refuse", Rejected, "the quota of models"),
    ],
    ids=["the storage account lets nobody in", "no blobs", "the model is refused"],
)
def test_a_failed_upload_leaves_nothing(
    server: Server,
    azureml: AzureML,
    folder: Path,
    store: str,
    fault: str,
    error: type[CanaryError],
    says: str,
) -> None:
    server.control("settings", storage_closed=not store)
    to = {"upload_to": f"azureml://datastores/{store}/paths/m"} if store else {}
    if fault:
        message = "You have reached the quota of models."
        server.fault("asset.put", fault, status=400, code="UserError", message=message, times=9)

    with (
        pytest.raises(error) as refused,
        azureml.upload(azureml.describe("churn"), files(folder, **to), lambda _: None) as uploaded,
    ):
        uploaded.keep()

    assert says in " ".join([refused.value.message, *refused.value.facts])
    assert (stored(server), registered(server)) == ({}, ["1"])


def test_the_preview_says_what_would_go_where_and_writes_nothing(
    server: Server, azureml: AzureML, folder: Path
) -> None:
    to = {"upload_to": "azureml://datastores/models/paths/teams/"}
    job = "azureml://jobs/lime_42/outputs/artifacts/paths/model/"

    assert preview(azureml, folder) == (
        f"20.0 MB of {folder} to the default datastore, as the next blue-model, a mlflow_model"
    )
    assert preview(azureml, folder, "lime:autumn", **to) == (
        f"20.0 MB of {folder} to datastore models, as lime:autumn, a mlflow_model"
    )
    assert preview(azureml, job) == f"the next blue-model, a mlflow_model, from {job}"
    assert not {call["method"] for call in server.calls() if call["operation"] != "token"} - {"GET"}


def test_a_model_that_needs_an_environment_has_the_baselines(
    server: Server, azureml: AzureML, tmp_path: Path
) -> None:
    mlflow(server, "triton_model")
    weights = tmp_path / "model.pkl"
    weights.write_bytes(b"w")

    assert preview(azureml, weights).endswith("as the next blue-model, a triton_model")
    assert preview(azureml, weights, model_type="custom_model").endswith("a custom_model")


def test_a_baseline_without_an_environment_has_none_to_give(
    server: Server, azureml: AzureML, tmp_path: Path
) -> None:
    bare = {"environmentId": None}
    server.control("endpoint", name="churn", traffic={"blue": 100}, deployments={"blue": {}})
    server.control("deployment", endpoint="churn", name="blue", properties=bare)
    (tmp_path / "model.pkl").write_bytes(b"w")

    with pytest.raises(UsageError, match="is no MLflow model, and the baseline has no environment"):
        preview(azureml, tmp_path / "model.pkl")


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        ("./nowhere", {}, "there is no file or folder './nowhere'"),
        ("s3://models/x", {}, "Azure ML makes no model from 's3://models/x'"),
        (Path(__file__), {"word": "blue-model:1"}, "there is a model 'blue-model:1' already"),
        (Path(__file__), {"word": "Autumn 26"}, "no model can be called 'Autumn 26'"),
        (Path(__file__), {"upload_to": "gs://x"}, "is no folder of a datastore"),
        (Path(__file__), {"model_type": "onnx"}, "'onnx' is none of mlflow_model"),
        (Path(__file__), {"model_type": "mlflow_model"}, "has no MLmodel at its top"),
        (Path(__file__), {"environment": "torch"}, "environment 'torch' has no version"),
        (Path(__file__), {"instances": 0}, "not a number from 1 to 50"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_can_not_become_a_model_is_refused_before_any_write(
    server: Server, azureml: AzureML, source: object, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        preview(azureml, source, **options)

    assert registered(server) == ["1"]


def test_a_folder_above_an_mlflow_model_names_it(azureml: AzureML, folder: Path) -> None:
    with pytest.raises(UsageError, match="has no MLmodel at its top") as refused:
        preview(azureml, folder.parent)

    assert refused.value.hints[0] == f"name its folder: {folder}"


def test_a_model_without_a_name_of_its_own_gives_none(
    server: Server, azureml: AzureML, tmp_path: Path
) -> None:
    mlflow(server, isAnonymous=True)
    (tmp_path / "MLmodel").write_text("flavors: {}")

    with pytest.raises(UsageError, match="has no name") as refused:
        preview(azureml, tmp_path)

    assert "--new-model NAME" in refused.value.hints[0]
    assert "as the next lime" in preview(azureml, tmp_path, "lime")


@pytest.mark.parametrize(
    ("word", "files"),
    [
        ("azureml://datastores/workspaceblobstore/paths/m", True),
        ("azureml://jobs/lime_42/outputs/artifacts/paths/model", True),
        ("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/m", True),
        ("runs:/7f3a/model", True),
        ("azureml://registries/r/models/m/versions/1", False),
        ("azureml:fraud:7", False),
        ("/subscriptions/s/x/models/m/versions/1", False),
    ],
)
def test_addresses_of_files_are_told_from_models(word: str, *, files: bool) -> None:
    assert means_files(word) is files
