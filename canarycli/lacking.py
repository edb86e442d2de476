"""What somebody else's provider lacks of the contract, told when it is loaded."""

from collections.abc import Mapping
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

from canarycli.provider import Limits
from canarycli.verbs import has

PROPERTIES: Mapping[str, type] = {"limits": Limits, "place": str}
METHODS = ("describe", "notes", "shift", "measure", "plain_command")


def lacks(provider: Any) -> list[str]:
    """What of the contract is not there, or is something else than it has to be."""
    missing = [name for name in (*PROPERTIES, *METHODS) if not has(provider, name)]
    found = {name: getattr(provider, name) for name in PROPERTIES if name not in missing}
    wrong = [
        f"{name} as a property, it is a method"
        if callable(value)
        else f"{name} as a {PROPERTIES[name].__name__}, it is {type(value).__name__}"
        for name, value in found.items()
        if not isinstance(value, PROPERTIES[name])
    ]
    there = {name: getattr(provider, name) for name in METHODS if name not in missing}
    dumb = [f"{name} as a method" for name, verb in there.items() if not callable(verb)]
    slow = [
        f"{name} that answers when it is called, it is async"
        for name, verb in there.items()
        if iscoroutinefunction(verb) or isasyncgenfunction(verb)
    ]
    return [*missing, *wrong, *dumb, *slow]
