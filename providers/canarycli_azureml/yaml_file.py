"""Reads a person's own deployment YAML before anything is asked of Azure. Only files, no calls."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from canarycli.errors import MissingFile, UsageError
from canarycli_azureml.blueprint import Options

_KIND = re.compile(r"/(managed|kubernetes)OnlineDeployment\.schema", re.IGNORECASE)
_SPEC = re.compile(r"(?:azureml:)?(?P<name>[A-Za-z0-9][\w.-]*):(?P<version>[\w.-]+)$")
_REMOTE = re.compile(r"(azureml:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_ELSEWHERE = {
    "traffic": "an endpoint's",
    "auth_mode": "an endpoint's",
    "mini_batch_size": "a batch deployment's",
    "resources": "a batch deployment's",
    "compute": "a batch deployment's",
}
"""Keys that an online deployment has not, and whose they are."""


def check_file(options: Options, wanted: str) -> str:
    """The model that a file deploys, in its own words.

    Raises:
        MissingFile: it is not there, or names what is not there.
        UsageError: it is no online deployment, or deploys another model than the one asked for.
    """
    path = Path(options.file).expanduser()
    found = _mapping(path, options.file)
    _check_kind(found, options.file)
    for key, where in _paths(found):
        if not _REMOTE.match(where) and not (path.parent / where).exists():
            raise MissingFile(f"{options.file}: {key}: there is no {where!r}")
    return _model(found, options, wanted)


def _mapping(path: Path, named: str) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingFile(f"there is no file {named!r} to deploy") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"{named} can't be read as a deployment: {why[:200]}") from error
    if not isinstance(found, Mapping):
        raise UsageError(f"{named} is no deployment: it has no keys")
    return found


def _check_kind(found: Mapping[str, Any], named: str) -> None:
    schema = str(found.get("$schema") or "")
    if schema and not _KIND.search(schema):
        kind = schema.rpartition("/")[2].partition(".")[0]
        raise UsageError(f"{named} is no online deployment: its $schema is {kind!r}")
    for key, whose in _ELSEWHERE.items():
        if key in found and not (key == "resources" and "kubernetes" in schema.lower()):
            raise UsageError(f"{named} is no online deployment: {key!r} is {whose}")
    if not found.get("model") and not found.get("environment"):
        raise UsageError(f"{named} is no online deployment: it has neither model nor environment")


def _paths(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every file and folder it names, by the key that names it."""
    model, code, environment = (
        part if isinstance(part, Mapping) else {}
        for part in map(found.get, ("model", "code_configuration", "environment"))
    )
    build = environment.get("build")
    named = {
        "model.path": model.get("path"),
        "code_configuration.code": code.get("code"),
        "environment.conda_file": environment.get("conda_file"),
        "environment.build.path": build.get("path") if isinstance(build, Mapping) else None,
    }
    yield from ((key, where) for key, where in named.items() if where and isinstance(where, str))


def _model(found: Mapping[str, Any], options: Options, wanted: str) -> str:
    """The file's model, if it may be the one asked for."""
    model = found.get("model")
    own = str(model or "")
    if isinstance(model, Mapping):
        own = ":".join(str(model[key]) for key in ("name", "version") if model.get(key))
    asked, said = _SPEC.match(wanted), _SPEC.match(own)
    if asked and said and asked.groups() != said.groups():
        raise UsageError(
            f"{options.file} deploys model {own.removeprefix('azureml:')!r}, and {wanted!r} is "
            "asked for",
            hint="change one of the two",
        )
    return own.removeprefix("azureml:") if said else wanted
