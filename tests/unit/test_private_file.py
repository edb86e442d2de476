"""What tells of a release is its user's alone, and goes where it was sent and nowhere else."""

import os
from pathlib import Path

import pytest

from canarycli.private_file import open_private


def test_a_new_file_is_its_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_private(tmp_path / "report.md") as file:
            file.write("told")
    finally:
        os.umask(before)

    assert (tmp_path / "report.md").stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_replaced_or_added_to(tmp_path: Path) -> None:
    path = tmp_path / "events"
    for text in ("one", "two"):
        with open_private(path) as file:
            file.write(text)
    with open_private(path, add=True) as file:
        assert file.tell() == 3
        file.write("three")

    assert path.read_text(encoding="utf-8") == "twothree"


@pytest.mark.parametrize("add", [False, True])
def test_no_link_is_followed(tmp_path: Path, *, add: bool) -> None:
    other = tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    (tmp_path / "junit.xml").symlink_to(other)

    with pytest.raises(OSError, match="it is a link"):
        open_private(tmp_path / "junit.xml", add=add)

    assert other.read_text(encoding="utf-8") == "mine"


def test_half_a_character_is_written_as_its_escape(tmp_path: Path) -> None:
    with open_private(tmp_path / "a") as file:
        file.write("\ud800")

    assert (tmp_path / "a").read_bytes() == b"\\ud800"
