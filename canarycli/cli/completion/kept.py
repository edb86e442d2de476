"""Words kept for the next keypress, in small files beside the records."""

import os
from collections.abc import Iterable, Mapping

from canarycli.errors import CanaryError
from canarycli.folders import state_folder

Words = Iterable[tuple[str, str]]
"""Words and their descriptions, the likeliest first."""


def recall(kind: str, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was remembered of that kind, in its order."""
    try:
        with open(_file(kind, env), encoding="utf-8") as file:  # noqa: PTH123 - no pathlib here
            lines = file.read().splitlines()
    except (OSError, ValueError, CanaryError):
        return []
    return [(word, description) for word, _, description in (s.partition("\t") for s in lines)]


def remember(kind: str, words: Words, env: Mapping[str, str]) -> None:
    """Keep the words of that kind for the next keypress.

    A disk that refuses is no reason to fail: completion then knows older words.
    """
    text = "".join(f"{plain(word)}\t{plain(description)}\n" for word, description in words)
    try:
        path = _file(kind, env)
        fresh = f"{path}.{os.getpid()}"
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120 - as above
        with open(fresh, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
            file.write(text)
        os.replace(fresh, path)  # noqa: PTH105 - as above
    except (OSError, CanaryError):
        return


def _file(kind: str, env: Mapping[str, str]) -> str:
    return f"{state_folder(env)}/words-{kind}.tsv"


def plain(text: str) -> str:
    """A text on one line without anything that a terminal obeys."""
    if text.isprintable() and "  " not in text:
        return text
    from canarycli.harmless import visible

    return " ".join(visible(text).split())
