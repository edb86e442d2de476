"""Asks a person before something that can't be taken back."""

import os
import sys

from canarycli.cli.display.ansi import bold, colored
from canarycli.cli.display.output import write
from canarycli.cli.options.common import Common
from canarycli.errors import Stopped, UsageError
from canarycli.harmless import harmless


def confirm(common: Common, question: str, *, yes: bool, flag: str = "--yes") -> None:
    """Go on only if a person agrees; Enter agrees.

    Args:
        common: says whether somebody may be asked.
        question: with its question mark, on stderr.
        yes: agreed already, nobody is asked.
        flag: what agrees without a person.

    Raises:
        Stopped: they declined, or left.
        UsageError: nobody is there to ask.
    """
    if yes:
        return
    if not common.may_ask:
        raise UsageError(
            f"nobody is there to answer {question!r}", hint=f"agree beforehand with {flag}"
        )
    if not ask(question, default=True, choice=common.color):
        raise Stopped("declined, nothing was changed")


def ask_word(question: str) -> str:
    """A word from the person at the terminal.

    Raises:
        Stopped: they said none, or left.
    """
    write(sys.stderr, f"{harmless(question)} ")
    word = sys.stdin.readline().strip()
    if not word or word == "q":
        raise Stopped("declined, nothing was changed")
    return word


def ask(question: str, *, default: bool, choice: str = "auto") -> bool:
    """A yes or no from the person at the terminal; the end of input is a no."""
    bright = colored(sys.stderr, os.environ, choice)
    keys = "[Y/n]" if default else "[y/N]"
    while True:
        write(sys.stderr, f"{bold(harmless(question), on=bright)} {keys} ")
        line = sys.stdin.readline()
        if not line:
            write(sys.stderr, "\n")
            return False
        word = line.strip().lower()
        if word in {"", "y", "yes", "n", "no", "q"}:
            return default if not word else word.startswith("y")
        write(sys.stderr, "answer y or n\n")
