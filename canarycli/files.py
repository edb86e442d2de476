"""A candidate that a person has as files: which words mean some, and what is made of them."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint

FILE = "file"
"""The key under `candidate:` that names them; on every cloud the same."""

OF_FILES = frozenset({FILE, "container", "variables", "upload_to", "approval", "model_type"})
"""The keys under `candidate:` that are used up once there is a model of the files."""

_FILES = re.compile(
    r"(?:~|\.{1,2})?/(?!subscriptions/).*"  # a path, and no resource id
    r"|[A-Za-z]:\\.*"
    r"|(?:s3|gs|https?)://.*"
    r"|azureml://(?:subscriptions/.*/)?(?:datastores|jobs)/.*|runs:/.*"
    r"|.*\.(?:tar\.gz|tgz|ya?ml)",
    re.IGNORECASE | re.DOTALL,
)

Say = Callable[[str], None]


def means_files(word: str) -> bool:
    """Whether a person who says this of the candidate means files, and no model's name."""
    return _FILES.fullmatch(word) is not None


def with_files(word: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the files that the word means, if it means some.

    Raises:
        UsageError: the options name others.
    """
    if not means_files(word):
        return dict(options)
    there = str(options.get(FILE) or word)
    if there != word:
        raise UsageError(
            f"--new-model is {word!r}, and candidate.file is {there!r}",
            hint="leave one of the two out",
        )
    return {**options, FILE: word}


def without_files(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are left for the deployment of the model."""
    return {key: value for key, value in options.items() if key not in OF_FILES}


def same_image(one: str, other: str) -> bool:
    """Whether two container images differ in tag or digest at most: then it is one server."""
    return _repository(one) == _repository(other)


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


@dataclass(frozen=True, slots=True)
class Files:
    """What a model is to be made of, and for whom.

    Attributes:
        word: what the person calls the candidate: the files, or a name for the model.
        like: the version whose container it gets, where the options name none.
        options: all of `candidate:`.
        release: the release that it is for.
    """

    word: str
    like: str
    options: Mapping[str, Any]
    release: str

    @property
    def source(self) -> str:
        """Where they are: a path of this machine, or an address."""
        return str(self.options[FILE])


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A model that was made of files, and is taken away again unless it is kept.

    Attributes:
        model: what `deploy` takes.
        made: everything that was made for it, in the cloud's own words.
        keep: let it stay.
    """

    model: str
    made: tuple[str, ...]
    keep: Callable[[], None]


@runtime_checkable
class Uploader(Protocol):
    """A provider that can make a model of a person's files."""

    def upload(self, seen: Endpoint, files: Files, say: Say, /) -> AbstractContextManager[Uploaded]:
        """Upload a person's files and register a model of them, for a version of that endpoint.

        What was made is taken away at the end, or when it fails or is interrupted, unless it was
        kept by then. `say` hears how far it is.
        """
        ...
