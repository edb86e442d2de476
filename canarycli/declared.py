"""What a provider's class says of its settings and its metrics, for canary to check and offer."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from canarycli.durations import parse_duration
from canarycli.late_methods import dataclass
from canarycli.written import EMPTY, quoted, word

VARIABLE = "_env"
"""What is put behind a secret's key in canary.yaml to name the variable that has it."""


class Kind(StrEnum):
    """What a setting is, and what a provider is given."""

    TEXT = "text"
    """A `str`; a whole number is taken as it is written."""
    NUMBER = "number"
    """A `float`."""
    FLAG = "flag"
    """A `bool`."""
    DURATION = "duration"
    """A `timedelta`, written such as 30s."""
    WORDS = "list of words"
    """A `list` of `str`; on the command line with commas between them."""
    ANY = "any"
    """Whatever YAML has there: a list, a mapping."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting of a provider, or one key of a metric it keeps.

    Attributes:
        kind: what it is.
        says: what it means, in a phrase.
        secret: it is read from its variable alone: never from a file or the command line, never
            kept, never shown. The provider finds it among its settings all the same.
        variable: where its value is taken from if nobody says it; a secret has one.
        among: the words it may be, in any case; () for any.
    """

    kind: Kind = Kind.TEXT
    says: str = ""
    secret: bool = False
    variable: str = ""
    among: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.secret and not self.variable:
            raise ValueError("a secret key needs the variable it is read from")

    def read(self, written: Any) -> Any:
        """The value that was written.

        Raises:
            ValueError: it is of another kind; the message is a sentence for people.
        """
        match self.kind:
            case Kind.TEXT:
                return _among(word(written), self.among)
            case Kind.WORDS if isinstance(written, str):
                return [part for part in re.split(r"[,\s]+", written) if part]
            case Kind.WORDS if isinstance(written, list) and all(map(_is_word, written)):
                return [str(part) for part in written]
            case Kind.NUMBER if _is_word(written):
                return _number(written)
            case Kind.FLAG if str(written).lower() in {"true", "false"}:
                return str(written).lower() == "true"
            case Kind.DURATION if _is_word(written):
                return parse_duration(str(written))
            case Kind.DURATION if isinstance(written, timedelta):
                return written
            case Kind.ANY if written is not None:
                return written
        raise ValueError(
            EMPTY if written is None else f"{quoted(written)} where a {self.kind} is expected"
        )


FAILURES = Key(Kind.WORDS, says="status codes that are the candidate's fault, [5xx, 424, 408, 429]")
"""What providers have under `failures`, to be read by `canarycli.failing`."""

Keys = Mapping[str, Key]


@runtime_checkable
class Declaring(Protocol):
    """A provider class that says which settings it has."""

    @staticmethod
    def keys() -> Keys:
        """Its own settings by name; those of every cloud and canary's own are not among them."""
        ...


@runtime_checkable
class Metering(Protocol):
    """A provider class whose store has metrics of a team's own, or alarms."""

    @staticmethod
    def metric_keys() -> Mapping[str, Keys]:
        """The keys of such a metric in canary.yaml, by `Limits.custom_source`.

        A key `alarm` says that there are alarms too.
        """
        ...


@runtime_checkable
class Hosting(Protocol):
    """A provider class that says where the credentials of its cloud belong."""

    @staticmethod
    def hosts() -> Collection[str]:
        """The cloud's own domains: `endpoint_url` in canary.yaml is in one of them, or local."""
        ...


def _is_word(written: Any) -> bool:
    return isinstance(written, str | int | float) and not isinstance(written, bool)


def _number(written: str | float) -> float:
    try:
        return float(written)
    except ValueError:
        raise ValueError(f"{quoted(written)} where a number is expected") from None


def _among(text: str, words: tuple[str, ...]) -> str:
    if words and text.lower() not in {known.lower() for known in words}:
        raise ValueError(f"{quoted(text)} is none of {', '.join(words)}")
    return text
