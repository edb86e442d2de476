"""Finds the config file."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from canarycli.errors import PlanError

FILES = ("canary.yaml", "canary.yml")
HINT = "write one with: canary init"


def discover(path: Path | None, *, cwd: Path, env: Mapping[str, str]) -> Path | None:
    """The file to read, None if there is none.

    That is `--config`, else `CANARY_CONFIG`, else canary.yaml in this folder or in one above it
    up to the repository root (the folder with `.git`), else a pyproject.toml there that has
    `[tool.canary]`. Outside of a repository only this folder counts.

    Raises:
        PlanError: a file that was named is not there.
    """
    if path is not None:
        return _named(path, "--config", cwd)
    if env.get("CANARY_CONFIG"):
        return _named(Path(env["CANARY_CONFIG"]), "CANARY_CONFIG", cwd)
    folders = tuple(_upward(cwd))
    for folder in folders:
        for name in FILES:
            if (folder / name).is_file():
                return folder / name
    tomls = (folder / "pyproject.toml" for folder in folders)
    return next((toml for toml in tomls if toml.is_file() and _has_table(toml)), None)


def _named(path: Path, source: str, cwd: Path) -> Path:
    found = cwd / path.expanduser()
    if not found.is_file():
        raise PlanError(source, f"there is no file {str(path)!r}", hint=HINT)
    return found


def _upward(cwd: Path) -> Iterator[Path]:
    folders = (cwd, *cwd.parents)
    roots = [n for n, folder in enumerate(folders) if (folder / ".git").exists()]
    yield from folders[: roots[0] + 1 if roots else 1]


def _has_table(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        if "canary" not in text:
            return False
        import tomllib

        tables = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError):
        return False
    return isinstance(tables, dict) and "canary" in tables
