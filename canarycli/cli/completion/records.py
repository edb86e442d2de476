"""Releases for a keypress: from the index of the local records, else what was shown lately."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canarycli.cli.completion.in_file import in_file
from canarycli.cli.completion.kept import plain, recall
from canarycli.errors import CanaryError
from canarycli.folders import state_folder

MOST = 30
"""So many are offered."""

_PATIENCE = 0.1
"""Seconds that somebody who writes is waited for."""

_NEWEST = (
    "SELECT id, outcome, json_extract(body, '$.release.endpoint'), "
    "json_extract(body, '$.release.baseline'), json_extract(body, '$.release.candidate') "
    "FROM releases WHERE over <= ? ORDER BY over, started DESC LIMIT ?"
)


def releases(env: Mapping[str, str], *, still_open: bool) -> list[tuple[str, str]]:
    """Releases known here and what each is, the open ones first, then the youngest."""
    folder = _folder(env)
    if "://" in folder:  # a bucket is too far away for a keypress
        return recall("releases", env)
    rows = _rows(f"{folder}/canary.db", int(not still_open))
    return [(plain(str(row[0])), plain(_about(row))) for row in rows]


def _folder(env: Mapping[str, str]) -> str:
    """Where the records are, as `open_store` finds it."""
    given = env.get("CANARY_STATE", "")
    if "://" in given:
        return given
    try:
        said = () if given else in_file("state", env)
        return next((place for place, _ in said), "") or state_folder(env)
    except CanaryError:
        return ""


def _rows(path: str, over: int) -> Sequence[Sequence[Any]]:
    if not os.path.exists(path):  # noqa: PTH110 - no pathlib for a keypress
        return ()
    import sqlite3

    try:
        db = sqlite3.connect(path, timeout=_PATIENCE)
        db.execute("PRAGMA query_only = 1")
        return db.execute(_NEWEST, (over, MOST)).fetchall()
    except sqlite3.Error:
        return ()


def _about(row: Sequence[Any]) -> str:
    _, outcome, endpoint, *arms = row
    words: Iterator[str] = (str(arm) for arm in arms if arm)
    return f"{endpoint or ''} {' → '.join(words)} {outcome or 'open'}".replace("_", " ")
