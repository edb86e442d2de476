"""What a provider's class says of its settings and its metrics, for canary to check and offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from canarycli.durations import parse_duration

VARIABLE = "_env"
"""What is put behind a secret's key in canary.yaml to name the variable that has it."""


class Kind(StrEnum):
    """What a setting is, and what a provider is given."""

    TEXT = "text"
    """A `str`; numbers are taken as they are written."""
    NUMBER = "number"
    """A `float`."""
    FLAG = "flag"
    """A `bool`."""
    DURATION = "duration"
    """A `timedelta`, written such as 30s."""
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
    """

    kind: Kind = Kind.TEXT
    says: str = ""
    secret: bool = False
    variable: str = ""

    def __post_init__(self) -> None:
        if self.secret and not self.variable:
            raise ValueError("a secret key needs the variable it is read from")

    def read(self, written: Any) -> Any:
        """The value that was written.

        Raises:
            ValueError: it is of another kind; the message is a sentence for people.
        """
        match self.kind:
            case Kind.TEXT if _is_word(written):
                return str(written)
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
        raise ValueError(f"{written!r} where a {self.kind} is expected")


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


def _is_word(written: Any) -> bool:
    return isinstance(written, str | int | float) and not isinstance(written, bool)


def _number(written: str | float) -> float:
    try:
        return float(written)
    except ValueError:
        raise ValueError(f"{written!r} where a number is expected") from None
