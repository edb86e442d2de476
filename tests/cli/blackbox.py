"""The installed command as a process of its own, with a home and a state of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.warm import popen

CANARY = str(Path(sys.executable).parent / "canary")
PATIENCE = 60

CLOUD_VARIABLES = ("AWS_", "GOOGLE_", "AZURE_", "CANARY_", "CLOUDSDK_", "CI", "XDG_", "TEMPORAL_")
CI_VARIABLES = ("GITHUB_", "TF_BUILD", "AGENT_")
WAYS_OUT = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Canary:
    """Runs `canary` in a folder, as one person on one machine."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clean = {k: v for k, v in os.environ.items() if not _is_given(k) and k != "COLUMNS"}
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        self.env = {**clean, "HOME": str(home), "CANARY_ACTOR": "ann", **self.env}

    def elsewhere(self, name: str, **env: str) -> "Canary":
        """Another machine: another home, no state, no canary.yaml."""
        folder = self.folder.parent / name
        folder.mkdir(exist_ok=True)
        return Canary(folder, {**self._given(), "CANARY_ACTOR": name, **env})

    def write(self, text: str, name: str = "canary.yaml") -> None:
        (self.folder / name).write_text(text)

    def run(self, *args: str, stdin: str = "") -> Result:
        with popen([CANARY, *args], self.folder, self.env) as process:
            try:
                out, err = process.communicate(stdin, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Result(process.returncode, out, err)

    def shell(self, line: str) -> Result:
        """Run a line of bash, in which `canary` is the installed one."""
        done = subprocess.run(
            ["bash", "-c", f'canary() {{ "{CANARY}" "$@"; }}; {line}'],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def at_terminal(self, *args: str, typed: str) -> Result:
        """Run it with a terminal on stdin, and type into it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [CANARY, *args],
            cwd=self.folder,
            env=self.env,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        out, err = process.communicate(timeout=PATIENCE)
        os.close(ours)
        return Result(process.returncode, out, err)

    def beside(self, name: str) -> "Canary":
        """The same person on the same machine, in another folder."""
        folder = self.folder.parent / name
        folder.mkdir(exist_ok=True)
        return Canary(folder, {**self._given(), "HOME": self.env["HOME"]})

    def begin(self, *args: str) -> "Running":
        return Running(popen([CANARY, *args], self.folder, self.env, subprocess.DEVNULL))

    def _given(self) -> dict[str, str]:
        return {k: v for k, v in self.env.items() if _is_given(k)}


def _is_given(name: str) -> bool:
    """Whether a variable decides where calls go, so that a test must say it itself."""
    return name.startswith((*CLOUD_VARIABLES, *CI_VARIABLES)) or name.upper() in WAYS_OUT


@dataclass
class Running:
    """A `canary` that is still at work."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def wait_for(self, word: str) -> str:
        """Read its lines until one has `word` in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if word in line:
                return line
        raise AssertionError(f"ended without {word!r}: {''.join(self.lines)}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self, patience: float = PATIENCE) -> Result:
        out, err = self.process.communicate(timeout=patience)
        return Result(self.process.returncode, "".join(self.lines) + out, err)


QUICK = {"speed": "30x", "period": "10s", "settle": "3s", "delay": "0s", "day": 0, "rate": 1000}
"""Enough requests that not even a single period of them can show 4 % of failures as under 2 %."""


def simulated(folder: Path, plan: str = "", **settings: Any) -> Canary:
    """A canary whose canary.yaml has one pretend endpoint, quick and without metric delay."""
    script = QUICK | settings
    lines = "".join(f"    {key}: {value}\n" for key, value in script.items())
    machine = folder / "ann"
    machine.mkdir()
    canary = Canary(machine)
    canary.write(
        "version: 1\n"
        "endpoints:\n"
        "  demo:\n"
        "    provider: simulator\n"
        "    plan: quick\n"
        f"    state: {folder / 'simulator.json'}\n"
        f"{lines}"
        "plans:\n"
        "  quick:\n"
        "    read_every: 5s\n"
        "    fails_after: 2\n"
        "    stages:\n"
        "      - {percent: 5, bake: 20s}\n"
        "      - {percent: 25, bake: 20s}\n"
        "      - {percent: 100}\n"
        "    checks:\n"
        "      - {metric: errors_5xx, never_above: 2%, min_requests: 50}\n"
        f"{plan}"
    )
    return canary
