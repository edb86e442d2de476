"""A candidate from files on SageMaker: uploaded, registered, deployed; or nothing is left of it."""

import gzip
import signal
from pathlib import Path
from typing import Any

import boto3
import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

FLAGS = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
START = ("start", *FLAGS, "-p", "10", "-y", "--detach")


@pytest.fixture
def aws(bare_aws: Server) -> Server:
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}})
    s3(bare_aws).create_bucket(Bucket="models")
    return bare_aws


@pytest.fixture
def ann(aws: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(aws.environment))
    (canary.folder / "model.tar.gz").write_bytes(gzip.compress(b"weights"))
    return canary


def s3(aws: Server) -> Any:
    keys = {name.lower(): value for name, value in aws.environment.items() if "KEY" in name}
    return boto3.client("s3", endpoint_url=aws.url, region_name="us-east-1", **keys)


def stored(aws: Server) -> list[str]:
    listed = s3(aws).list_objects_v2(Bucket="models").get("Contents") or []
    return [one["Key"] for one in listed]


def models(aws: Server) -> dict[str, Any]:
    found: dict[str, Any] = aws.control("made")["models"]
    return found


def test_an_archive_becomes_a_model_like_the_baselines_and_takes_its_share(
    aws: Server, ann: Canary
) -> None:
    result = ann.run(*START, "-m", "./model.tar.gz")

    assert result.code == 0, result.out + result.err
    (name,) = set(models(aws)) - {"model-v1"}
    where = f"s3://models/canary/{name}/model.tar.gz"
    made = models(aws)[name]
    assert made["PrimaryContainer"] == {"Image": "image", "ModelDataUrl": where}
    assert made["ExecutionRoleArn"] == models(aws)["model-v1"]["ExecutionRoleArn"]
    body = s3(aws).get_object(Bucket="models", Key=f"canary/{name}/model.tar.gz")["Body"].read()
    assert body == (ann.folder / "model.tar.gz").read_bytes()
    weights = aws.weights("fraud")
    assert weights[name] / sum(weights.values()) == pytest.approx(0.1)
    status = ann.run("status", *FLAGS, "-o", "json").json
    assert status["made"] == [where, f"model {name}"]
    assert "uploading to" in result.out
    assert f"made {where}, model {name} of ./model.tar.gz" in result.out


def test_a_cancelled_upload_leaves_nothing_not_even_a_part(aws: Server, ann: Canary) -> None:
    with (ann.folder / "big.tar.gz").open("wb") as big:
        big.write(b"\x1f\x8b")
        big.truncate(30_000_000)
    aws.fault("UploadPart", "error", skip=2, times=1000)  # boto3 asks again for a while

    started = ann.begin(*START, "-m", "./big.tar.gz")
    started.wait_for("25%")
    started.send(signal.SIGTERM)
    ended = started.end()

    assert ended.code == 143, ended.out + ended.err
    assert stored(aws) == []
    assert "Uploads" not in s3(aws).list_multipart_uploads(Bucket="models")
    assert set(models(aws)) == {"model-v1"}
    assert "AbortMultipartUpload" in aws.operations()
