"""Ctrl-C at a terminal that shows lines and no live screen: the person is asked."""

import os
import pty
import signal
import subprocess
from pathlib import Path

from cli.blackbox import CANARY, PATIENCE, simulated


def test_ctrl_c_asks_what_becomes_of_the_release_and_does_it(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    ours, theirs = pty.openpty()
    args = ("start", "--new-model", "v42", "--stages", "5,100", "--bake", "10h", "-y")
    process = subprocess.Popen(
        [CANARY, *args],
        cwd=canary.folder,
        env=canary.env,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    assert process.stdout is not None
    assert any("confirmed" in line for line in process.stdout)
    os.write(ours, b"r\n")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert "[h]old it there and leave, [r]oll back, or [s]tay?" in err
    assert "interrupted rolling back" in out
    assert process.returncode == 130
    found = canary.run("status", "demo", "-o", "json").json
    assert found["traffic"] == {"v41": 100, "v42": 0}
