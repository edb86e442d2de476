"""Looks at this machine: what canary runs on and where it keeps its records."""

import os
import platform
import tempfile
from collections.abc import Iterator, Mapping

from canarycli import __version__
from canarycli.errors import UsageError
from canarycli.folders import state_folder
from canarycli.provider import Probe
from canarycli.registry import shadowed


def machine(env: Mapping[str, str]) -> Iterator[Probe]:
    """Everything here that a release depends on; the clock is asked of the cloud."""
    yield Probe("canary", ok=True, detail=f"{__version__} on Python {platform.python_version()}")
    yield _records(env)
    for name, package in shadowed().items():
        hint = f"{package} has one of this name too, which is never taken"
        yield Probe(f"provider {name}", ok=True, detail="canary's own", hints=(hint,))


def _records(env: Mapping[str, str]) -> Probe:
    try:
        folder = state_folder(env)
    except UsageError as error:
        return Probe("records", ok=False, detail=error.message, hints=error.hints)
    try:
        os.makedirs(folder, 0o700, exist_ok=True)  # noqa: PTH103 - the folder is text, see folders
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        hint = "set CANARY_STATE to a folder this user can write to"
        return Probe("records", ok=False, detail=f"{folder}: {error.strerror}", hints=(hint,))
    return Probe("records", ok=True, detail=f"{folder} can be written")
