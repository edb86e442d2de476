"""Finds the config file."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from canarycli.errors import PlanError

FILES = ("canary.yaml", "canary.yml")
HINT = "canary init writes one; or leave it out, and name the endpoint by flags"


def discover(path: Path | None, *, cwd: Path, env: Mapping[str, str]) -> Path | None:
    """The file to read, None if there is none.

    That is `--config`, else `CANARY_CONFIG`, else canary.yaml in this folder or in one above it
    up to the repository root (the folder with `.git`), else a pyproject.toml there that has
    `[tool.canary]`. Outside of a repository only this folder counts.

    Raises:
        PlanError: a file that was named is not there.
    """
    if path is not None:
        # A variable of the environment comes in through the option, too.
        source = "CANARY_CONFIG" if str(path) == env.get("CANARY_CONFIG") else "--config"
        return _named(path, source, cwd)
    if env.get("CANARY_CONFIG"):
        return _named(Path(env["CANARY_CONFIG"]), "CANARY_CONFIG", cwd)
    folders = tuple(_upward(cwd))
    files = [folder / name for folder in folders for name in FILES]
    found = next((file for file in files if _is_file(file)), None)
    if found is None:
        tomls = (folder / "pyproject.toml" for folder in folders)
        found = next((toml for toml in tomls if _is_file(toml) and _has_table(toml)), None)
    if found is not None and found.parent != cwd:
        _refuse_another_user(found)
    return found


def here() -> Path:
    """The working folder; the root where it is gone, for a rollback needs none."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.sep)


def _is_file(path: Path) -> bool:
    """Whether a file is there; none is where this user may not look."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises there


def _refuse_another_user(file: Path) -> None:
    """Raise for a file above the working folder that neither this user nor root owns, as git does.

    Whoever may write above a folder could otherwise say where this user's credentials go.
    """
    if not hasattr(os, "getuid"):
        return
    owner = file.stat().st_uid
    if owner not in {os.getuid(), 0}:
        raise PlanError(str(file), "it is another user's", hint=f"if you trust it: --config {file}")


def _named(path: Path, source: str, cwd: Path) -> Path:
    found = cwd / path.expanduser()
    if not _is_file(found):
        raise PlanError(source, f"there is no file {str(path)!r}", hint=HINT)
    return found


def _upward(cwd: Path) -> Iterator[Path]:
    folders = (cwd, *cwd.parents)
    roots = [n for n, folder in enumerate(folders) if os.path.exists(folder / ".git")]  # noqa: PTH110 - a folder that may not be read has none
    yield from folders[: roots[0] + 1 if roots else 1]


def _has_table(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        if "canary" not in text:
            return False
        import tomllib

        tables = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(tables, dict) and "canary" in tables
