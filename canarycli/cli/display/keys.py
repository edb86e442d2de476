"""Keys of a terminal, one by one: letters, Enter, escape and arrows."""

import os
import re
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENTER, ESCAPE, ERASE = ("\r", "\n"), "\x1b", ("\x7f", "\b")
BACK, ON = frozenset({"\x1b[A", "\x1b[D"}), frozenset({"\x1b[B", "\x1b[C"})
"""The arrows that lead to what stands before, and to what follows."""

_KEY = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)


def keys_in(text: str) -> list[str]:
    """What was typed, key by key: an arrow is one key although it comes as three signs."""
    return [key.replace("\x1bO", "\x1b[") for key in _KEY.findall(text)]


def readable() -> bool:
    """Whether keys can be read one by one here, which Windows does otherwise."""
    try:
        import termios  # noqa: F401
    except ImportError:
        return False
    return sys.stdin.isatty()


@contextmanager
def key_reader() -> Iterator[Callable[[float], list[str]]]:
    """A function that waits for keys and returns those typed meanwhile."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)

    def read(seconds: float) -> list[str]:
        ready, _, _ = select.select([descriptor], [], [], seconds)
        return keys_in(os.read(descriptor, 64).decode(errors="replace")) if ready else []

    try:
        yield read
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
