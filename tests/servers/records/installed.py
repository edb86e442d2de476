"""Starts the servers that are installed or not: Azurite, PostgreSQL."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STARTING = 30.0
"""Seconds a server has to start."""

ACCOUNT, KEY = (
    "devstoreaccount1",
    ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
)
"""What Azurite's documentation says everybody may know."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def azurite() -> str:
    """The program, "" where it is not installed: `CANARY_AZURITE`, else on the path."""
    return os.environ.get("CANARY_AZURITE") or shutil.which("azurite-blob") or ""


@contextmanager
def run_azurite(folder: Path) -> Iterator[int]:
    """Azure Blob on 127.0.0.1; its port."""
    port = free_port()
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command = [azurite(), *options, "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def postgres() -> Path | None:
    """The folder of PostgreSQL's programs, None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def run_postgres() -> Iterator[int]:
    """PostgreSQL on 127.0.0.1 with the user `canary`, whom everybody here may be; its port."""
    # Not below pytest's folder, which only its own user may enter.
    folder = Path(tempfile.mkdtemp(prefix="canary-pg-"))
    try:
        with _postgres_in(folder) as port:
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres_in(folder: Path) -> Iterator[int]:
    programs, port, data = postgres(), free_port(), folder / "data"
    assert programs is not None
    # It refuses to run as root.
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "nobody")
        folder.chmod(0o700)
    initdb = [programs / "initdb", "-D", data, "-U", "canary", "-A", "trust", "-N"]
    said = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(initdb, check=True, **user, **said)  # type: ignore[call-overload]  # both dicts
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", data, *options]
    process = subprocess.Popen(command, **user, **said)  # type: ignore[call-overload]  # as above
    try:
        _wait(port, process)
        ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        until = time.monotonic() + STARTING
        while subprocess.run(ready, check=False).returncode and time.monotonic() < until:
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, f"it ended with {process.returncode}"
        time.sleep(0.05)
    raise TimeoutError(json.dumps(process.args, default=str))
