"""A process that has canary loaded already and forks one that runs it, again and again.

Half of what the tests of the command line compute is Python loading the same modules. What runs is
the command's own `console`, in a process of its own, with its own arguments, variables, folder and
streams; only the loading is behind it. That commands load by themselves is tested where they are
started anew: in `test_startup.py` and `shell.py`, in shells and at terminals.
"""

import gc
import importlib
import io
import json
import os
import pkgutil
import random
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

PACKAGES = (
    "canarycli",
    "canarycli_sagemaker",
    "canarycli_vertex",
    "canarycli_azureml",
)
PROGRAMS = (".upload", ".local", ".temporal", ".__main__", "canarycli.testing")
"""Modules that bring an SDK, or that nobody runs here."""

CLIENTS = ("botocore.session", "botocore.client", "google.auth", "requests")
MESSAGE = 1 << 20


def main() -> None:
    """Serve the socket on standard input until it is closed."""
    asked = socket.socket(fileno=0)
    load()
    gc.collect()
    gc.freeze()
    while True:
        message, streams, _, _ = socket.recv_fds(asked, MESSAGE, 3)
        if not message:
            return
        _fork(asked, json.loads(message), streams)
        for stream in streams:
            os.close(stream)


def load() -> None:
    """Import what canary may need on its way."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not any(part in module.name for part in PROGRAMS):
                importlib.import_module(module.name)
    for name in CLIENTS:
        importlib.import_module(name)


def _fork(asked: socket.socket, order: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Begin a process whose parent is whoever asked, and send its number.

    The process between ends at once, and its child goes to the nearest that takes orphans: to the
    asker, see `warm.py`.
    """
    between = os.fork()
    if between == 0:
        child = os.fork()
        if child == 0:
            _become(order, streams)
        asked.send(str(child).encode())
        os._exit(0)
    os.waitpid(between, 0)
    asked.send(b"it is yours")


def _become(order: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Be the command."""
    from canarycli.__main__ import console

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    random.seed()
    program, *rest = order["args"]
    sys.argv = [program, *rest]
    sys.path[0] = os.path.dirname(program)  # noqa: PTH120 - as Python sets it for a script
    _open_streams()
    console()


def _open_streams() -> None:
    """Open the standard streams as Python does at its start."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before: io.TextIOWrapper = getattr(sys, name)
        stream = io.open(  # noqa: UP020, SIM115 - a number, and for good
            number,
            "r" if name == "stdin" else "w",
            encoding=before.encoding,
            errors=before.errors,
            closefd=False,
        )
        if name == "stderr":
            stream.reconfigure(line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    main()
