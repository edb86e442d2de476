"""A model to be made of a person's files: what is asked of AWS, worked out before any write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.child import sized
from canarycli.errors import MissingFile, NotFound, Unsupported, UsageError
from canarycli.files import FILE, Files, means_files, same_image, without_files
from canarycli.late_methods import dataclass
from canarycli.likeness import Field, likeness
from canarycli.local_files import size_at
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.blueprint import NAME, Candidate, config_name
from canarycli_sagemaker.fields import CONTAINER, MODEL, PACKAGE, PACKAGED

ARCHIVE = (".tar.gz", ".tgz")
DATA = "model.tar.gz"
GZIP = b"\x1f\x8b"
APPROVALS = ("PendingManualApproval", "Approved", "Rejected")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Artifact:
    """Where a model's files are, and where they go.

    Attributes:
        source: a path of this machine, or an address on S3.
        size: bytes on this machine, None on S3.
        to: the address on S3 that the model will name; `source`, where they are there already.
    """

    source: str
    size: int | None
    to: str

    @property
    def data(self) -> Json:
        """The keys of a container that name the files."""
        if self.to.lower().endswith(ARCHIVE):
            return {"ModelDataUrl": self.to}
        where = {"S3Uri": self.to, "S3DataType": "S3Prefix", "CompressionType": "None"}
        return {"ModelDataSource": {"S3DataSource": where}}

    @property
    def words(self) -> str:
        """What is to be done, for people."""
        if self.size is None:
            return f"a model of {self.source}"
        return f"{sized(self.size)} of {self.source} to {self.to}"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The requests that make a model of an artifact.

    Attributes:
        name: of the model.
        artifact: its files.
        model: CreateModel.
        package: CreateModelPackage, where the baseline's model is of a package in a group; its
            version takes the container's place in `model`.
    """

    name: str
    artifact: Artifact
    model: Json
    package: Json | None


def plan(clients: Clients, endpoint: str, like: str, files: Files) -> Blueprint:
    """What is to be made for an endpoint with a model called `like`.

    Raises:
        UsageError: the files are not there, or are none that SageMaker takes.
        Unsupported: the baseline's model is no single container.
        NotFound: there is no such model.
    """
    source, options = files.source, files.options
    size = _checked(source)
    baseline = _described(clients, "model", like)
    container = _container(baseline, like)
    package = _package(clients, container)
    shown = _shown(package, container)
    name = _name(clients, endpoint, files)
    artifact = Artifact(source, size, _target(source, shown, options, name))
    request = {**likeness(MODEL, baseline), "ModelName": name}
    if package is None or not package.get("ModelPackageGroupName"):
        new = {**_like(CONTAINER, shown, options), **artifact.data}
        return Blueprint(name, artifact, {**request, "PrimaryContainer": new}, None)
    new = {**_like(PACKAGED, shown, options), **artifact.data}
    specification = {**package["InferenceSpecification"], "Containers": [new]}
    versioned = {
        **likeness(PACKAGE, package),
        "InferenceSpecification": specification,
        "ModelApprovalStatus": _approval(options),
    }
    return Blueprint(name, artifact, request, versioned)


def check_candidate(options: Mapping[str, Any]) -> None:
    """Look at `candidate:` and at the files it names on this machine, without a call.

    Raises:
        UsageError: it makes no sense, or a file is not there.
    """
    Candidate.parse("", "", without_files(options))
    if FILE in options:
        _checked(str(options[FILE]))


def _checked(source: str) -> int | None:
    """The size of files on this machine, None if they are on S3 already."""
    if source.startswith("s3://"):
        return None
    if "://" in source:
        raise UsageError(
            f"SageMaker takes no model from {source!r}", hint="name a file here, or one on s3://"
        )
    path = Path(source).expanduser()
    if path.is_dir():
        return size_at(source)
    if not path.is_file():
        raise MissingFile(f"there is no file or folder {source!r} to make a model of")
    with path.open("rb") as opened:
        packed = opened.read(2) == GZIP
    if not packed or not source.lower().endswith(ARCHIVE):
        raise UsageError(
            f"{source!r} is no {DATA}",
            hint="name a gzipped tar, or the folder with what is to be in it",
        )
    return path.stat().st_size


