"""Live words for shell completion: from this machine's records and canary.yaml, never the network.

A keypress waits for it, so nothing heavy is imported on the way: no Typer, no Rich, no YAML, no
pathlib. What takes longer to find is kept in a small file beside the records.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from canarycli.cli.completion.kept import Words, plain, recall
from canarycli.errors import FOLDABLE, UNCHANGED, exit_name


def complete(args: Sequence[str]) -> int:
    """`canary __complete KIND PREFIX`: write `word<TAB>description` for every word that fits.

    Nobody wants an error on a keypress: an unknown kind or a broken file is no words.
    """
    find = FINDERS.get(args[0]) if args else None
    if find is not None:
        typed = args[1] if len(args) > 1 else ""
        seen = {""}
        for word, description in find(typed, os.environ):
            if word.startswith(typed) and not word.startswith("-") and word not in seen:
                seen.add(word)
                sys.stdout.write(f"{word}\t{description}\n" if description else f"{word}\n")
    return 0


def _open(typed: str, env: Mapping[str, str]) -> Words:
    """Releases that are open, and the endpoints of canary.yaml."""
    from canarycli.cli.completion.records import releases

    yield from releases(env, still_open=True)
    yield from _endpoints(typed, env)


def _releases(typed: str, env: Mapping[str, str]) -> Words:
    """All releases, the open ones first, and the endpoints of canary.yaml."""
    from canarycli.cli.completion.records import releases

    yield from releases(env, still_open=False)
    yield from _endpoints(typed, env)


def _endpoints(_: str, env: Mapping[str, str]) -> Words:
    """Those of canary.yaml, and those that were shown lately where there is none."""
    from canarycli.cli.completion.in_file import in_file

    return in_file("endpoints", env) or recall("endpoints", env)


def _plans(_: str, env: Mapping[str, str]) -> Words:
    from canarycli.cli.completion.in_file import in_file

    return in_file("plans", env)


def _checks(_: str, env: Mapping[str, str]) -> Words:
    from canarycli.cli.completion.in_file import in_file

    return in_file("checks", env)


def _outcomes(typed: str, _: Mapping[str, str]) -> Words:
    """Words of a list with commas: those before the last one stay, and are not offered again."""
    before, comma, _last = typed.rpartition(",")
    had = before.split(",")
    words = (*(exit_name(code) for code in FOLDABLE), UNCHANGED)
    return [(f"{before}{comma}{word}", "") for word in words if word not in had]


def _providers(_: str, env: Mapping[str, str]) -> Words:
    from canarycli.cli.completion.installed import installed

    return installed("providers", _provider_words, env)


def _provider_words() -> Words:
    from canarycli.registry import ALIASES, provider_names

    return [(name, "") for name in (*provider_names(), *ALIASES)]


def _settings(_: str, env: Mapping[str, str]) -> Words:
    from canarycli.cli.completion.installed import installed

    return installed("settings", _setting_words, env)


def _setting_words() -> Words:
    """The settings that providers say they have, and no option of their own is for."""
    from canarycli.operations.address import OPTIONS
    from canarycli.registry import declared_keys

    return [
        (f"{key}=", plain(said.says))
        for keys in declared_keys().values()
        for key, said in keys.items()
        if not said.secret and key not in OPTIONS
    ]


FINDERS: Mapping[str, Callable[[str, Mapping[str, str]], Words]] = {
    "open": _open,
    "releases": _releases,
    "endpoints": _endpoints,
    "plans": _plans,
    "checks": _checks,
    "outcomes": _outcomes,
    "providers": _providers,
    "settings": _settings,
}
"""By what a script asks for: `tree.Kind` names them."""
