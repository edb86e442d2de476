"""What a provider can say before anything is written: which endpoints, and what would be."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint, Notes


@dataclass(frozen=True, slots=True)
class Preview:
    """What `deploy` would do.

    Attributes:
        model: the one model that is meant, in words that mean no other one later: an alias is
            resolved.
        version: the version that serves it already, "" where it would be brought in.
        upload: what would be uploaded from where to where, for people; "" for nothing.
    """

    model: str
    version: str = ""
    upload: str = ""


@runtime_checkable
class Previewer(Protocol):
    """A provider that can say beforehand what `deploy` would do, and why it would not."""

    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """Everything of `deploy` but the writing.

        Raises:
            NotFound: there is no such model.
            UsageError: the options make no sense, here or together.
            Unsupported: nothing can be deployed like that version, or there is no room.
        """
        ...


@runtime_checkable
class Checking(Protocol):
    """A provider class that knows what `candidate:` may say."""

    @staticmethod
    def check_candidate(options: Mapping[str, Any], /) -> None:
        """Look at the options, and at files they name on this machine; no call.

        Raises:
            MissingFile: a file they name is not there; `canary lint` takes that for a remark.
            CanaryError: they make no sense.
        """
        ...


@runtime_checkable
class Roomy(Protocol):
    """A provider whose endpoints have room for so many notes and no more."""

    def no_room(self, seen: Endpoint, notes: Notes) -> str:
        """Why these notes can't be written on the endpoint, in numbers; "" if they can."""
        ...


@runtime_checkable
class Trying(Protocol):
    """A provider whose notes take a permission of their own, which a start can ask for."""

    def try_notes(self, seen: Endpoint) -> None:
        """Ask whether notes may be written, by a call that writes none.

        Raises:
            Denied: they may not; the message names the permission and who refuses it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """One endpoint of a place, as a list of the cloud has it.

    Attributes:
        name: what `describe` takes.
        title: what people call it.
    """

    name: str
    title: str


@runtime_checkable
class Listing(Protocol):
    """A provider that can say which endpoints there are."""

    def endpoints(self) -> Sequence[Listed]:
        """Every endpoint of the place that may be seen, by name."""
        ...
