"""Reads a config file, YAML or pyproject.toml, into a document."""

import tomllib
from pathlib import Path
from typing import Any

from canarycli.config.document import DEEP, LARGEST, Document, Place, read_document
from canarycli.config.problem import Problem


def read_source(path: Path, file: str) -> Document:
    """What the file says, with places. Never raises: see `Document.problems`.

    Args:
        path: the file.
        file: its name as people should see it.
    """
    try:
        with path.open(encoding="utf-8-sig") as opened:
            text = opened.read(LARGEST + 1)  # more than that is refused unread
    except OSError as error:
        return _unreadable(file, f"it can't be read: {error.strerror or error}")
    except UnicodeDecodeError as error:
        return _unreadable(
            file, f"it is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        )
    return _read_toml(text, file) if path.suffix == ".toml" else read_document(text, file)


def _read_toml(text: str, file: str) -> Document:
    try:
        tables: Any = tomllib.loads(text).get("tool", {})
    except (tomllib.TOMLDecodeError, ValueError) as error:
        return _unreadable(file, f"this is not TOML: {error}")
    except RecursionError:
        return _unreadable(file, DEEP)
    lines = text.splitlines()
    heads = (n for n, line in enumerate(lines, 1) if line.lstrip().startswith("[tool.canary"))
    head = (next(heads, 0), 0)  # tomllib tells no places: the table's head is the nearest
    data = tables.get("canary") if isinstance(tables, dict) else None
    return Document(file, data, {(): Place(head, head)})


def _unreadable(file: str, sentence: str) -> Document:
    return Document(file, problems=[Problem(file, 0, 0, "", sentence)])
