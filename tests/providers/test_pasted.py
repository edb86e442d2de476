"""What canary gives people to paste is obeyed by a real shell as it was meant, whatever the names.

Each cloud's program is a shell function here that keeps the words it was given.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from canarycli.traffic import Traffic
from canarycli_azureml.command import plain_command as az
from canarycli_azureml.settings import Settings as AzureSettings
from canarycli_sagemaker.command import plain_command as aws
from canarycli_sagemaker.settings import Settings as AWSSettings
from canarycli_vertex.command import update_command as gcloud
from canarycli_vertex.settings import Settings as GoogleSettings

NAMES = (
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned #",
    "x'; touch pwned; '",
    'x"; touch pwned; "',
    "$HOME",
    "*",
    "x\ntouch pwned\n",
    "x!!y",
    "x\\",
    "x\ty",
)
GOOGLE = GoogleSettings(project="acme", region="europe-west4", api="https://example.com")

LINES: dict[str, Callable[[str, Traffic], str]] = {
    "aws": lambda endpoint, to: aws(endpoint, to, AWSSettings(region="us-east-1")),
    "az": lambda endpoint, to: az(endpoint, to, AzureSettings("s", "g", "w")),
    "gcloud": lambda endpoint, to: gcloud(GOOGLE, endpoint, to, called=endpoint),
    "gcloud that looks the id up": lambda endpoint, to: gcloud(GOOGLE, "", to, called=endpoint),
}
PROGRAMS = """
keep() { printf '%s\\0' "$@" >>words; echo 1000; }
aws() { keep "$@"; }
az() { keep "$@"; }
gcloud() { keep "$@"; }
"""


def in_filter(name: str) -> str:
    """A name between the double quotes of a gcloud filter."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def words_of(lines: list[str], folder: Path) -> list[list[str]]:
    """What the programs in each line are given by one bash."""
    script = "".join(f"{line}\nmv words {n}\n" for n, line in enumerate(lines))
    ran = subprocess.run(
        ["bash", "--norc", "-c", f"{PROGRAMS}\n{script}"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    found = {int(file.name): file.read_bytes() for file in folder.iterdir()}
    return [found[n].decode().split("\0") for n in range(len(lines))]


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_name_stays_one_word_and_runs_nothing(
    line: Callable[[str, Traffic], str], tmp_path: Path
) -> None:
    said = [line(name, Traffic.split(f"{name}1", f"{name}2", 5)) for name in NAMES]

    given = words_of(said, tmp_path)

    assert len(list(tmp_path.iterdir())) == len(NAMES)  # and nothing else was made
    for name, words in zip(NAMES, given, strict=True):
        split = [word for word in words if f"{name}1" in word]
        assert any("95" in word for word in split), name
        assert any(f"{name}2" in word for word in words), name
        asked = [word for word in words if word not in split]
        assert any(name in word or in_filter(name) in word for word in asked), name
