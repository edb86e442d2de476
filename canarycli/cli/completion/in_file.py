"""Words of canary.yaml for a keypress: YAML is read once for each state of the file."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.cli.completion.kept import plain, recall, remember

KEPT = "file"
FILES = ("canary.yaml", "canary.yml")


def in_file(kind: str, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """The words of that kind (endpoints, plans, checks, state) in the file that counts here."""
    cwd = os.getcwd()  # noqa: PTH109 - no pathlib for a keypress
    kept = recall(KEPT, env)
    if not kept or kept[0] != (_here(cwd, env), _mark(kept[1:2])):
        kept = _read(cwd, env)
    return [_two(rest) for said, rest in kept[2:] if said == kind]


def _read(cwd: str, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Find and read it, and keep what was found: where from, in which state, every word."""
    try:
        file, words = _found(cwd, env)
    except Exception:  # noqa: BLE001 - nobody wants an error on a keypress
        file, words = "", []
    place = [(file or cwd, "")]
    kept = [(_here(cwd, env), _mark(place)), *place, *words]
    remember(KEPT, kept, env)
    return kept


def _found(cwd: str, env: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    from pathlib import Path

    from canarycli.config.discover import discover
    from canarycli.config.quick import read_blocks
    from canarycli.config.records import records_place

    file = discover(None, cwd=Path(cwd), env=env)
    if file is None:
        return "", []
    words = list(_words(read_blocks(file)))
    place = records_place(None, cwd=Path(cwd), env=env)
    return str(file), [*words, *([("state", f"{place} ")] if place else [])]


def _words(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry in _mapping(data, "endpoints").items():
        yield "endpoints", f"{plain(str(name))} {_mapping({'': entry}, '').get('provider', '')}"
    for name, plan in _mapping(data, "plans").items():
        yield "plans", f"{plain(str(name))} "
        checks = plan.get("checks") if isinstance(plan, dict) else None
        for check in checks if isinstance(checks, list) else ():
            yield "checks", f"{plain(_name(check))} "


def _name(check: Any) -> str:
    """What a check is called: by itself, by its metric, by its alarm."""
    if not isinstance(check, dict):
        return ""
    said = check.get("name") or check.get("metric") or check.get("alarm") or ""
    return str(said.get("name", "") if isinstance(said, dict) else said)


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _here(cwd: str, env: Mapping[str, str]) -> str:
    """What decides which file counts: the folder, the variable, a file that is nearer by now."""
    near = any(os.path.exists(f"{cwd}/{name}") for name in FILES)  # noqa: PTH110 - as above
    return plain(f"{cwd}|{env.get('CANARY_CONFIG', '')}|{near}")


def _mark(place: list[tuple[str, str]]) -> str:
    """The state of the file that was read, or of the folder in which there was none."""
    try:
        found = os.stat(place[0][0])  # noqa: PTH116 - as above
    except (OSError, IndexError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def _two(text: str) -> tuple[str, str]:
    """A word, which may have spaces, and what stands after its last one."""
    word, _, about = text.rpartition(" ")
    return word, about
