"""The dataclass of frozen values whose methods are compiled at their first call.

The standard library compiles six for each class at import, which takes half a millisecond, and a
command calls few of them: that was a seventh of every command. This one means the same, and to a
type checker it is the same; it takes no options but `frozen=True, slots=True`, and no fields that
are not for `__init__`.
"""

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields, make_dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_of_the_library: Any = dataclass


def _late(*, frozen: bool, slots: bool) -> Callable[[type], type]:
    assert frozen
    assert slots
    return _with_late_methods


if not TYPE_CHECKING:
    dataclass = _late


def _with_late_methods(cls: type) -> type:
    made: type = _of_the_library(init=False, repr=False, eq=False, slots=True)(cls)
    for name, compiled in COMPILED.items():
        if name not in vars(cls):
            setattr(made, name, _at_first_call(made, name, compiled))
    for name, method in THE_SAME_FOR_ALL.items():
        setattr(made, name, method)
    return made


def _at_first_call(cls: type, name: str, compiled: Callable[[Any], Any]) -> Any:
    """A method that puts the compiled one in its own place, and calls that."""

    def method(self: Any, *args: Any, **named: Any) -> Any:
        final = compiled(cls)
        setattr(cls, name, final)
        return final(self, *args, **named)

    return method


def _init(cls: Any) -> Any:
    there: dict[str, Any] = {"_set": object.__setattr__, "_absent": MISSING}
    taken, lines = ["self"], ["pass"]
    for field in fields(cls):
        assert field.init
        name = value = field.name
        default = f"_default_{name}"
        if field.default_factory is not MISSING:
            there[default] = field.default_factory
            value = f"{default}() if {name} is _absent else {name}"
            taken.append(f"{name}=_absent")
        elif field.default is not MISSING:
            there[default] = field.default
            taken.append(f"{name}={default}")
        else:
            taken.append(name)
        lines.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    text = f"def __init__({', '.join(taken)}):\n " + "\n ".join(lines)
    exec(text, there)  # noqa: S102 - of our own fields' names, as the standard library does it
    init = there["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _other(name: str) -> Callable[[type], Any]:
    """The standard library's own for a class of the same fields."""

    def compiled(cls: type) -> Any:
        same = [(field.name, field.type, field) for field in fields(cls)]
        return getattr(make_dataclass(cls.__qualname__, same, frozen=True), name)

    return compiled


def _refuse(_self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


COMPILED = {
    "__init__": _init,
    **{name: _other(name) for name in ("__repr__", "__eq__", "__hash__")},
}
THE_SAME_FOR_ALL = {
    **dict.fromkeys(("__setattr__", "__delattr__"), _refuse),
    "__getstate__": _state,
    "__setstate__": _restore,
}
