"""Names whose fault it is when a provider trips over something, and lets no secret out with it."""

import os
from collections.abc import Callable
from typing import TypeVar

from canarycli.errors import Broken, CanaryError, Unavailable
from canarycli.masking import mask

T = TypeVar("T")


def known(
    call: Callable[[], T],
    who: Callable[[], str],
    lacks: Callable[[ModuleNotFoundError], CanaryError] | None,
    *,
    ours: bool,
) -> T:
    """What a call answers, or an error of our own.

    Args:
        call: asks a provider.
        who: what to call it; asked only where it is to blame.
        lacks: what to say where a package of its cloud is not installed; None for a break.
        ours: it comes with canary: what it trips over is an answer of its cloud.
    """
    try:
        return call()
    except CanaryError as error:
        _take_secrets_out(error)
        raise
    except KeyboardInterrupt:  # by a person: one that the provider raises comes as Exited
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and lacks is not None:
            raise lacks(error) from error
        if ours:
            raise Unavailable(
                f"an answer to {who()} makes no sense: {_said(error)}",
                hint="is a proxy in the way? canary doctor looks",
            ) from error
        raise Broken(
            f"{who()} broke: {_said(error)}",
            hint="this is its fault, not the cloud's: report it to whoever made it",
        ) from error


def _said(error: BaseException) -> str:
    """An exception by its name and its first line, without secrets."""
    what = (error.__cause__ or error) if type(error).__name__ == "Exited" else error
    text = f"{type(what).__name__} {what}".partition("\n")[0]
    return without_secrets(text.rstrip())


def _take_secrets_out(error: CanaryError) -> None:
    error.message = without_secrets(error.message)
    error.facts = tuple(map(without_secrets, error.facts))
    error.hints = tuple(map(without_secrets, error.hints))


def without_secrets(text: str) -> str:
    """What a cloud or a model says, as it may go into events, records and reports."""
    return mask(text, os.environ)
