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
    try:
        file = discover(path, cwd=cwd, env=env)
        text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    except (PlanError, OSError):
        return ""  # whoever needs the file says so
    if file is None or not _SAID.search(text):
        return ""
    from canarycli.config.quick import read_blocks

    place = read_blocks(file).get("state")
    if not isinstance(place, str) or not place:
        return ""
    if "://" not in place:
        return str(file.parent / Path(place).expanduser())
    if urlsplit(place).password is not None:
        raise PlanError(
            f"{file.name}: state", "a password does not belong in a file", hint="set PGPASSWORD"
        )
    return place
