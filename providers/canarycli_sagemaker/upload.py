"""The process that speaks to boto3: files to S3, a model package if there is to be one, a model."""

import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import boto3
from boto3.s3.transfer import ProgressCallbackInvoker, TransferConfig, create_transfer_manager
from botocore.config import Config
from botocore.exceptions import ClientError

from canarycli import __version__
from canarycli.child import Making, Progress, carry_out
from canarycli.errors import Rejected, Unavailable, UsageError
from canarycli.local_files import files_at, size_at
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.errors import translated
from canarycli_sagemaker.settings import Settings

CONFIG = Config(
    user_agent_extra=f"canarycli/{__version__}",
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 5},
)
"""Nobody else retries a part of a file, so boto3 does."""

REGISTERING = 300
"""Seconds until a model package has to be ready."""


class Maker:
    """Makes one model, in an order in which each step needs the ones before."""

    def __init__(self, order: Mapping[str, Any], making: Making) -> None:
        self._order, self._making = order, making
        self._settings = Settings.parse(order["place"])
        with translated("read the AWS configuration", self._settings):
            self._session = boto3.session.Session(
                profile_name=self._settings.profile, region_name=self._settings.region
            )
        self._sagemaker = self._client("sagemaker")
        self._tags = [{"Key": key, "Value": value} for key, value in order["tags"].items()]

    def make(self) -> Mapping[str, Any]:
        """Do it all."""
        artifact = self._order["artifact"]
        if artifact["size"] is not None:
            self._store(Path(artifact["source"]).expanduser(), artifact["to"])
        request = dict(self._order["model"])
        if self._order["package"]:
            request["PrimaryContainer"] = {"ModelPackageName": self._register()}
        self._create(request)
        return {"made": self._making.made}

    def _store(self, source: Path, to: str) -> None:
        bucket, _, key = to.removeprefix("s3://").partition("/")
        s3 = self._client("s3")
        doing = f"upload {source.name!r} to {to}"
        with translated(doing, self._settings):
            if _is_there(s3, bucket, key):
                raise UsageError(f"there is {to} already", hint="name another model, or upload_to")
            self._making.note(to, lambda: _delete(s3, bucket, key))
            with _packed(source, self._making.say) as file:
                told = Progress(f"uploading to {to}", file.stat().st_size, self._making.say)
                watched = [ProgressCallbackInvoker(told)]
                with create_transfer_manager(s3, TransferConfig()) as manager:
                    manager.upload(str(file), bucket, key, subscribers=watched).result()

    def _register(self) -> str:
        request = self._order["package"]
        group = request["ModelPackageGroupName"]
        doing = f"register a version in model package group {group!r}"
        with translated(doing, self._settings):
            arn: str = self._making.make(
                lambda arn: f"model package {arn.rpartition('model-package/')[2]}",
                lambda: str(self._sagemaker.create_model_package(**request)["ModelPackageArn"]),
                lambda arn: self._sagemaker.delete_model_package(ModelPackageName=arn),
            )
            self._wait(arn, doing)
        return arn

    def _wait(self, arn: str, doing: str) -> None:
        until = time.monotonic() + REGISTERING
        while time.monotonic() < until:
            answer = self._sagemaker.describe_model_package(ModelPackageName=arn)
            match checked(answer, doing, "ModelPackageStatus")["ModelPackageStatus"]:
                case "Completed":
                    return
                case "Failed":
                    details = answer.get("ModelPackageStatusDetails") or {}
                    steps = [s for kind in details.values() for s in kind if s.get("FailureReason")]
                    raise Rejected(
                        f"can't {doing}: it failed", facts=[s["FailureReason"] for s in steps]
                    )
            time.sleep(2)
        raise Unavailable(f"can't {doing}: it was not ready after {REGISTERING} s")

    def _create(self, request: Mapping[str, Any]) -> None:
        name = request["ModelName"]
        doing = f"create model {name!r}"
        with translated(doing, self._settings):
            self._making.make(
                lambda _: f"model {name}",
                lambda: self._sagemaker.create_model(**request, Tags=self._tags)["ModelArn"],
                lambda _: self._sagemaker.delete_model(ModelName=name),
            )

    def _client(self, service: str) -> Any:
        with translated(f"reach {service}", self._settings):
            url = self._settings.endpoint_url
            return self._session.client(service, endpoint_url=url, config=CONFIG)


@contextmanager
def _packed(source: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The file itself; of a folder a gzipped tar, as long as it is needed."""
    if source.is_file():
        yield source
        return
    told = Progress(f"packing {source.name}", size_at(str(source)), say)
    with NamedTemporaryFile(suffix=".tar.gz") as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", dereference=True) as tar:
            for file, below in files_at(source):
                tar.add(file, below)
                told(file.stat().st_size)
        packed.flush()
        yield Path(packed.name)


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    """Whether an object is there; who may not know goes on without."""
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in {403, 404}:
            return False
        raise
    return True


def _delete(s3: Any, bucket: str, key: str) -> None:
    """Delete an object with all its versions, which cost as long as they are there."""
    try:
        listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    except ClientError:  # not allowed, as most buckets have none
        s3.delete_object(Bucket=bucket, Key=key)
        return
    versions = [*(listed.get("Versions") or []), *(listed.get("DeleteMarkers") or [])]
    for one in versions:
        if one["Key"] == key:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])


def main() -> None:
    """Carry out one order."""
    carry_out(lambda order, making: Maker(order, making).make())


if __name__ == "__main__":
    main()
