"""Makes a model version of a person's files, through Google's SDK in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec

from canarycli.child import at_work
from canarycli.errors import MissingExtra
from canarycli.files import Files, Say, Uploaded, without_files
from canarycli.preview import Preview
from canarycli.provider import RELEASE_NOTE, Endpoint
from canarycli_vertex.api import Api
from canarycli_vertex.blueprint import wish
from canarycli_vertex.deploy import deployed, deployed_id
from canarycli_vertex.errors import understood
from canarycli_vertex.file import Blueprint, plan
from canarycli_vertex.models import Model

_PACKAGES = {
    "google-cloud-aiplatform": "google.cloud.aiplatform",
    "google-cloud-storage": "google.cloud.storage",
}


def preview(api: Api, seen: Endpoint, files: Files) -> Preview:
    """What `upload` and the deployment after it would do.

    Raises:
        UsageError: nothing can be made of these files.
        Unsupported: the baseline is of a kind that nothing can be made like.
    """
    refuse_without_sdk(files.source)
    wanted = _blueprint(api, seen, files)
    with understood("the endpoint"):
        baseline = deployed(seen.raw or {}, files.like)
        model = Model(wanted.parent, "1", wanted.display)
        wish(baseline, model, deployed_id("r-0"), without_files(files.options))
    return Preview(files.word, upload=wanted.words)


@contextmanager
def upload(api: Api, seen: Endpoint, files: Files, say: Say) -> Iterator[Uploaded]:
    """Upload the files and register a version of them; see `Uploader.upload`.

    Raises:
        MissingExtra: Google's SDK is not installed.
    """
    refuse_without_sdk(files.source)
    settings = api.settings
    order = {
        "place": {
            "project": settings.project,
            "region": settings.region,
            "endpoint_url": settings.api,
            "impersonate": settings.impersonate,
        },
        "wanted": asdict(_blueprint(api, seen, files)),
        "labels": {RELEASE_NOTE: files.release},
    }
    doing = f"making a model of {files.source!r}"
    with at_work("canarycli_vertex.upload", order, doing, say) as work:
        yield Uploaded(str(work.answer["model"]), tuple(work.answer["made"]), work.keep)


def _blueprint(api: Api, seen: Endpoint, files: Files) -> Blueprint:
    with understood("the endpoint"):
        baseline = deployed(seen.raw or {}, files.like)
    return plan(api, baseline, files)


def refuse_without_sdk(source: str) -> None:
    """Raise where what uploads is not installed.

    Raises:
        MissingExtra: Google's SDK is not installed.
    """
    for package, module in _PACKAGES.items():
        if find_spec("google.cloud") is None or find_spec(module) is None:
            raise MissingExtra(
                f"making a model of {source!r} needs {package!r}, which is not installed",
                hint="pip install 'canarycli[vertex-upload]'",
            )
