"""Takes an answer of a cloud that makes no sense for none, whatever is odd about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from canarycli.errors import Unavailable

NONSENSE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What reading a value of another type, a missing key or a number that is none ends in."""


@contextmanager
def sensible(doing: str) -> Iterator[None]:
    """Reading an answer, as a context or around a whole verb.

    Args:
        doing: what was asked for, for the message.

    Raises:
        Unavailable: it makes no sense, and is worth another try.
    """
    try:
        yield
    except NONSENSE as error:
        said = str(error).partition("\n")[0][:200]
        raise Unavailable(
            f"{doing}: the answer makes no sense ({type(error).__name__}: {said})",
            hint="is a proxy in the way? canary doctor looks",
        ) from error


def require_texts(*values: object) -> None:
    """Stop a value of another type at the edge, where the answer it came with is still known.

    Raises:
        TypeError: one is no text.
    """
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} where a text is expected")


def require(kind: type, value: object, what: str) -> None:
    """The same for a value of any kind.

    Raises:
        TypeError: it is of another one.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{what} is a {type(value).__name__}, not a {kind.__name__}")
