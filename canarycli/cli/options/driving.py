"""The options of commands that drive a release: how long, what Ctrl-C does, what counts as 0."""

from typing import Annotated

from typer import Option

from canarycli.errors import FOLDABLE, UNCHANGED, Exit, UsageError, exit_name
from canarycli.operations.on_interrupt import OnInterrupt

Timeout = Annotated[
    str | None,
    Option(metavar="3h", help="Stop waiting with exit 12; the release stays open"),
]
OkOn = Annotated[
    str | None,
    Option(
        metavar="NAME,…",
        help="Outcomes that count as exit 0: paused, inconclusive, rolled-back, timeout",
    ),
]
Interrupt = Annotated[
    OnInterrupt | None,
    Option(help="What Ctrl-C or a cancelled job does; hold on a terminal, else rollback"),
]

_OK_NAMES = {exit_name(code): code for code in FOLDABLE}


def ok_codes(names: str | None) -> frozenset[Exit]:
    """The exit codes that count as 0, from `--ok-on`.

    Raises:
        UsageError: there is no outcome of that name.
    """
    words = _words(names)
    for word in words:
        if word not in {*_OK_NAMES, UNCHANGED}:
            there = ", ".join((*_OK_NAMES, UNCHANGED))
            raise UsageError(f"--ok-on: no outcome {word!r}", hint=f"there are {there}")
    return frozenset(_OK_NAMES[word] for word in words if word != UNCHANGED)


def may_be_unchanged(names: str | None) -> bool:
    """Whether `--ok-on` counts a start as 0 that found what it is to release live already."""
    return UNCHANGED in _words(names)


def _words(names: str | None) -> list[str]:
    """As they are shown; JSON spells them with `_`, which is taken too."""
    words = ((names or "").replace("_", "-")).split(",")
    return [word.strip() for word in words if word.strip()]
