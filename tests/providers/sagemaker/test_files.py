"""A model made of files: like the baseline's, and gone again unless it is kept."""

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from servers.sagemaker import Server
from servers.sagemaker.newer import needs

from canarycli.errors import CanaryError, Denied, Rejected, Unsupported, UsageError
from canarycli.files import Files
from canarycli_sagemaker import SageMaker

GROUP_VERSION = {
    "ModelPackageGroupName": "fraud-models",
    "InferenceSpecification": {
        "Containers": [
            {
                "Image": "serving:1",
                "ImageDigest": "sha256:old",
                "ModelDataUrl": "s3://models/old/model.tar.gz",
                "Environment": {"WORKERS": "4"},
            }
        ],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    },
    "ModelApprovalStatus": "Approved",
}


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """What a training job left, and a baseline with its data in a bucket."""
    server.endpoint("fraud", {"v1": {"instances": 2}})
    s3(server).create_bucket(Bucket="models")
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"w" * 1000)
    (folder / "code" / "inference.py").write_text("def predict(): ...")
    return folder


def s3(server: Server) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", **keys)


def stored(server: Server) -> list[str]:
    listed = s3(server).list_objects_v2(Bucket="models").get("Contents") or []
    return [one["Key"] for one in listed]


def models(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.control("made")["models"]
    return found


def files(source: object, word: str = "fraud-v42", **options: Any) -> Files:
    return Files(word, "v1", {"file": str(source), **options}, "r-7k2f")


def preview(sagemaker: SageMaker, source: object, word: str = "fraud-v42", **options: Any) -> str:
    asked = files(source, word, **options)
    return sagemaker.preview(sagemaker.describe("fraud"), word, "v1", asked.options).upload


def upload(sagemaker: SageMaker, asked: Files) -> tuple[str, ...]:
    with sagemaker.upload(sagemaker.describe("fraud"), asked, lambda _: None) as uploaded:
        uploaded.keep()
    return uploaded.made


def test_a_folder_is_packed_and_gets_the_name_and_the_container_asked_for(
    server: Server, sagemaker: SageMaker, folder: Path, tmp_path: Path
) -> None:
    where = {"upload_to": "s3://models/teams/", "container": "serving:2"}

    made = upload(sagemaker, files(folder, variables={"WORKERS": 2}, **where))

    address = "s3://models/teams/fraud-v42/model.tar.gz"
    model = models(server)["fraud-v42"]
    assert made == (address, "model fraud-v42")
    assert model["ExecutionRoleArn"] == models(server)["model-v1"]["ExecutionRoleArn"]
    assert model["PrimaryContainer"] == {
        "Image": "serving:2",
        "ModelDataUrl": address,
        "Environment": {"WORKERS": "2"},
    }
    packed = tmp_path / "packed.tar.gz"
    s3(server).download_file("models", "teams/fraud-v42/model.tar.gz", str(packed))
    with tarfile.open(packed) as tar:
        assert sorted(tar.getnames()) == ["code/inference.py", "weights.bin"]


@needs("ModelPackageContainerDefinition", "ModelDataSource")
@pytest.mark.usefixtures("folder")
def test_a_baseline_of_a_package_group_gets_a_new_version_that_nobody_has_approved(
    server: Server, sagemaker: SageMaker
) -> None:
    arn = server.control("package", GROUP_VERSION)["ModelPackageArn"]
    server.control("model", {"name": "model-v1", "PrimaryContainer": {"ModelPackageName": arn}})

    made = upload(sagemaker, files("s3://models/jobs/42/"))

    new = arn.replace("/1", "/2")
    version = server.control("made")["packages"][new]
    (container,) = version["InferenceSpecification"]["Containers"]
    assert made == ("model package fraud-models/2", "model fraud-v42")
    assert models(server)["fraud-v42"]["PrimaryContainer"] == {"ModelPackageName": new}
    assert version["ModelApprovalStatus"] == "PendingManualApproval"
    assert version["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert {key: container[key] for key in ("Image", "Environment")} == {
        "Image": "serving:1",
        "Environment": {"WORKERS": "4"},
    }
    assert "ImageDigest" not in container
    assert container["ModelDataSource"]["S3DataSource"] == {
        "S3Uri": "s3://models/jobs/42/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }


@pytest.mark.parametrize(
    ("operation", "fault", "error", "says"),
    [
        (
            "CreateModel",
            {"kind": "refuse", "code": "ValidationException", "message": "no such image"},
            Rejected,
            "no such image",
        ),
        ("PutObject", {"kind": "denied"}, Denied, "s3:PutObject"),
    ],
    ids=["no model", "no object"],
)
def test_a_failed_upload_leaves_nothing(
    server: Server,
    sagemaker: SageMaker,
    folder: Path,
    operation: str,
    fault: Mapping[str, str],
    error: type[CanaryError],
    says: str,
) -> None:
    server.fault(operation, **fault, times=9)

    with pytest.raises(error, match=says):
        upload(sagemaker, files(folder))

    assert stored(server) == []
    assert set(models(server)) == {"model-v1"}


def test_what_is_not_kept_is_taken_away_again_and_told(
    server: Server, sagemaker: SageMaker, folder: Path
) -> None:
    said: list[str] = []
    with sagemaker.upload(sagemaker.describe("fraud"), files(folder), said.append) as uploaded:
        there = (stored(server), set(models(server)))

    assert there == (["canary/fraud-v42/model.tar.gz"], {"model-v1", "fraud-v42"})
    assert (stored(server), set(models(server))) == ([], {"model-v1"})
    assert said[-2:] == [f"took away {what}" for what in reversed(uploaded.made)]
    assert any("uploading to s3://models/canary/fraud-v42" in text for text in said)


def test_the_preview_says_what_would_go_where_and_writes_nothing(
    server: Server, sagemaker: SageMaker, folder: Path
) -> None:
    said = preview(sagemaker, folder)

    assert said == f"1.0 kB of {folder} to s3://models/canary/fraud-v42/model.tar.gz"
    assert preview(sagemaker, "s3://models/x.tar.gz") == "a model of s3://models/x.tar.gz"
    assert {"CreateModel", "HeadObject"}.isdisjoint(server.operations())


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        ("./nowhere.tar.gz", {}, "there is no file or folder './nowhere.tar.gz'"),
        (__file__, {}, "is no model.tar.gz"),
        ("gs://models/x", {}, "SageMaker takes no model from 'gs://models/x'"),
        ("s3://a/b.tar.gz", {"word": "model-v1"}, "there is a model 'model-v1' already"),
        ("s3://a/b.tar.gz", {"word": "no_name"}, "no model can be called 'no_name'"),
        (Path(__file__).parent, {"upload_to": "gs://x"}, "is not on s3://"),
        ("s3://a/b.tar.gz", {"variables": 3}, "names with values"),
        ("s3://a/b.tar.gz", {"instances": 0}, "a whole number above 0"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_can_not_become_a_model_is_refused_before_any_write(
    server: Server, sagemaker: SageMaker, source: object, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        preview(sagemaker, source, **options)

    assert set(models(server)) == {"model-v1"}


@pytest.mark.usefixtures("folder")
def test_an_approval_that_sagemaker_does_not_have_is_refused(
    server: Server, sagemaker: SageMaker
) -> None:
    arn = server.control("package", GROUP_VERSION)["ModelPackageArn"]
    server.control("model", {"name": "model-v1", "PrimaryContainer": {"ModelPackageName": arn}})

    with pytest.raises(UsageError, match="'Yes' is none of"):
        preview(sagemaker, "s3://a/b.tar.gz", approval="Yes")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            {"PrimaryContainer": None, "Containers": [{"Image": "a"}, {"Image": "b"}]},
            "has 2 containers",
        ),
        ({"PrimaryContainer": {"Image": "a", "Mode": "MultiModel"}}, "many models in one"),
    ],
)
def test_a_baseline_that_no_artifact_fits_is_refused(
    server: Server, sagemaker: SageMaker, folder: Path, model: dict[str, Any], says: str
) -> None:
    server.control("model", {"name": "model-v1", **model})

    with pytest.raises(Unsupported, match=says):
        preview(sagemaker, folder)
