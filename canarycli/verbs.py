"""Which optional verbs a provider has."""

from typing import TypeGuard, TypeVar

P = TypeVar("P")


def offers(provider: object, kind: type[P]) -> TypeGuard[P]:
    """Whether a provider, or a source, has the verbs of an optional protocol.

    Asked of the object itself and not of its class, so that one which passes on to another by
    `__getattr__` has what the other has, whatever the Python.
    """
    return all(hasattr(provider, verb) for verb in verbs_of(kind))


def verbs_of(kind: type) -> tuple[str, ...]:
    """What a provider must have to be one of that protocol."""
    return tuple(name for name in vars(kind) if not name.startswith("_"))
