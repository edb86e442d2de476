"""Whether frames can be drawn here, and how large."""

import os
import sys

from canarycli.cli.options.common import Common, Format

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
