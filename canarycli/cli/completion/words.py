"""Live words for shell completion, from a small file beside the records: never the network."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from canarycli.errors import CanaryError
from canarycli.folders import state_folder
from canarycli.harmless import visible

KINDS = ("releases", "endpoints", "providers", "settings")


def complete(args: Sequence[str]) -> int:
    """`canary __complete KIND PREFIX`: write `word<TAB>description` for every word that fits.

    Nobody wants an error on a keypress: an unknown kind or a broken file is no words.
    """
    if args and args[0] in KINDS:
        prefix = args[1] if len(args) > 1 else ""
        for word, description in recall(args[0], os.environ):
            if word.startswith(prefix) and not word.startswith("-"):
                sys.stdout.write(f"{word}\t{description}\n" if description else f"{word}\n")
    return 0


def recall(kind: str, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """The words of that kind and their descriptions: remembered, the newest first, or installed."""
    if kind in {"providers", "settings"}:
        return _installed(kind)
    try:
        with open(_file(kind, env), encoding="utf-8") as file:  # noqa: PTH123 - no pathlib here
            lines = file.read().splitlines()
    except (OSError, ValueError, CanaryError):
        return []
    return [(word, description) for word, _, description in (s.partition("\t") for s in lines)]


def _installed(kind: str) -> list[tuple[str, str]]:
    """Providers by name, or the settings that those in packages of their own say they have."""
    from canarycli.registry import ALIASES, own_keys, provider_names

    names = provider_names()
    if kind == "providers":
        return [(name, "") for name in (*names, *ALIASES)]
    return [
        (f"{key}=", _plain(said.says))
        for name in names
        for key, said in (own_keys(name) or {}).items()
        if not said.secret
    ]


def remember(kind: str, words: Iterable[tuple[str, str]], env: Mapping[str, str]) -> None:
    """Keep the words of that kind for the next keypress.

    A disk that refuses is no reason to fail: completion then knows older words.
    """
    text = "".join(f"{_plain(word)}\t{_plain(description)}\n" for word, description in words)
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


def _plain(text: str) -> str:
    return " ".join(visible(text).split())