def _described(clients: Clients, kind: str, name: str) -> Json:
    doing = f"look at {kind} {name!r}"
    with clients.asking(doing):
        if kind == "model":
            return checked(clients.sagemaker.describe_model(ModelName=name), doing, "ModelArn")
        answer = clients.sagemaker.describe_model_package(ModelPackageName=name)
    return checked(answer, doing, "ModelPackageArn")


def _container(baseline: Json, name: str) -> Json:
    several = baseline.get("Containers") or []
    containers = [baseline["PrimaryContainer"]] if baseline.get("PrimaryContainer") else several
    if len(containers) != 1:
        raise Unsupported(
            f"the baseline's model {name!r} has {len(containers)} containers, and the files are "
            "for one",
            hint="make the model yourself, and name it with --new-model",
        )
    container = dict(containers[0])
    if container.get("Mode") == "MultiModel":
        raise Unsupported(
            f"the baseline's model {name!r} is many models in one container",
            hint="put the files below its prefix instead: aws s3 cp",
        )
    return container


def _package(clients: Clients, container: Json) -> Json | None:
    named = container.get("ModelPackageName")
    return _described(clients, "model package", str(named)) if named else None


def _shown(package: Json | None, container: Json) -> Json:
    """The container as it is: its package's, with what the model adds to it."""
    if package is None:
        return container
    inside = (package.get("InferenceSpecification") or {}).get("Containers") or []
    if len(inside) != 1:
        raise Unsupported(
            f"the baseline's model package has {len(inside)} containers, and the files are for one",
            hint="make the model yourself, and name it with --new-model",
        )
    variables = {**inside[0].get("Environment", {}), **container.get("Environment", {})}
    return {**inside[0], "Environment": variables}


def _like(table: Mapping[str, Field], shown: Json, options: Mapping[str, Any]) -> Json:
    """The baseline's container; another tag of its image has its settings, another image none."""
    image, own = str(options.get("container") or ""), str(shown.get("Image") or "")
    found: Json = {}
    if own and (not image or same_image(image, own)):
        found = likeness(table, shown)
    if not image and not own:
        raise UsageError(
            "the baseline's model names no container image",
            hint="name one: candidate: {container: IMAGE}",
        )
    given = options.get("variables") or {}
    if not isinstance(given, Mapping):
        raise UsageError(f"candidate.variables is names with values, not {given!r}")
    variables = {**found.get("Environment", {}), **{str(k): str(v) for k, v in given.items()}}
    return {**found, "Image": image or own, **({"Environment": variables} if variables else {})}


def _approval(options: Mapping[str, Any]) -> str:
    """Nobody has approved it yet, and an approval may set other people's pipelines going."""
    found = str(options.get("approval") or APPROVALS[0])
    if found not in APPROVALS[:2]:
        raise UsageError(
            f"candidate.approval {found!r} is none of {', '.join(APPROVALS[:2])}",
        )
    return found


def _name(clients: Clients, endpoint: str, files: Files) -> str:
    """The person's name for it, or one of the endpoint and the release.

    Raises:
        UsageError: there is a model of that name.
    """
    word = files.word
    if means_files(word):
        return config_name(endpoint, files.release)
    if not NAME.fullmatch(word):
        raise UsageError(
            f"no model can be called {word!r}",
            hint="a name has letters, digits and hyphens, 63 at most",
        )
    try:
        _described(clients, "model", word)
    except NotFound:
        return word
    raise UsageError(
        f"there is a model {word!r} already, and candidate.file is to become one",
        hint=("give the new one another name with --new-model", "or leave candidate.file out"),
    )


def _target(source: str, shown: Json, options: Mapping[str, Any], name: str) -> str:
    if source.startswith("s3://"):
        return source
    given = str(options.get("upload_to") or "")
    if given:
        if not given.startswith("s3://"):
            raise UsageError(f"candidate.upload_to {given!r} is not on s3://")
        return f"{given.rstrip('/')}/{name}/{DATA}"
    data = (shown.get("ModelDataSource") or {}).get("S3DataSource") or {}
    bucket = str(shown.get("ModelDataUrl") or data.get("S3Uri") or "").partition("s3://")[2]
    if not bucket:
        raise UsageError(
            "the baseline's model has no data on S3 to put the files beside",
            hint="say where: candidate: {upload_to: s3://BUCKET/PREFIX}",
        )
    return f"s3://{bucket.partition('/')[0]}/canary/{name}/{DATA}"
