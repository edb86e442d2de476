"""A registered model to be made of a person's files: what is asked of Azure, before any write."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.child import sized
from canarycli.errors import NotFound, UsageError
from canarycli.files import FILE, Files, means_files
from canarycli.late_methods import dataclass
from canarycli.local_files import size_at
from canarycli_azureml.api import Session
from canarycli_azureml.body import Body
from canarycli_azureml.models import MLFLOW
from canarycli_azureml.settings import Settings

CUSTOM = "custom_model"
TYPES = (MLFLOW, CUSTOM, "triton_model")
DESCRIPTION = "MLmodel"
"""The file at the top of an MLflow model."""

_YAML = re.compile(r".*\.ya?ml", re.IGNORECASE | re.DOTALL)
_STORED = re.compile(r"(?:azureml://(?:subscriptions/.+/)?(?:datastores|jobs)|runs:)/.+")
_TARGET = re.compile(r"azureml://datastores/(?P<store>[\w-]+)/paths/(?P<folder>.+?)/?")
_NAME = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]{0,254})(?::(?P<version>[\w.-]{1,30}))?")
_MODEL = re.compile(r".*/models/(?P<name>[^/]+)/versions/[^/]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A model that is to be made.

    Attributes:
        source: a path of this machine, or an address that Azure ML knows.
        size: bytes on this machine, None elsewhere.
        store: the datastore they go to, "" for the workspace's default.
        folder: the folder in it that is the release's own.
        name: of the model.
        version: of it, "" for the one after the newest.
        kind: what Azure ML takes it for.
    """

    source: str
    size: int | None
    store: str
    folder: str
    name: str
    version: str
    kind: str

    @property
    def words(self) -> str:
        """What is to be done, for people."""
        called = f"{self.name}:{self.version}" if self.version else f"the next {self.name}"
        made = f"{called}, a {self.kind}"
        if self.size is None:
            return f"{made}, from {self.source}"
        to = f"datastore {self.store}" if self.store else "the default datastore"
        return f"{sized(self.size)} of {self.source} to {to}, as {made}"


def means_yaml(options: Mapping[str, Any]) -> bool:
    """Whether the file is a deployment of a person's own, and no model."""
    return _YAML.fullmatch(str(options.get(FILE) or "")) is not None


def plan(session: Session, settings: Settings, baseline: Body, files: Files) -> Blueprint:
    """What is to be made for a version like a deployment.

    Raises:
        UsageError: the files are not there, are none of a model, or the name is taken.
    """
    source, options = files.source, files.options
    size = _size(source)
    name, kind = _before(session, baseline)
    name, version = _called(session, settings, files, name)
    store, folder = _target(options, files.release)
    return Blueprint(source, size, store, folder, name, version, _kind(source, size, options, kind))


def check_source(options: Mapping[str, Any]) -> None:
    """Look at the files and at what is said of them, without a call.

    Raises:
        UsageError: they are not there, or are none of a model.
    """
    source = str(options[FILE])
    _kind(source, _size(source), options, "")
    _target(options, "")


def _size(source: str) -> int | None:
    if _STORED.fullmatch(source):
        return None
    if "://" in source:
        raise UsageError(
            f"Azure ML makes no model from {source!r}",
            hint="name files here, or azureml://datastores/NAME/paths/PATH",
        )
    return size_at(source)


def _before(session: Session, baseline: Body) -> tuple[str, str]:
    """The baseline's model: its name, "" where it has none to be called after, and its type."""
    known = str(baseline["properties"].get("model") or "")
    named = _MODEL.fullmatch(known)
    if named is None:
        return "", ""
    if known.startswith("azureml://"):
        return named["name"], ""
    try:
        found = session.get(known, f"reading model {named['name']!r}").get("properties") or {}
    except NotFound:
        return named["name"], ""
    return "" if found.get("isAnonymous") else named["name"], str(found.get("modelType") or "")


def _called(session: Session, settings: Settings, files: Files, before: str) -> tuple[str, str]:
    """The person's name for it, or the baseline's model's.

    Raises:
        UsageError: it is no name, or there is such a version.
    """
    word = files.word.removeprefix("azureml:")
    if means_files(files.word):
        if not before:
            raise UsageError(
                "the baseline's model has no name that this one could get a version of",
                hint="name one: --new-model NAME, with candidate: {file: …}",
            )
        return before, ""
    found = _NAME.fullmatch(word)
    if found is None:
        raise UsageError(
            f"no model can be called {files.word!r}",
            hint="name it NAME or NAME:VERSION: letters, digits, dots, hyphens and underscores",
        )
    if found["version"]:
        _refuse_taken(session, settings, found["name"], found["version"])
    return found["name"], found["version"] or ""


def _refuse_taken(session: Session, settings: Settings, name: str, version: str) -> None:
    path = f"{settings.path}/models/{name}/versions/{version}"
    try:
        session.get(path, f"reading model '{name}:{version}'")
    except NotFound:
        return
    raise UsageError(
        f"there is a model '{name}:{version}' already, and candidate.file is to become one",
        hint=("give the new one another name with --new-model", "or leave candidate.file out"),
    )


def _kind(source: str, size: int | None, options: Mapping[str, Any], before: str) -> str:
    """What it is: as the person says, as the files show, else as the baseline's is.

    Raises:
        UsageError: it is said or looks to be an MLflow model, and has no description at its top.
    """
    given = str(options.get("model_type") or "")
    if given and given not in TYPES:
        raise UsageError(f"candidate.model_type {given!r} is none of {', '.join(TYPES)}")
    if given and (size is None or given != MLFLOW):
        return given
    usual = before if before in TYPES else CUSTOM
    if size is None:
        return usual
    path = Path(source).expanduser()
    if (path / DESCRIPTION).is_file():
        return MLFLOW
    inside = next(iter(sorted(path.rglob(DESCRIPTION))), None)
    if given or inside:
        raise UsageError(
            f"{source!r} has no {DESCRIPTION} at its top, as an MLflow model has",
            hint=(f"name its folder: {inside.parent}", f"or say model_type: {CUSTOM}")
            if inside
            else "name the folder that has one",
        )
    return CUSTOM if usual == MLFLOW else usual


def _target(options: Mapping[str, Any], release: str) -> tuple[str, str]:
    given = str(options.get("upload_to") or "")
    if not given:
        return "", f"canary/{release}"
    found = _TARGET.fullmatch(given)
    if found is None:
        raise UsageError(
            f"candidate.upload_to {given!r} is no folder of a datastore",
            hint="write it as azureml://datastores/NAME/paths/FOLDER",
        )
    return found["store"], f"{found['folder']}/{release}"
