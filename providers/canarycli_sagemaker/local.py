"""Makes a SageMaker model of a person's files, through boto3 in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec

from canarycli.child import at_work
from canarycli.errors import MissingExtra
from canarycli.files import Say, Uploaded
from canarycli.provider import RELEASE_NOTE
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.file import Blueprint


@contextmanager
def upload(clients: Clients, wanted: Blueprint, release: str, say: Say) -> Iterator[Uploaded]:
    """Upload the files and register a model of them; see `Uploader.upload`.

    Raises:
        MissingExtra: boto3 is not installed.
    """
    artifact = wanted.artifact
    refuse_without_boto3(artifact.source)
    settings = clients.settings
    order = {
        "place": {
            "profile": settings.profile,
            "region": clients.region,
            "endpoint_url": settings.endpoint_url,
        },
        "artifact": asdict(artifact),
        "model": wanted.model,
        "package": wanted.package,
        "tags": {RELEASE_NOTE: release},
    }
    doing = f"making a model of {artifact.source!r}"
    with at_work("canarycli_sagemaker.upload", order, doing, say) as work:
        yield Uploaded(wanted.name, tuple(work.answer["made"]), work.keep)


def refuse_without_boto3(source: str) -> None:
    """Raise where what uploads is not installed.

    Raises:
        MissingExtra: boto3 is not installed.
    """
    if find_spec("boto3") is None:
        raise MissingExtra(
            f"making a model of {source!r} needs 'boto3', which is not installed",
            hint="pip install 'canarycli[sagemaker-upload]'",
        )
