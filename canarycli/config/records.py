"""Where canary.yaml says that the records are; YAML is read only for a file that says it."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from canarycli.config.discover import discover
from canarycli.errors import PlanError

_SAID = re.compile(r"^state\s*[:=]", re.MULTILINE)


def records_place(path: Path | None, *, cwd: Path, env: Mapping[str, str]) -> str:
    """The folder or URL behind `state:`, "" where no file says it.

    Raises:
        PlanError: it holds a password.
    """
    file, said = _said(path, cwd, env)
    place = said.get("records")
    if file is None or not place:
        return ""
    if "://" not in place:
        return str(file.parent / Path(place).expanduser())
    if urlsplit(place).password is not None:
        raise PlanError(
            f"{file.name}: state", "a password does not belong in a file", hint="set PGPASSWORD"
        )
    return place


def engine_in_file(path: Path | None, *, cwd: Path, env: Mapping[str, str]) -> Mapping[str, str]:
    """What `state:` says of the engine, {} where no file says anything."""
    return _said(path, cwd, env)[1]


def _said(
    path: Path | None, cwd: Path, env: Mapping[str, str]
) -> tuple[Path | None, Mapping[str, str]]:
    """The file, and the words below its `state:`; a place alone is that of the records."""
    try:
        file = discover(path, cwd=cwd, env=env)
        text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    except (PlanError, OSError):
        return None, {}  # whoever needs the file says so
    if file is None or not _SAID.search(text):
        return file, {}
    from canarycli.config.quick import read_blocks

    state = read_blocks(file).get("state")
    if isinstance(state, str):
        return file, {"records": state}
    if not isinstance(state, dict):
        return file, {}
    return file, {key: word for key, word in state.items() if isinstance(word, str)}
