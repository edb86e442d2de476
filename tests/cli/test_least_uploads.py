"""A model of a person's own files takes what the printed policy says, on each cloud, and no more.

The servers refuse every call that the policy has no permission for, storage's too.
"""

import gzip
from pathlib import Path

import boto3
import pytest
from cli.blackbox import Canary
from cli.on_azureml import OnAzure
from cli.on_vertex import OnVertex
from cli.test_least_policies import printed
from servers.azureml.running import PLACE
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

OF_THE_SDK = {"storage.buckets.get"}
"""What Google's own SDK asks for its traces in a thread of its own, and does without."""

FILE = """
endpoints:
  NAME: {provider: PROVIDER, WHERE, candidate: {file: ./FILES}}
"""


def written(canary: Canary, provider: str, name: str, where: str, files: str) -> None:
    words = {"PROVIDER": provider, "NAME": name, "WHERE": where, "FILES": files}
    text = FILE
    for word, value in words.items():
        text = text.replace(word, value)
    canary.write(text)


def uploaded(canary: Canary, name: str, files: str) -> None:
    """Bring a model of files in, give it a share, and take all of it back."""
    started = canary.run("start", name, "-m", f"./{files}", "-p", "10", "-y", "--detach")
    assert started.code == 0, started.out + started.err
    back = canary.run("rollback", name, "-y")
    assert back.code == 0, back.out + back.err


def test_on_sagemaker(bare_aws: Server, tmp_path: Path) -> None:
    keys = {n.lower(): v for n, v in bare_aws.environment.items() if "KEY" in n}
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}})
    boto3.client("s3", endpoint_url=bare_aws.url, region_name="us-east-1", **keys).create_bucket(
        Bucket="models"
    )
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    (ann.folder / "model.tar.gz").write_bytes(gzip.compress(b"weights"))
    written(ann, "sagemaker", "fraud", "region: us-east-1", "model.tar.gz")
    bare_aws.control("permit", printed(ann))
    since = len(bare_aws.calls())

    uploaded(ann, "fraud", "model.tar.gz")

    calls = bare_aws.calls()[since:]
    assert [call["denied"] for call in calls if call["denied"]] == []
    assert {"s3:PutObject", "sagemaker:CreateModel"} <= {r[0] for c in calls for r in c["rights"]}


def test_on_vertex(vertex: OnVertex) -> None:
    ann, server = vertex.ann, vertex.server
    spec = {"imageUri": "europe-docker.pkg.dev/acme-ml/serving/churn:1", "predictRoute": "/predict"}
    server.cloud.models["500"][0].update(containerSpec=spec, artifactUri="gs://churn-models/old/")
    server.control("POST", "settings", deploy={"polls": 1})
    (ann.folder / "out").mkdir()
    (ann.folder / "out" / "model.joblib").write_bytes(b"weights")
    ann.env["STORAGE_EMULATOR_HOST"] = server.url
    written(ann, "vertex", "churn", "project: acme-ml, region: europe-west4", "out")
    role = printed(ann)["includedPermissions"]
    server.control("POST", "settings", granted=role)

    uploaded(ann, "churn", "out")

    assert {call["denied"] for call in server.calls if "denied" in call} <= OF_THE_SDK
    assert "storage.objects.create" in {call.get("permission", "") for call in server.calls}


def test_on_azure(azure: OnAzure) -> None:
    ann, server = azure.ann, azure.server
    server.control("endpoint", name="eta", traffic={"blue": 100}, deployments={"blue": {}})
    kind = {"modelType": "mlflow_model"}
    server.control("asset", name="blue-model", version="1", properties=kind)
    (ann.folder / "model").mkdir()
    (ann.folder / "model" / "MLmodel").write_text("flavors: {}")
    where = ", ".join(f"{key}: {value}" for key, value in PLACE.items())
    written(ann, "azureml", "eta", where, "model")
    server.control("settings", granted=printed(ann)["Actions"])

    uploaded(ann, "eta", "model")

    calls = [call for call in server.calls() if call.get("action")]
    assert [call["action"] for call in calls if call["status"] == 403] == []
    assert any("/models/versions/write" in call["action"] for call in calls)
