"""`Popen` for the installed command that does without loading it, see `loaded.py`."""

import atexit
import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TAKE_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""

PYTHON = ("PYTHON", "LANG", "LC_", "LD_")
"""Variables that Python reads at its start: where they differ the command is started anew."""


class Warm(subprocess.Popen[str]):
    """The command, run by a fork of a process that has loaded it; a child of this one all the same.

    With arguments, variables, folder and pipes as for `Popen`, without its other options.
    """

    def _execute_child(self, args: Any, *given: Any) -> None:
        preexec_fn, close_fds, pass_fds, cwd, env = given[1:6]
        executable, pipes = given[0], given[9:15]
        assert close_fds
        assert not any((executable, preexec_fn, pass_fds))
        stdin, stdout, stderr = pipes[0], pipes[3], pipes[5]
        order = {"args": list(args), "cwd": str(cwd), "env": dict(env)}
        self.pid = _loaded().fork(order, (stdin, stdout, stderr))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined] # its own, not in the stubs


def popen(
    command: list[str], folder: Path, env: Mapping[str, str], stdin: int = subprocess.PIPE
) -> "subprocess.Popen[str]":
    """Start the command with pipes, warm, or anew where a variable of Python's own asks for it."""
    usual = _read_at_start(os.environ) == _read_at_start(env)
    kind = Warm if usual and sys.platform == "linux" else subprocess.Popen[str]
    pipe = subprocess.PIPE
    return kind(command, cwd=folder, env=env, stdin=stdin, stdout=pipe, stderr=pipe, text=True)


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in env.items() if k.startswith(PYTHON) or k == "PYTEST_PLUGINS"}


class _Loaded:
    """The process that has it loaded, one for each that runs tests."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            program = Path(__file__).with_name("loaded.py")
            self._process = subprocess.Popen([sys.executable, program], stdin=theirs.fileno())

    def fork(self, order: Mapping[str, Any], streams: tuple[int, int, int]) -> int:
        with self._lock, _taking_orphans():
            socket.send_fds(self._socket, [json.dumps(order).encode()], streams)
            number = int(self._socket.recv(64))
            assert self._socket.recv(64) == b"it is yours"
        return number

    def end(self) -> None:
        self._socket.close()
        self._process.wait(10)


_made: list[_Loaded] = []


def _loaded() -> _Loaded:
    if not _made:
        _made.append(_Loaded())
        atexit.register(_made[0].end)
    return _made[0]


@contextmanager
def _taking_orphans() -> Iterator[None]:
    prctl = ctypes.CDLL(None).prctl
    prctl(TAKE_ORPHANS, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(TAKE_ORPHANS, 0, 0, 0, 0)
