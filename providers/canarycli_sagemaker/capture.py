"""Reads what SageMaker's data capture keeps on S3: one JSON a line, the model's words within it."""

import gzip
import json
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from canarycli.errors import Unsupported
from canarycli.kept import File, Kept, Piece, chosen, folders
from canarycli.metrics import Window
from canarycli.recorder import Answer, Budget, Recording
from canarycli_sagemaker.api import Clients

STARTED = "Started"
TURN_ON = "turn it on in the endpoint's config, with Output captured"


def recording_of(answer: Mapping[str, Any]) -> Recording:
    """From DescribeEndpoint's answer: capture is one setting for all variants."""
    capture = answer.get("DataCaptureConfig") or {}
    where = str(capture.get("DestinationS3Uri") or "")
    if not capture.get("EnableCapture") or capture.get("CaptureStatus") != STARTED or not where:
        return Recording(where, 0.0, "its data capture is off")
    return Recording(where, float(capture.get("CurrentSamplingPercentage") or 100))


def captured(
    clients: Clients,
    endpoint: str,
    versions: Collection[str],
    window: Window,
    *,
    recording: Recording,
    budget: Budget,
    kept: Kept[Answer],
) -> Iterator[Answer]:
    """See `Recorder.answers`.

    Files lie under the hour of their requests. One that was written before the window has nothing
    of it. Which part of the files is read is fixed by their names.
    """
    if recording.why:
        raise Unsupported(f"no answers of {endpoint!r} are kept: {recording.why}", hint=TURN_ON)
    bucket, _, prefix = recording.where.removeprefix("s3://").partition("/")
    base = "/".join(filter(None, (prefix.strip("/"), endpoint)))
    files = {name: list(files_of(clients, bucket, f"{base}/{name}", window)) for name in versions}
    for name, every in chosen(files, budget).items():
        for file in every:
            yield from kept.of(file, budget.most, partial(_piece, clients, bucket, name))


def files_of(clients: Clients, bucket: str, base: str, window: Window) -> Iterator[File]:
    """The files below the hours that a window touches, but those that are older than it."""
    for hour in folders(window, "%Y/%m/%d/%H"):
        prefix = "/".join(filter(None, (base, f"{hour}/")))
        token: dict[str, str] = {}
        while True:
            with clients.asking(f"list what is kept in {bucket}"):
                page = clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
            for found in page.get("Contents") or []:
                if found["LastModified"] >= window.start:
                    yield File(found["Key"], found["Size"], found["LastModified"])
            if not page.get("NextContinuationToken"):
                break
            token = {"ContinuationToken": page["NextContinuationToken"]}


def _piece(clients: Clients, bucket: str, version: str, file: File, _: int) -> Piece[Answer]:
    """A file is written once: what is read of it is all of it."""
    return Piece(tuple(_answers(clients, bucket, file.key, version)), file.size)


def lines_of(clients: Clients, bucket: str, key: str) -> list[bytes]:
    """The lines of a file, unpacked where it is packed."""
    with clients.asking(f"read what is kept in {bucket}"):
        body: bytes = clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    return body.splitlines()


def _answers(clients: Clients, bucket: str, key: str, version: str) -> Iterator[Answer]:
    """Those that are whole; a torn line and one without an output are none."""
    for line in lines_of(clients, bucket, key):
        try:
            record = json.loads(line)
            meta, output = record["eventMetadata"], record["captureData"]["endpointOutput"]
            at = datetime.fromisoformat(meta["inferenceTime"]).astimezone(UTC)
            name = str(meta.get("inferenceId") or meta["eventId"])
            body = _decoded(output)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        yield Answer(version, at, name, body, str(output.get("observedContentType") or ""))


def _decoded(output: Mapping[str, Any]) -> bytes:
    data = str(output["data"])
    return b64decode(data) if output.get("encoding") == "BASE64" else data.encode()
