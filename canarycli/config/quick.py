"""The endpoints of canary.yaml without pydantic, for the rollback path.

Mistakes elsewhere in the file must not stand in the way of a rollback: what can't be read is left
out, and nothing raises but a file that was named and is not there.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from canarycli.config.discover import discover
from canarycli.config.document import Document, read_document
from canarycli.config.entry import endpoint_from
from canarycli.config.foreign import own_defaults, own_settings
from canarycli.config.keys import DEFAULTS, NUMBERS, SECONDS, keys_of
from canarycli.config.quantities import parse_speed
from canarycli.config.source import read_source
from canarycli.config.values import EndpointConfig
from canarycli.durations import parse_duration
from canarycli.errors import CanaryError

_BLOCKS = ("defaults", "endpoints", "state")


def endpoint_settings(
    path: Path | None, *, cwd: Path, env: Mapping[str, str]
) -> Mapping[str, EndpointConfig]:
    """The endpoints of the file that `load` would read, by name; {} where there are none.

    Raises:
        PlanError: a file that was named is not there.
    """
    found = discover(path, cwd=cwd, env=env)
    if found is None:
        return {}
    return {entry.name: entry for entry in _endpoints(read_blocks(found), found.parent)}


def settings_anyhow(path: Path) -> tuple[Mapping[str, EndpointConfig], str]:
    """The endpoints of a file as far as it can be read, and what is wrong with it, "" if nothing.

    Never raises: no file keeps a rollback from moving traffic.
    """
    document = read_source(path, str(path))
    problem = str(document.problems[0]) if document.problems else ""
    try:
        found = {entry.name: entry for entry in _endpoints(_data(document, path), path.parent)}
    except (CanaryError, ValueError, TypeError, RuntimeError, OSError) as error:
        return {}, problem or f"{path}: {error}"
    return found, problem


def read_blocks(path: Path) -> Mapping[str, Any]:
    """The file, or what can be read of its blocks where something else in it is broken."""
    return _data(read_source(path, str(path)), path)


def _data(document: Document, path: Path) -> Mapping[str, Any]:
    if isinstance(document.data, dict):
        return document.data
    text = _text(path)
    blocks: dict[str, Any] = {}
    for name in _BLOCKS:
        block = read_document(_block(text, name), str(path)).data
        blocks |= block if isinstance(block, dict) else {}
    return blocks


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _block(text: str, name: str) -> str:
    """The lines of one top-level key: the way in when another part of the file is broken."""
    found = re.search(rf"^{name}:.*\n(?:(?:[ \t#].*)?(?:\n|$))*", text, re.MULTILINE)
    return found.group(0) if found else ""


def _endpoints(data: Mapping[str, Any], folder: Path) -> Iterator[EndpointConfig]:
    written = data.get("defaults")
    defaults = _known(written, DEFAULTS)
    entries = data.get("endpoints")
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        provider = entry.get("provider") if isinstance(entry, dict) else None
        if not isinstance(provider, str):
            continue
        keys = keys_of(provider)
        own = own_settings(entry, provider)
        usual = {key: value for key, value in defaults.items() if key in keys}
        if isinstance(written, dict):
            usual |= own_defaults(written, provider)
        yield endpoint_from({**usual, **own, **_known(entry, keys)}, name, folder)


def _known(entry: Any, keys: Collection[str]) -> dict[str, Any]:
    """The keys of an entry that are known and can be read."""
    values = entry if isinstance(entry, dict) else {}
    parsed = {key: _value(key, values[key]) for key in values if key in keys}
    return {key: value for key, value in parsed.items() if value is not None}


def _value(key: str, value: Any) -> Any:
    try:
        match key:
            case _ if key in SECONDS:
                return parse_duration(str(value)).total_seconds()
            case _ if key in NUMBERS:
                return float(value)
            case "metric_delay" | "metric_period" | "keep_baseline":
                return parse_duration(str(value))
            case "speed":
                return parse_speed(value)
            case "candidate" | "versions" | "labels":
                return value if isinstance(value, dict) else None
            case "predictions":  # no way back reads answers
                return None
    except (ValueError, TypeError):
        return None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
