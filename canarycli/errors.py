"""Every error canary raises, as one tree, each with its exit code and a hint.

CanaryError
├── UsageError                 a flag or a value that makes no sense here
│   ├── PlanError              points into a plan file: line, column, stages[2].percent
│   ├── Unchanged              what is to be released has all traffic already
│   └── MissingExtra           the provider's packages are not installed
├── Busy                       another driver holds the endpoint
├── StoreError                 release records can't be read or written, or make no sense
├── Stopped                    a person said no at the prompt
├── Unsafe                     traffic could not be put or read back: a person must look
└── ProviderError              the cloud said no, or nothing
    ├── NotFound               endpoint, version, release or model
    ├── Denied                 no credentials, expired ones, or a missing permission
    ├── Conflict               the endpoint changed since it was looked at, or is changing now
    ├── Unsupported            this endpoint can't be released this way
    ├── Rejected               the cloud understood and refused
    └── Unavailable            no answer, throttled, 5xx: the only one that is retried
        └── Broken             the provider itself broke: counts as no answer, asked no sooner
            └── Late           it did not answer within its limit
"""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """What the process tells its caller; the table in `canary help exit-codes`."""

    OK = 0
    ERROR = 1
    USAGE = 2
    ROLLED_BACK = 3
    INCONCLUSIVE = 4
    PAUSED = 5
    STOPPED = 6
    BUSY = 7
    DENIED = 8
    NOT_FOUND = 9
    CLOUD_FAILED = 10
    NO_METRICS = 11
    TIMEOUT = 12
    UNSAFE = 13
    DRIFT = 14
    RUNNING = 20
    INTERRUPTED = 130
    TERMINATED = 143


def exit_name(code: Exit) -> str:
    """`rolled-back`."""
    return code.name.lower().replace("_", "-")


FOLDABLE = (
    Exit.PAUSED,
    Exit.INCONCLUSIVE,
    Exit.ROLLED_BACK,
    Exit.TIMEOUT,
    Exit.STOPPED,
    Exit.NO_METRICS,
    Exit.DRIFT,
)
"""Ends that `--ok-on` may count as 0."""

UNCHANGED = "unchanged"
"""The same of a start that found nothing to do, which is no end of a release."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came; who handles Ctrl-C handles it in the same way, and the exit code is 143."""


class Left(KeyboardInterrupt):
    """A person left the live screen: the release stays as it is, whatever Ctrl-C would do."""


class CanaryError(Exception):
    """Something went wrong that a person can act on.

    Args:
        message: what and where; lower case, no full stop.
        hint: how to go on, the next command to paste; one or several.
        facts: indented lines between the two.
    """

    exit = Exit.ERROR

    def __init__(
        self, message: str, *, hint: str | Iterable[str] = (), facts: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hints = (hint,) if isinstance(hint, str) else tuple(hint)
        self.facts = tuple(facts)

    @property
    def said(self) -> str:
        """Message and facts on one line, for where there is no room for more."""
        return ": ".join(filter(None, (self.message, "; ".join(self.facts))))


class UsageError(CanaryError):
    """A flag or a value that makes no sense here; nothing was touched."""

    exit = Exit.USAGE


class PlanError(UsageError):
    """A plan or config file with a mistake.

    Args:
        where: the place, `canary.yaml:29:44` or `--percent`.
        message: what is wrong there.
    """

    def __init__(self, where: str, message: str, *, hint: str | Iterable[str] = ()) -> None:
        super().__init__(f"{where}: {message}", hint=hint)
        self.where = where


class Unchanged(UsageError):
    """What is to be released has all traffic already, as where a job runs again."""


class Unplaced(UsageError):
    """Nothing says where the endpoints are.

    Args:
        message: what is wrong.
        missing: the settings that would say it, as canary.yaml has them.
    """

    def __init__(
        self, message: str, missing: Iterable[str], *, hint: str | Iterable[str] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.missing = tuple(missing)


class MissingFile(UsageError):
    """What is named is not on this machine, or is an empty folder; it may be written later."""


class MissingExtra(UsageError):
    """The provider's packages are not installed."""


class Busy(CanaryError):
    """Another driver holds the endpoint."""

    exit = Exit.BUSY


class StoreError(CanaryError):
    """Release records can't be read or written, or what stands there makes no sense.

    Nothing is lost by it: the endpoint's own notes are enough for a rollback.
    """


class Stopped(CanaryError):
    """A person said no at the prompt."""

    exit = Exit.STOPPED


class Unsafe(CanaryError):
    """Traffic could not be put where it belongs, or not be read back: a person must look."""

    exit = Exit.UNSAFE


class ProviderError(CanaryError):
    """The cloud said no, or nothing."""

    exit = Exit.CLOUD_FAILED


class NotFound(ProviderError):
    """The endpoint, version, release or model does not exist."""

    exit = Exit.NOT_FOUND


class Denied(ProviderError):
    """No credentials, expired ones, or a permission is missing."""

    exit = Exit.DENIED


class Conflict(ProviderError):
    """The endpoint changed since it was looked at, or a change of it is under way."""


class Unsupported(ProviderError):
    """This endpoint or plan does not fit what the cloud can do."""

    exit = Exit.USAGE


class Rejected(ProviderError):
    """The cloud understood and refused."""


class Unavailable(ProviderError):
    """No answer, throttled or a fault on the cloud's side: worth another try.

    Args:
        after: seconds the cloud asked to wait before the next try, if it said so.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | Iterable[str] = (),
        facts: Iterable[str] = (),
        after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, facts=facts)
        self.after = after


class Broken(Unavailable):
    """A provider raised what its contract does not know: it gave no answer.

    Its cause is what was raised. Asking again at once would raise it again.
    """


class Late(Broken):
    """A provider did not answer within its limit; it may still do what it was asked for."""
