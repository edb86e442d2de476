"""Reads what SageMaker's data capture keeps on S3: one JSON a line, the model's words within it."""

import json
import zlib
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from canarycli.errors import Unsupported
from canarycli.kept import File, Kept, Piece, folders, head, refuse_large
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
    of it. A sample is the beginning of each file.
    """
    if recording.why:
        raise Unsupported(f"no answers of {endpoint!r} are kept: {recording.why}", hint=TURN_ON)
    bucket, _, prefix = recording.where.removeprefix("s3://").partition("/")
    base = "/".join(filter(None, (prefix.strip("/"), endpoint)))
    files = {name: list(files_of(clients, bucket, f"{base}/{name}", window)) for name in versions}
    refuse_large(files, budget)
    for name, every in files.items():
        read = partial(_piece, clients, bucket, name, budget.part)
        for file in every:
            yield from kept.of(file, int(budget.most / budget.part), read)


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


def _piece(
    clients: Clients, bucket: str, version: str, part: float, file: File, _: int
) -> Piece[Answer]:
    """A file is written once: what is read of it now is all that ever is."""
    lines = lines_of(clients, bucket, file, head(file.size, part))
    return Piece(tuple(_answers(lines, version)), file.size)


def lines_of(clients: Clients, bucket: str, file: File, upto: int) -> list[bytes]:
    """The lines of a file up to a byte, unpacked where it is packed; the last one may be torn."""
    some = {} if upto >= file.size else {"Range": f"bytes=0-{upto - 1}"}
    with clients.asking(f"read what is kept in {bucket}"):
        body: bytes = clients.s3.get_object(Bucket=bucket, Key=file.key, **some)["Body"].read()
    if body.startswith(b"\x1f\x8b"):
        body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body)
    return body.splitlines()


def _answers(lines: Iterable[bytes], version: str) -> Iterator[Answer]:
    """Those that are whole; a torn line and one without an output are none."""
    for line in lines:
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
