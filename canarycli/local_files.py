"""A person's files on this machine, as they are sent to a cloud."""

from collections.abc import Iterator
from pathlib import Path

from canarycli.errors import MissingFile


def files_at(source: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a folder in order, or the file itself, with its name below."""
    if source.is_file():
        yield source, source.name
        return
    for path in sorted(source.rglob("*")):
        if path.is_file():
            yield path, path.relative_to(source).as_posix()


def size_at(source: str) -> int:
    """The bytes of a file or folder of this machine.

    Raises:
        MissingFile: there is none, or nothing in it.
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise MissingFile(f"there is no file or folder {source!r} to make a model of")
    found = [file.stat().st_size for file, _ in files_at(path)]
    if not found:
        raise MissingFile(f"folder {source!r} is empty")
    return sum(found)
