"""A model version to be made of a person's files: what is asked of Google, before any write."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from canarycli.child import sized
from canarycli.errors import NotFound, Rejected, Unsupported, UsageError
from canarycli.files import Files, means_files, same_image
from canarycli.late_methods import dataclass
from canarycli.likeness import likeness
from canarycli.local_files import files_at, size_at
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood
from canarycli_vertex.fields import CONTAINER, PROBE

ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
"""What a version can be called besides its number."""

PREBUILT = re.compile(r"(us|europe|asia)-docker\.pkg\.dev/vertex-ai/prediction/")
SERVED = (
    "model.pkl",
    "model.joblib",
    "model.bst",
    "saved_model.pb",
    "saved_model.pbtxt",
    "model.mar",
)
"""The file that Google's own containers look for; one of them."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A version that is to be made.

    Attributes:
        source: a path of this machine, or an address on Cloud Storage.
        size: bytes on this machine, None on Cloud Storage.
        to: the folder on Cloud Storage that the version will name.
        parent: the model it becomes a version of, by its resource name.
        display: the model's display name.
        alias: what people call the version.
        container: the container, as ModelContainerSpec has it in JSON.
        key: the customer's own encryption key, "" for none.
    """

    source: str
    size: int | None
    to: str
    parent: str
    display: str
    alias: str
    container: Json
    key: str = ""

    @property
    def words(self) -> str:
        """What is to be done, for people."""
        model = self.parent.rpartition("/")[2]
        if self.size is None:
            return f"a version of models/{model} from {self.source}"
        return f"{sized(self.size)} of {self.source} to {self.to}, as a version of models/{model}"


def plan(api: Api, baseline: Json, files: Files) -> Blueprint:
    """What is to be made for a version like a deployed model.

    Raises:
        UsageError: the files are not there, or no container is to be had.
        Unsupported: the baseline's model is gone, or has what no new version can be given.
    """
    size = checked_size(files.source)
    model = _model_of(api, baseline)
    with understood("the model"):
        parent = str(model["name"]).partition("@")[0]
        container = _container(model.get("containerSpec") or {}, files.options)
        display = str(model.get("displayName") or parent.rpartition("/")[2])
        key = str((model.get("encryptionSpec") or {}).get("kmsKeyName", ""))
    if size is not None and PREBUILT.match(str(container["imageUri"])):
        _refuse_unserved(files.source)
    alias = _alias(api, parent, files)
    to = _target(files, str(model.get("artifactUri") or ""), alias)
    return Blueprint(files.source, size, to, parent, display, alias, container, key)


def checked_size(source: str) -> int | None:
    """The size of files on this machine, None if they are on Cloud Storage already."""
    if source.startswith("gs://"):
        return None
    if "://" in source:
        raise UsageError(
            f"Vertex AI takes no model from {source!r}", hint="name files here, or on gs://"
        )
    return size_at(source)


def _model_of(api: Api, baseline: Json) -> Json:
    with understood("the endpoint"):
        name, _, tagged = str(baseline["model"]).partition("@")
        number = str(baseline.get("modelVersionId", "") or tagged)
    parent, _, model = name.rpartition("/models/")
    if not parent.startswith("projects/"):
        raise Unsupported(
            "the baseline's model is not of this project's registry, and gets no new version",
            hint="register the files yourself: gcloud ai models upload",
        )
    return api.get(f"{parent}/models/{model}{f'@{number}' if number else ''}")


def _container(baseline: Json, options: Mapping[str, Any]) -> Json:
    """The baseline's container; another tag of its image has its settings, another image none."""
    image, own = str(options.get("container") or ""), str(baseline.get("imageUri") or "")
    if not image and not own:
        raise UsageError(
            "the baseline's model has no container of its own",
            hint="name one: candidate: {container: IMAGE}",
        )
    same = own and (not image or same_image(image, own))
    found = _settings_of(baseline) if same else {}
    env = _variables(found.pop("env", []), options.get("variables") or {})
    return {**found, "imageUri": image or own, **({"env": env} if env else {})}


def _settings_of(container: Json) -> Json:
    """What a container says of itself, without what only the cloud may say."""
    found = likeness(CONTAINER, container)
    for probe in found.keys() & {"startupProbe", "healthProbe"}:
        found[probe] = likeness(PROBE, found[probe])
    return found


def _variables(usual: Sequence[Json], given: Any) -> list[Json]:
    """The variables of a container: the usual ones, and those that a person sets."""
    if not isinstance(given, Mapping):
        raise UsageError(f"candidate.variables is names with values, not {given!r}")
    variables = {str(one["name"]): str(one.get("value", "")) for one in usual}
    variables |= {str(name): str(value) for name, value in given.items()}
    return [{"name": name, "value": value} for name, value in variables.items()]


def _refuse_unserved(source: str) -> None:
    names = {name for _, name in files_at(Path(source).expanduser())}
    if Path(source).expanduser().is_dir() and names & set(SERVED):
        return
    raise UsageError(
        f"{source!r} has none of the files that Google's container serves",
        facts=[", ".join(SERVED)],
        hint="put one of them at its top, or name another container under candidate:",
    )


def _alias(api: Api, parent: str, files: Files) -> str:
    """The person's name for the version, or the release's.

    Raises:
        UsageError: a version is called so already, and an alias would move.
    """
    word = files.release if means_files(files.word) else files.word
    if not ALIAS.fullmatch(word):
        raise UsageError(
            f"no version can be called {word!r}",
            hint="an alias has letters, digits and hyphens, and begins with a small letter",
        )
    try:
        found = api.get(f"{parent}@{word}")
    except (NotFound, Rejected):
        return word
    model = parent.rpartition("/")[2]
    raise UsageError(
        f"models/{model}@{found.get('versionId')} is called {word!r} already, and candidate.file "
        "is to become a version",
        hint=("give the new one another name with --new-model", "or leave candidate.file out"),
    )


def _target(files: Files, beside: str, alias: str) -> str:
    if files.source.startswith("gs://"):
        return files.source
    given = str(files.options.get("upload_to") or "")
    if given:
        if not given.startswith("gs://"):
            raise UsageError(f"candidate.upload_to {given!r} is not on gs://")
        return f"{given.rstrip('/')}/{alias}"
    if not beside.startswith("gs://"):
        raise UsageError(
            "the baseline's model has no files on Cloud Storage to put these beside",
            hint="say where: candidate: {upload_to: gs://BUCKET/PREFIX}",
        )
    return f"gs://{beside.removeprefix('gs://').partition('/')[0]}/canary/{alias}"
