"""Looks at this machine: what canary runs on, where it keeps its records, what it can draw."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping

from canarycli import __version__
from canarycli.cli.display.ansi import colored, plain_only
from canarycli.folders import state_folder
from canarycli.provider import Probe


def machine(env: Mapping[str, str]) -> Iterator[Probe]:
    """Everything here that a release depends on; the clock is asked of the cloud."""
    yield Probe("canary", ok=True, detail=f"{__version__} on Python {platform.python_version()}")
    yield _records(env)
    yield _terminal(env)


def _records(env: Mapping[str, str]) -> Probe:
    folder = state_folder(env)
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - the folder is text, see places
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        hint = "set CANARY_STATE to a folder this user can write to"
        return Probe("records", ok=False, detail=f"{folder}: {error.strerror}", hints=(hint,))
    return Probe("records", ok=True, detail=f"{folder} can be written")


def _terminal(env: Mapping[str, str]) -> Probe:
    if not sys.stdout.isatty():
        return Probe("terminal", ok=True, detail="none, so plain lines and no questions")
    width, height = shutil.get_terminal_size()
    signs = "ASCII" if plain_only(sys.stdout) else "UTF-8"
    colour = "colour" if colored(sys.stdout, env) else "no colour"
    return Probe("terminal", ok=True, detail=f"{signs}, {colour}, {width} × {height}")
