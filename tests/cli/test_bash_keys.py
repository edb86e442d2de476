"""Tab and Enter in a real bash: a name that was offered is a word, and nothing of it is run."""

import os
import pty
import select
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cli.shell import Desk

from canarycli.cli.completion.kept import remember

ROOT = Path(__file__).parents[2]
PATIENCE = 60
NAMES = {
    "a substitution": "$(touch pwned)",
    "an old one": "`touch pwned`",
    "another command": "x;touch pwned",
    "a quote that ends early": "x';touch pwned;'",
    "a variable": "$HOME",
    "a pattern": "*",
    "blanks": "approval rate",
    "a home": "~root",
}


def bash(desk: Desk, typed: str) -> bytes:
    """Type into an interactive bash with the completion at work, and read until its end."""
    ours, theirs = pty.openpty()
    env = {**desk.env, "TERM": "dumb", "PS1": "", "HISTFILE": ""}
    process = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=desk.home,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"source {ROOT}/completions/canary.bash\n{typed}exit\n".encode())
    said = b""
    try:
        while select.select([ours], [], [], PATIENCE)[0]:
            more = os.read(ours, 65_536)
            said += more
            if not more:
                break
    except OSError:  # what Linux says at the end of a terminal
        pass
    os.close(ours)
    process.wait(PATIENCE)
    return said


@pytest.fixture
def desk(here: Desk) -> Desk:
    """A `canary` that completes as ours does, and else keeps the words it was given."""
    folder = here.home / "bin"
    folder.mkdir()
    script = folder / "canary"
    script.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = __complete ] && exec "{sys.executable}" -m canarycli "$@"\n'
        'printf "%s\\0" "$@" >words\n',
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Desk(here.home, {**here.env, "PATH": f"{folder}{os.pathsep}{here.env['PATH']}"})


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_tab_puts_there_is_one_word_and_runs_nothing(desk: Desk, name: str) -> None:
    remember("endpoints", [(name, "vertex")], desk.env)
    before = set(desk.home.iterdir())

    said = bash(desk, "canary status --endpoint \t\n")

    assert {file.name for file in set(desk.home.iterdir()) - before} == {"words"}, said
    words = (desk.home / "words").read_bytes().decode().split("\0")
    assert words == ["status", "--endpoint", name, ""], said


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_a_name_that_looks_like_an_option_is_not_put_there(desk: Desk) -> None:
    remember("endpoints", [("--yes", "vertex")], desk.env)

    bash(desk, "canary rollback \t\n")

    assert (desk.home / "words").read_bytes() == b"rollback\0"
