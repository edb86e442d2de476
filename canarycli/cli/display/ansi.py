"""Colour by escape codes: the 16 colours of the person's own theme, nothing of Rich."""

from collections.abc import Mapping
from typing import TextIO

_RESET = "\x1b[0m"
_CODES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "reverse": "\x1b[7m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
}

ASCII = str.maketrans(
    {
        **dict(zip("─━●┃╋┼▶◀▄✔✖◔╌↩▸○", "-=O|+:><#+x~.<>o", strict=True)),
        **dict(zip("→≈≤≥−–×·…“”’", '><<>--x..""\'', strict=True)),
        "≈": "~",
        "❚": "|",
        "≥": ">=",
        "≤": "<=",
        "→": "->",
        "…": "...",
    }
)
"""One table for every screen that must do without Unicode."""


def colored(stream: TextIO, env: Mapping[str, str], choice: str = "auto") -> bool:
    """Whether to colour what goes to `stream`.

    Args:
        stream: where it goes.
        env: NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and TERM are honoured.
        choice: `--color`: always or never decide, auto looks.
    """
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR", "0") != "0" or env.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and env.get("TERM") != "dumb"


def paint(text: str, style: str, *, on: bool) -> str:
    """The text in a style where colour is on: words such as `bold` or `red reverse`, or none."""
    codes = "".join(_CODES[word] for word in style.split())
    return f"{codes}{text}{_RESET}" if on and codes else text


def bold(text: str, *, on: bool) -> str:
    """The text in bold where colour is on."""
    return paint(text, "bold", on=on)


def plain_only(stream: TextIO) -> bool:
    """Whether the stream can't take what is beyond ASCII."""
    return "utf" not in (stream.encoding or "").lower()
