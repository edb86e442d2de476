"""One reason not to start a release, and those that are an endpoint's own."""

from canarycli.errors import Busy, CanaryError, Denied, Exit, Unsupported, UsageError
from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint

EMPTY = (
    "nothing is deployed on it; deploy its first version with the cloud's own tools and give that "
    "all traffic"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One reason not to start.

    Attributes:
        message: what is wrong; lower case, no full stop.
        hint: how to go on.
        blocks: True: refused. False: a risk that a person may take with `--yes`.
        error: what to raise for it, which also names the exit code.
    """

    message: str
    hint: str
    blocks: bool = True
    error: type[CanaryError] = UsageError

    @property
    def exit(self) -> Exit:
        """The exit code it ends with."""
        return self.error.exit

    def as_error(self) -> CanaryError:
        """The error to raise for this one alone."""
        return self.error(self.message, hint=self.hint)


def why_unfit(endpoint: Endpoint) -> str:
    """Why no release can start on an endpoint, and after a semicolon what helps; "" if one can."""
    empty = not endpoint.versions and endpoint.settled
    return endpoint.unfit or (EMPTY if empty else "")


def unfit(endpoint: Endpoint) -> Trouble | None:
    """Why no release can start on an endpoint, whatever the versions; None if one can."""
    why, _, way = why_unfit(endpoint).partition("; ")
    if not why:
        return None if endpoint.versions else changing(endpoint)
    return Trouble(
        f"endpoint {endpoint.name!r} can't be released by shares: {why}",
        way or "choose another endpoint, or change how this one is deployed",
        error=Unsupported,
    )


def changing(endpoint: Endpoint) -> Trouble:
    """The trouble of an endpoint that takes no change until one that is under way is over."""
    status = f" ({endpoint.status})" if endpoint.status else ""
    return Trouble(
        f"a change of endpoint {endpoint.name!r} is under way{status}",
        f"wait for it: canary status {endpoint.name}",
        error=Busy,
    )


def crowded(endpoint: Endpoint, full: str) -> Trouble:
    """The trouble of an endpoint that has no room for what canary notes on it."""
    return Trouble(
        f"canary can't note its release on endpoint {endpoint.name!r}: {full}",
        "take some away that nobody needs",
        error=Unsupported,
    )


def forbidden(endpoint: Endpoint, error: Denied) -> Trouble:
    """The trouble of somebody who may not write what canary notes on an endpoint."""
    return Trouble(
        f"canary can't note its release on endpoint {endpoint.name!r}: {error.message}",
        next(iter(error.hints), "ask for the permission it names"),
        error=Denied,
    )
