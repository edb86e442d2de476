"""The live screen on a terminal: what its keys do, and what stays behind."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.blackbox import CANARY, Canary, simulated

PLAN = """\
  long:
    stages: [{percent: 5, bake: 10h}, {percent: 50, bake: 10h}, {percent: 100}]
    checks: []
"""
FAILING = """\
  failing:
    read_every: 5s
    fails_after: 1000
    stages: [{percent: 25, bake: 10h}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 1%, min_requests: 20}]
"""
ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?1049l"
PATIENCE = 40


@dataclass
class Terminal:
    """A `canary watch` on a terminal of its own."""

    process: "subprocess.Popen[bytes]"
    ours: int
    text: str = ""
    pressed: int = 0

    def wait_for(self, word: str) -> None:
        """Read until the word has been on the screen since the last key, or the last `forget`."""
        end = time.monotonic() + PATIENCE
        while word not in plain(self.text[self.pressed :]):
            assert time.monotonic() < end, plain(self.text)
            assert self._read(), plain(self.text)

    def forget(self) -> None:
        """What was read so far counts no more."""
        self.pressed = len(self.text)

    def press(self, keys: str) -> None:
        self.forget()
        os.write(self.ours, keys.encode())

    def end(self) -> int:
        while self._read():
            """Until it hangs up."""
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        if not select.select([self.ours], [], [], PATIENCE)[0]:
            return False
        try:
            found = os.read(self.ours, 65536)
        except OSError:
            return False
        self.text += found.decode(errors="replace")
        return bool(found)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def on_terminal(canary: Canary, width: int, height: int, *args: str) -> Terminal:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    env = {**canary.env, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        env.pop(name, None)
    process = subprocess.Popen(
        [CANARY, *args], cwd=canary.folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    OPENED.append(Terminal(process, ours))
    return OPENED[-1]


OPENED: list[Terminal] = []


@pytest.fixture(autouse=True)
def _terminals_end() -> Iterator[None]:
    """What a test that failed left running is no matter of the next one."""
    yield
    while OPENED:
        terminal = OPENED.pop()
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()
        os.close(terminal.ours)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """A release that somebody drives, at 5 % for ten hours."""
    found = simulated(tmp_path, PLAN, speed="1x", settle="0s")
    driving = found.begin("start", "-m", "v42", "--plan", "long", "--yes")
    try:
        driving.wait_for("confirmed")
        yield found
    finally:
        driving.kill()


def state(canary: Canary) -> str:
    found: str = canary.run("status", "demo", "-o", "json").json["state"]
    return found


def test_q_leaves_the_release_as_it_is_and_the_last_frame_behind(canary: Canary) -> None:
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("q  leave")
    terminal.press("q")
    assert terminal.end() == 0
    assert ALTERNATE in terminal.text
    behind = plain(terminal.text.split(BACK)[-1])
    assert "demo  v41 → v42   simulator" in behind
    assert "5% v42" in behind
    assert state(canary) == "running"


def test_r_asks_once_and_rolls_back(canary: Canary) -> None:
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("r  roll back")
    terminal.press("r")
    terminal.wait_for("Roll back to v41 now?")
    terminal.press("x")
    terminal.wait_for("r  roll back")
    assert state(canary) == "running"
    terminal.press("r")
    terminal.wait_for("Roll back to v41 now?")
    terminal.press("\n")
    assert terminal.end() == 6
    assert canary.run("status", "demo", "-o", "json").json["traffic"] == {"v41": 100, "v42": 0}


def test_p_asks_pauses_and_c_goes_on(canary: Canary) -> None:
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("p  pause")
    terminal.press("p")
    terminal.wait_for("Hold at 5% for 15 min, then roll back?")
    assert state(canary) == "running"
    terminal.press("\n")
    terminal.wait_for("c  continue")
    assert state(canary) == "paused"
    terminal.press("c")
    terminal.wait_for("p  pause")
    assert state(canary) == "running"
    terminal.press("q")
    assert terminal.end() == 0


def test_the_live_frame_has_the_signs_of_a_utf_8_terminal(canary: Canary) -> None:
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("q  leave")
    terminal.press("?")
    terminal.wait_for("send all traffic back to the baseline; asks")
    terminal.press("\x1b")
    terminal.wait_for("?  help")
    terminal.press("q")
    assert terminal.end() == 0
    live = plain(terminal.text.split(BACK)[0])
    assert "● 5% ╌" in live
    assert "v41 → v42" in live
    assert "v41 -> v42   simulator" not in live


def test_n_goes_to_the_next_stage_once_it_is_confirmed(canary: Canary) -> None:
    terminal = on_terminal(canary, 80, 24, "watch")
    terminal.wait_for("n  next stage")
    terminal.press("n")
    terminal.wait_for("Send 50% to v42 now (without the judge)?")
    terminal.press("\n")
    terminal.wait_for("50% v42")
    terminal.press("q")
    assert terminal.end() == 0


@pytest.mark.parametrize(
    ("size", "args"),
    [((59, 24), ()), ((80, 15), ()), ((80, 24), ("-o", "plain"))],
    ids=["narrow", "low", "plain"],
)
def test_elsewhere_it_is_lines(
    canary: Canary, size: tuple[int, int], args: tuple[str, ...]
) -> None:
    terminal = on_terminal(canary, *size, "watch", "--timeout", "1s", *args)
    assert terminal.end() == 12
    assert ALTERNATE not in terminal.text


def test_status_shows_one_frame_on_a_terminal_and_lines_elsewhere(canary: Canary) -> None:
    terminal = on_terminal(canary, 100, 30, "status")
    assert terminal.end() == 0
    shown = plain(terminal.text)
    assert "● 5% " in shown
    assert "driven by ann/" in shown
    assert "canary watch follows it live" in shown
    assert ALTERNATE not in terminal.text
    assert "● 5% " not in canary.run("status").out


def test_ascii_draws_with_ascii(canary: Canary) -> None:
    terminal = on_terminal(canary, 80, 24, "watch", "--ascii")
    terminal.wait_for("q  leave")
    terminal.press("q")
    assert terminal.end() == 0
    assert plain(terminal.text).isascii()


@pytest.mark.slow
def test_l_shows_the_log_and_o_opens_the_report(canary: Canary) -> None:
    opened = canary.folder / "opened"
    browser = canary.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o700)
    canary.env["BROWSER"] = str(browser)
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("q  leave")
    terminal.press("l")
    terminal.wait_for("esc  table")
    terminal.press("\x1b")
    terminal.wait_for("n  next stage")
    terminal.press("o")
    terminal.wait_for(".html is written, opening")
    terminal.press("q")
    assert terminal.end() == 0
    (report,) = canary.folder.glob("canary-r-*.html")
    assert "v41 → v42" in report.read_text()
    assert opened.read_text().strip() == report.as_uri()


@pytest.mark.slow
def test_t_takes_over_what_nobody_drives(tmp_path: Path) -> None:
    canary = simulated(tmp_path, PLAN)
    left = canary.run("start", "-m", "v42", "--plan", "long", "--yes", "--detach")
    assert left.code == 0, left.err
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("NOBODY IS DRIVING")
    terminal.wait_for("t  take over and go on")
    terminal.press("t")
    terminal.wait_for("Drive r-")
    terminal.press("\n")
    terminal.wait_for("·  driven by ann/")
    terminal.process.kill()
    terminal.end()


@pytest.mark.slow
def test_h_asks_why_and_holds_a_rollback_off(tmp_path: Path) -> None:
    canary = simulated(tmp_path, FAILING, scenario="failing", rate=40)
    driving = canary.begin("start", "-m", "v42", "--plan", "failing", "--yes")
    driving.wait_for("confirmed")
    terminal = on_terminal(canary, 100, 30, "watch")
    terminal.wait_for("h  hold 15 min")
    terminal.press("h")
    terminal.wait_for("Why hold it 15 min?")
    terminal.press("a loadd\x7f test\n")
    terminal.wait_for("PAUSED  by ann: a load test")
    terminal.wait_for("+  15 min more")
    terminal.press("q")
    assert terminal.end() == 0
    assert state(canary) == "paused"
    driving.kill()


PLANNED = ("-m", "v42", "--plan", "long", "--yes")


@pytest.fixture
def idle(tmp_path: Path) -> Canary:
    """An endpoint in no release."""
    return simulated(tmp_path, PLAN, speed="1x", settle="0s")


def behind(terminal: Terminal) -> str:
    """What is left in the scrollback."""
    return plain(terminal.text.split(BACK)[-1])


def test_start_opens_the_same_screen_and_ctrl_c_asks_before_it_leaves(idle: Canary) -> None:
    terminal = on_terminal(idle, 60, 24, "start", *PLANNED)
    terminal.wait_for("5% v42")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("d  hold at 5% and leave   r  roll back   esc  stay")
    terminal.press("x")
    terminal.wait_for("q  leave")
    terminal.forget()
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("d  hold at 5% and leave")
    terminal.press("d")

    assert terminal.end() == 130
    assert ALTERNATE in terminal.text
    assert "demo  v41 → v42" in behind(terminal)
    assert "holds at 5% and nobody drives it" in behind(terminal)
    assert idle.run("status", "demo", "-o", "json").json["traffic"] == {"v41": 95, "v42": 5}


def test_r_on_the_screen_of_the_driver_rolls_back(idle: Canary) -> None:
    terminal = on_terminal(idle, 80, 24, "start", *PLANNED)
    terminal.wait_for("5% v42")
    terminal.press("r")
    terminal.wait_for("Roll back to v41 now?")
    terminal.press("\n")

    assert terminal.end() == 6
    assert "↩" in behind(terminal)
    assert idle.run("status", "demo", "-o", "json").json["traffic"] == {"v41": 100, "v42": 0}


def test_resume_shows_what_another_drives_and_q_leaves_it_alone(canary: Canary) -> None:
    terminal = on_terminal(canary, 120, 30, "resume")
    terminal.wait_for("q  leave")
    terminal.press("q")

    assert terminal.end() == 0
    assert "5% v42" in behind(terminal)
    assert state(canary) == "running"


def test_promote_opens_the_same_screen_and_drives(idle: Canary) -> None:
    assert idle.run("start", *PLANNED, "--detach").code == 0
    terminal = on_terminal(idle, 100, 24, "promote", "--yes")
    terminal.wait_for("50% v42")
    terminal.press("r")
    terminal.wait_for("Roll back to v41 now?")
    terminal.press("\n")

    assert terminal.end() == 6
    assert ALTERNATE in terminal.text


def test_a_second_ctrl_c_leaves_at_once(idle: Canary) -> None:
    terminal = on_terminal(idle, 100, 30, "start", *PLANNED)
    terminal.wait_for("5% v42")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("This terminal drives r-")
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.end() == 130
    assert "holds at 5%" in behind(terminal)
