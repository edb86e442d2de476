"""A program in a process of its own: what it makes goes again, unless it is kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from canarycli.child import Progress, at_work, sized
from canarycli.errors import Denied, Rejected

PROGRAM = """
import os, time
from pathlib import Path
from canarycli.child import carry_out
from canarycli.errors import Denied

def work(order, making):
    file = Path(order["file"])
    making.note("the file", lambda: file.unlink(missing_ok=True))
    file.write_text("made")
    print("an SDK says whatever it likes")
    making.say("half way")
    match order["end"]:
        case "refused":
            raise Denied("no permission", facts=["of this"], hint="ask for it")
        case "broken":
            raise KeyError("a fault of the program")
        case fifo if fifo.startswith("/"):
            os.open(fifo, os.O_WRONLY)  # held until the process ends: after it has taken away
            making.say("waiting")
            time.sleep(60)
    return {"made": making.made}

carry_out(work)
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "program_of_a_test.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "made"


def run(file: Path, end: str, *, keep: bool) -> list[str]:
    said: list[str] = []
    order = {"file": str(file), "end": end}
    with at_work("program_of_a_test", order, "making a file", said.append) as work:
        assert work.answer == {"made": ["the file"]}
        assert file.is_file()
        if keep:
            work.keep()
    return said


def test_what_is_kept_stays(file: Path) -> None:
    assert run(file, "well", keep=True) == ["half way"]
    assert file.is_file()


def test_what_is_not_kept_goes(file: Path) -> None:
    assert run(file, "well", keep=False) == ["half way", "took away the file"]
    assert not file.exists()


def test_its_error_is_ours_and_comes_after_what_was_made_is_gone(file: Path) -> None:
    with pytest.raises(Denied, match="no permission") as refused:
        run(file, "refused", keep=True)

    assert (refused.value.facts, refused.value.hints) == (("of this",), ("ask for it",))
    assert not file.exists()


def test_a_fault_of_its_own_is_told_in_a_line(file: Path) -> None:
    with pytest.raises(Rejected, match="making a file broke off") as broken:
        run(file, "broken", keep=True)

    assert broken.value.facts == ("KeyError: 'a fault of the program'",)
    assert not file.exists()


def test_who_is_killed_leaves_nothing(file: Path) -> None:
    fifo = file.with_name("fifo")
    parent = (
        "import os, signal, sys\n"
        "from canarycli.child import at_work\n"
        "def die(text):\n"
        "    text == 'waiting' and os.kill(os.getpid(), signal.SIGKILL)\n"
        f"order = {{'file': {str(file)!r}, 'end': {str(fifo)!r}}}\n"
        "with at_work('program_of_a_test', order, 'it', die):\n"
        "    pass\n"
    )
    os.mkfifo(fifo)
    killed = subprocess.Popen([sys.executable, "-c", parent])
    end = fifo.read_text()  # it comes when the program has ended that holds the other end

    assert end == ""
    assert killed.wait(30) < 0
    assert not file.exists()


def test_progress_is_told_in_steps() -> None:
    said: list[str] = []
    told = Progress("uploading", 1000, said.append)

    for _ in range(100):
        told(10)

    assert said[0] == "uploading: 0% of 1.0 kB"
    assert said[-1] == "uploading: 100% of 1.0 kB"
    assert len(said) == 21


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (1500, "1.5 kB"), (3_000_000, "3.0 MB"), (2e9, "2.0 GB")]
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert sized(size) == text
