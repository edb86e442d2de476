"""Which registered model a person means: `fraud:7`, `fraud@latest`, an id, a registry's URI."""

import re
from collections.abc import Mapping
from typing import Any

from canarycli.errors import NotFound, UsageError
from canarycli.late_methods import dataclass
from canarycli_azureml.api import Session
from canarycli_azureml.settings import Settings

MLFLOW = "mlflow_model"

_REGISTRY = re.compile(r"azureml://registries/[^/]+/models/([^/]+)/versions/([^/]+)$")
_OTHER_URI = re.compile(r"azureml://")
_RESOURCE = re.compile(r"/subscriptions/.+/models/([^/]+)/versions/([^/]+)$", re.IGNORECASE)
_VERSION = re.compile(r"([A-Za-z0-9][\w.-]*):([\w.-]+)$")
_LABEL = re.compile(r"([A-Za-z0-9][\w.-]*)@([\w.-]+)$")
_HINT = (
    "write it as name:version, name@latest, a resource id, "
    "or azureml://registries/REGISTRY/models/NAME/versions/VERSION"
)


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model.

    Attributes:
        id: what a deployment names it by.
        name: without workspace, registry and version.
        mlflow: an MLflow model, which needs neither an environment nor code; None where a
            registry keeps it and nobody here can tell.
    """

    id: str
    name: str
    version: str
    mlflow: bool | None = None


def find_model(session: Session, settings: Settings, spec: str) -> Model:
    """The model of that spec, asked for where it has to be resolved.

    Raises:
        NotFound: the workspace has no such model or version, or the spec is no model's.
        UsageError: the spec is an azureml:// address of something else, or a model elsewhere.
    """
    word = spec.removeprefix("azureml:") if not _OTHER_URI.match(spec) else spec
    if match := _REGISTRY.match(word):
        return Model(word, match[1], match[2])
    if _OTHER_URI.match(word):
        raise UsageError(f"model {spec!r} does not name a version of a registry", hint=_HINT)
    if match := _RESOURCE.match(word):
        _refuse_elsewhere(settings, word)
        return Model(word, match[1], match[2], _is_mlflow(session.get(word, f"reading {spec!r}")))
    if match := _VERSION.match(word):
        return _by_version(session, settings, match[1], match[2])
    if (match := _LABEL.match(word)) and match[2] == "latest":
        return _latest(session, settings, match[1])
    # A version that was mistyped ends up here: nothing is there by that name.
    raise NotFound(f"{spec!r} is no registered model's name and version", hint=_HINT)


def _refuse_elsewhere(settings: Settings, word: str) -> None:
    """Raise for a model of another workspace, which no endpoint of this one can serve."""
    there = word[: word.lower().index("/models/")]
    if there.lower() != settings.path.lower():
        raise UsageError(
            f"model {word!r} is in another workspace than the endpoint, {settings.workspace}",
            hint="share it: az ml model share --registry-name REGISTRY, then name it there",
        )


def _by_version(session: Session, settings: Settings, name: str, version: str) -> Model:
    path = f"{settings.path}/models/{name}/versions/{version}"
    try:
        found = session.get(path, f"reading model '{name}:{version}'")
    except NotFound as error:
        raise NotFound(
            f"workspace {settings.workspace!r} has no model '{name}:{version}'",
            hint=f"the newest one is {name}@latest",
        ) from error
    return Model(str(found.get("id") or path), name, version, _is_mlflow(found))


def _latest(session: Session, settings: Settings, name: str) -> Model:
    """`@latest` is a shorthand of Azure's tools: the service only has lists."""
    path = f"{settings.path}/models/{name}/versions"
    query = {"$orderBy": "createdtime desc", "$top": "1"}
    try:
        found = session.get(path, f"reading the versions of model {name!r}", **query)
    except NotFound as error:
        raise NotFound(f"workspace {settings.workspace!r} has no model {name!r}") from error
    newest = max(found.get("value") or (), key=_created, default=None)
    if newest is None:
        raise NotFound(f"model {name!r} has no version")
    version = str(newest["name"])
    return Model(f"{path}/{version}", name, version, _is_mlflow(newest))


def _created(found: Mapping[str, Any]) -> str:
    return str((found.get("systemData") or {}).get("createdAt") or "")


def _is_mlflow(found: Mapping[str, Any]) -> bool:
    kind = (found.get("properties") or {}).get("modelType")
    return str(kind or "").lower() == MLFLOW
