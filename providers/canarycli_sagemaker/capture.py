"""Reads what SageMaker's data capture keeps on S3: one JSON a line, the model's words within it."""

import gzip
import json
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from canarycli.errors import Rejected, Unsupported
from canarycli.metrics import Window
from canarycli.recorder import Answer, Budget, Recording
from canarycli_sagemaker.api import Clients

T = TypeVar("T")
HOUR = timedelta(hours=1)
STARTED = "Started"
TURN_ON = "turn it on in the endpoint's config, with Output captured"


@dataclass(frozen=True, slots=True)
class File:
    """One object, which never changes once it is there."""

    key: str
    size: int
    at: datetime


class Kept(Generic[T]):
    """What was read of files already, in memory: a look reads only what is new.

    Never more of them than one look may read.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[int, tuple[T, ...]]] = OrderedDict()
        self._size = 0

    def of(self, file: File, most: int, read: Callable[[], Iterator[T]]) -> Iterator[T]:
        """What is in a file."""
        if file.key not in self._files:
            self._files[file.key] = (file.size, tuple(read()))
            self._size += file.size
            while self._size > most:
                _, (size, _) = self._files.popitem(last=False)
                self._size -= size
                if not self._files:
                    break
        known = self._files.get(file.key)
        yield from known[1] if known else read()


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
    chosen = {name: [f for f in every if _chosen(f, budget)] for name, every in files.items()}
    size = sum(file.size for every in chosen.values() for file in every)
    if size > budget.most:
        fits = budget.part * budget.most / size
        raise Rejected(
            f"a look would read {size / 1e6:,.0f} MB of answers, over {budget.most / 1e6:,.0f} MB",
            hint=f"read a part, predictions: {{sample: {100 * fits / 2:.2g}%}}, or raise at_most",
        )
    for name, every in chosen.items():
        for file in every:
            read = partial(_answers, clients, bucket, file.key, name)
            yield from kept.of(file, budget.most, read)


def files_of(clients: Clients, bucket: str, base: str, window: Window) -> Iterator[File]:
    """The files below the hours that a window touches, but those that are older than it."""
    hour = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < window.end:
        prefix = "/".join(filter(None, (base, f"{hour:%Y/%m/%d/%H}/")))
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
        hour += HOUR


def _chosen(file: File, budget: Budget) -> bool:
    number = int.from_bytes(blake2b(file.key.encode(), digest_size=8).digest(), "big")
    return number < budget.part * 2**64


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
