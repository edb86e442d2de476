"""Finds providers by name, ours and anybody's, through the same entry-point door."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from canarycli.errors import MissingExtra, UsageError
from canarycli.provider import Provider

GROUP = "canarycli.providers"

ALIASES: Mapping[str, str] = {"demo": "simulator"}


def provider_names() -> tuple[str, ...]:
    """Every provider that is installed, in order."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_provider(name: str, settings: Mapping[str, Any]) -> Provider:
    """The provider of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name.
        MissingExtra: its packages are not installed.
    """
    return cast("Provider", provider_class(name)(settings))


def provider_class(name: str) -> Any:
    """What makes providers of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name.
        MissingExtra: its packages are not installed.
    """
    entry = _entry(ALIASES.get(name, name))
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"provider {name!r} needs {error.name!r}, which is not installed",
            hint=f"pip install 'canarycli[{entry.name}]'",
        ) from error


def _entry(name: str) -> EntryPoint:
    found = tuple(entry_points(group=GROUP, name=name))
    if found:
        return found[0]
    names = provider_names()
    near = get_close_matches(name, names, n=1)
    raise UsageError(
        f"no provider named {name!r}",
        hint=([f"did you mean {near[0]}?"] if near else []) + [f"there are {', '.join(names)}"],
    )
