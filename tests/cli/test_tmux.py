"""A person at a terminal that others made: keys, resizing and the scrollback, in tmux."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from cli.blackbox import CANARY, Canary, simulated

TMUX = shutil.which("tmux") or ""
PATIENCE = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TMUX, reason="no tmux is here (apt install tmux)"),
]

PLAN = """\
  long:
    stages: [{percent: 5, bake: 10h}, {percent: 50, bake: 10h}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 2%, min_requests: 50}]
"""


@dataclass(frozen=True)
class Tmux:
    """A server with one pane of its own."""

    socket: Path
    env: dict[str, str]

    def __call__(self, *args: str) -> str:
        command = [TMUX, "-f", "/dev/null", "-S", str(self.socket), *args]
        return subprocess.run(
            command,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=PATIENCE,
        ).stdout

    def press(self, *keys: str) -> None:
        self("send-keys", *keys)

    def screen(self) -> list[str]:
        """What stands on it now."""
        return self("capture-pane", "-p").splitlines()

    def wait_for(self, word: str) -> list[str]:
        return self.until(lambda lines: any(word in line for line in lines), word)

    def until(self, shown: Callable[[list[str]], bool], what: str) -> list[str]:
        end = time.monotonic() + PATIENCE
        while not shown(lines := self.screen()):
            assert time.monotonic() < end, "\n".join([f"no {what}:", *lines])
            self("run-shell", "sleep 0.2")
        return lines


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return simulated(tmp_path, PLAN, speed="1x", settle="0s")


@pytest.fixture
def tmux(tmp_path: Path, canary: Canary) -> Iterator[Tmux]:
    env = {**canary.env, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    for name in ("COLUMNS", "LINES", "NO_COLOR", "TMUX"):
        env.pop(name, None)
    found = Tmux(tmp_path / "tmux", env)
    size = ("-x", "120", "-y", "32")
    found("new-session", "-d", *size, "-c", str(canary.folder), "bash --norc --noprofile")
    try:
        yield found
    finally:
        found("kill-server")


def is_laid_out(width: int, lines: list[str]) -> bool:
    """Whether a whole frame stands there that takes the width, and no more."""
    stages = any(line.rstrip().endswith("○ 100%") for line in lines)
    fits = width - 14 < max(map(len, lines)) <= width
    return stages and fits and any("q  leave" in line for line in lines)


def test_a_start_in_tmux_answers_keys_and_fits_each_size(tmux: Tmux, canary: Canary) -> None:
    tmux.press(f"{os.path.relpath(CANARY, canary.folder)} start -m v42 --plan long", "Enter")
    asked = tmux.wait_for("[Y/n]")
    assert any("errors_5xx never above 2.00%" in line for line in asked)
    assert any("roll back to v41 100% at once" in line for line in asked)
    tmux.press("Enter")
    tmux.wait_for("q  leave")
    tmux.press("?")
    tmux.wait_for("send all traffic back to the baseline; asks")
    tmux.press("Escape")
    tmux.wait_for("CHECK")

    for width, height in ((80, 24), (60, 20), (120, 32)):
        tmux("resize-window", "-x", str(width), "-y", str(height))
        lines = tmux.until(partial(is_laid_out, width), f"frame of {width} columns")
        assert sum("errors_5xx" in line for line in lines if line[:1] == " ") >= 1, lines
    assert any("same → limit" in line for line in lines)

    tmux.press("p")
    tmux.wait_for("Hold at 5% for 15 min, then roll back?")
    tmux.press("Escape")
    tmux.wait_for("q  leave")
    tmux.press("q")
    tmux.wait_for("This terminal drives r-")
    tmux.press("Escape")
    tmux.press("r")
    tmux.wait_for("Roll back to v41 now?")
    tmux.press("Enter")
    tmux.wait_for("ROLLED BACK BY ann AT 5%")
    tmux.wait_for("v41 100%; from the live screen")
    assert canary.run("status", "demo", "-o", "json").json["traffic"] == {"v41": 100, "v42": 0}
