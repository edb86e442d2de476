"""Runs canary as people do: as a process of its own, in an empty home."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CANARY = (sys.executable, "-m", "canarycli")

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A home, a folder to work in, and the variables of one person."""

    home: Path
    env: Mapping[str, str]

    def canary(self, *args: str, text: str | None = None, **more: str) -> Ran:
        """Run canary without a terminal."""
        ran = subprocess.run(
            [*CANARY, *args],
            cwd=self.home,
            env={**self.env, **more},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def python(self, code: str, *args: str, **more: str) -> Ran:
        """Run a few lines in a fresh interpreter."""
        ran = subprocess.run(
            [sys.executable, "-c", code, *args],
            cwd=self.home,
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def at_terminal(self, code: str, typed: str, **more: str) -> Ran:
        """Run a few lines with a terminal on stdin, and type into it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=self.home,
            env={**self.env, **more},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        out, err = process.communicate(timeout=60)
        os.close(ours)
        return Ran(process.returncode, out, err)


def desk(home: Path) -> Desk:
    """An empty home with nothing of the person who runs the tests."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return Desk(home, {**kept, "HOME": str(home), "CANARY_STATE": str(home / "state")})
