"""Which optional verbs a provider has."""

from typing import TypeGuard, TypeVar

P = TypeVar("P")

NOBODYS = "a_verb_that_no_provider_has"
"""Who has it has a `__getattr__` that answers to everything, and would seem able to do anything."""


def offers(provider: object, kind: type[P]) -> TypeGuard[P]:
    """Whether a provider, or a source, has the verbs of an optional protocol.

    Asked of the object itself and not of its class, so that one which passes on to another by
    `__getattr__` has what the other has, whatever the Python.
    """
    return all(has(provider, verb) for verb in verbs_of(kind))


def verbs_of(kind: type) -> tuple[str, ...]:
    """What a provider must have to be one of that protocol."""
    return tuple(name for name in vars(kind) if not name.startswith("_"))


def has(provider: object, verb: str) -> bool:
    """Whether a provider has a verb; one that answers to any name has what is written in it."""
    if hasattr(provider, NOBODYS):
        return any(verb in vars(kind) for kind in type(provider).__mro__) or verb in vars(provider)
    return hasattr(provider, verb)
