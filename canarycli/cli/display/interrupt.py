"""Asks a person at Ctrl-C what becomes of the release that this process drives."""

import os
import select
import sys

from canarycli.cli.display.ansi import bold, colored
from canarycli.cli.display.output import write
from canarycli.harmless import harmless
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.release.record import Release
from canarycli.traffic import percent

PATIENCE = 60.0
"""Seconds for which an answer is waited for."""


def what_now(release: Release, *, choice: str = "auto") -> OnInterrupt | None:
    """What Ctrl-C is to do, from the person at the terminal; None for going on.

    Nobody looks after the release while it is asked, so no answer within a minute is going on.
    """
    bright = colored(sys.stderr, os.environ, choice)
    question = (
        f"{release.candidate} has {percent(release.target)}: "
        "[h]old it there and leave, [r]oll back, or [s]tay?"
    )
    write(sys.stderr, f"\n{bold(harmless(question), on=bright)} ")
    if not _answered():
        write(sys.stderr, "staying\n")
        return None
    word = sys.stdin.readline().strip().lower()
    if word.startswith("h"):
        return OnInterrupt.HOLD
    return OnInterrupt.ROLLBACK if word.startswith("r") else None


def _answered() -> bool:
    try:
        return bool(select.select([sys.stdin], [], [], PATIENCE)[0])
    except OSError:  # Windows can wait for sockets only
        return True
