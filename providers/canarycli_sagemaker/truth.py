"""Reads ground truth on S3, in the form that SageMaker's own monitors take it."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from canarycli.errors import Rejected, Unsupported
from canarycli.kept import File, Kept, Piece
from canarycli.labels import Label
from canarycli.metrics import Window
from canarycli.recorder import MOST
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.capture import files_of, lines_of


def truth(
    clients: Clients, spec: Mapping[str, Any], window: Window, kept: Kept[Label]
) -> Iterator[Label]:
    """See `Labelling`. A label is known since its file was written, under the hour it says.

    Raises:
        Unsupported: the spec names no place on S3.
        Rejected: there is too much.
    """
    where = str(spec.get("files") or "")
    if not where.startswith("s3://"):
        raise Unsupported("SageMaker has labels in files on S3", hint="labels: {files: s3://...}")
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    files = list(files_of(clients, bucket, prefix.strip("/"), window))
    size = sum(file.size for file in files)
    if size > MOST:
        raise Rejected(
            f"a look would read {size / 1e6:,.0f} MB of labels, over {MOST / 1e6:,.0f} MB",
            hint="ask the store that has them: labels: {from: one of the sources}",
        )
    for file in sorted(files, key=lambda file: file.at):
        yield from kept.of(file, MOST, partial(_piece, clients, bucket))


def _piece(clients: Clients, bucket: str, file: File, _: int) -> Piece[Label]:
    """A file is written once: what is read of it is all of it."""
    return Piece(tuple(_labels(clients, bucket, file)), file.size)


def _labels(clients: Clients, bucket: str, file: File) -> Iterator[Label]:
    """Those that are whole."""
    for line in lines_of(clients, bucket, file, file.size):
        try:
            record = json.loads(line)
            key, said = record["eventMetadata"]["eventId"], record["groundTruthData"]
            data = str(said["data"])
            if said.get("encoding") == "BASE64":
                data = b64decode(data).decode()
        except (ValueError, KeyError, TypeError):
            continue
        yield Label(str(key), data.strip().strip('"'), file.at)
