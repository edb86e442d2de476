"""Asks a person before something that can't be taken back."""

import os
import sys

from canarycli.cli.ansi import bold, colored
from canarycli.cli.output import write
from canarycli.errors import Stopped


def confirm(question: str, *, default: bool = True) -> None:
    """Go on only if a person agrees. Whether one may be asked is `Common.may_ask`.

    Args:
        question: with its question mark; it is asked on stderr.
        default: what Enter means.

    Raises:
        Stopped: they declined, or left.
    """
    if not ask(question, default=default):
        raise Stopped("declined, nothing was changed")


def ask(question: str, *, default: bool) -> bool:
    """A yes or no from the person at the terminal; the end of input is a no."""
    bright = colored(sys.stderr, os.environ)
    keys = "[Y/n]" if default else "[y/N]"
    while True:
        write(sys.stderr, f"{bold(question, on=bright)} {keys} ")
        line = sys.stdin.readline()
        if not line:
            write(sys.stderr, "\n")
            return False
        word = line.strip().lower()
        if word in {"", "y", "yes", "n", "no", "q"}:
            return default if not word else word.startswith("y")
        write(sys.stderr, "answer y or n\n")
