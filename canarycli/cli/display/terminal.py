"""Whether frames can be drawn here, and how large."""

import os
import shutil
import sys
from collections.abc import Mapping

from canarycli.cli.display.ansi import colored, plain_only
from canarycli.cli.options.common import Common, Format
from canarycli.provider import Probe

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""A smaller terminal gets lines instead."""


def drawable(common: Common) -> tuple[int, int] | None:
    """Columns and rows of the terminal, None where people are to get plain lines.

    That is where stdout is no terminal or a dumb one, in CI, if asked for another output, and
    where it is narrower than 60 columns.
    """
    if common.output not in {Format.AUTO, Format.TABLE} or common.quiet or os.environ.get("CI"):
        return None
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return None
    return (size.columns, size.lines) if size.columns >= LEAST_WIDTH else None


def terminal(env: Mapping[str, str]) -> Probe:
    """What can be drawn here, for the doctor."""
    if not sys.stdout.isatty():
        return Probe("terminal", ok=True, detail="none, so plain lines and no questions")
    width, height = shutil.get_terminal_size()
    signs = "ASCII" if plain_only(sys.stdout) else "UTF-8"
    colour = "colour" if colored(sys.stdout, env) else "no colour"
    return Probe("terminal", ok=True, detail=f"{signs}, {colour}, {width} × {height}")
