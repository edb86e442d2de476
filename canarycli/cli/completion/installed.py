"""Words of what is installed, for a keypress: packages are asked once a state of their folders.

Asking them imports a good part of the standard library, five times what the rest costs.
"""

import os
import sys
from collections.abc import Callable, Mapping

from canarycli.cli.completion.kept import Words, plain, recall, remember


def installed(
    kind: str, find: Callable[[], Words], env: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The words of that kind, as `find` gave them when packages were last added or removed."""
    mark = plain(" ".join(_marks()))
    kept = recall(kind, env)
    if not kept or kept[0] != (mark, ""):
        kept = [(mark, ""), *find()]
        remember(kind, kept, env)
    return kept[1:]


def _marks() -> list[str]:
    """Where packages are imported from, each folder with the time of its last change."""
    return [f"{folder} {_changed(folder)}" for folder in sys.path]


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - no pathlib for a keypress
    except OSError:
        return 0
