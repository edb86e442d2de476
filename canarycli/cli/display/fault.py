"""Writes down a fault of canary itself, for whoever mends it."""

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from canarycli import __version__
from canarycli.cli.display.error import Failure
from canarycli.errors import Exit, UsageError
from canarycli.folders import state_folder
from canarycli.masking import mask
from canarycli.registry import plug_ins

_PACKAGES = ("typer", "rich", "pydantic", "pyyaml", "botocore", "google-auth", "azure-identity")


def report(error: BaseException) -> Failure:
    """One line for the person; the traceback, without secrets, in a file of its own."""
    summary = mask(f"{type(error).__name__}: {error}".partition("\n")[0], os.environ)
    path = _write(error)
    where = f"the details are in {path}" if path else "run it again with --debug for the details"
    return Failure(
        f"a fault in canary itself: {summary}",
        Exit.ERROR,
        hints=(where, "canary status shows where traffic stands"),
    )


def _write(error: BaseException) -> Path | None:
    now = datetime.now(UTC)
    try:
        folder = Path(state_folder(os.environ)) / "faults"
    except UsageError:
        return None
    path = folder / f"{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    text = "".join([*_versions(now), "\n", *traceback.format_exception(error)])
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(path, fresh, 0o600), "w") as file:
            file.write(mask(text, os.environ))
    except OSError:
        return None
    return path


def _versions(now: datetime) -> list[str]:
    lines = [f"canary {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    for name in (*_PACKAGES, *plug_ins()):
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    command = " ".join(sys.argv[1:2])
    return [f"{now.isoformat(timespec='seconds')} canary {command}\n", *(f"{v}\n" for v in lines)]
