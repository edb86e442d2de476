"""Frozen values to JSON and back, driven by their type hints: small, so rollback starts fast."""

import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

_SECONDS = "$seconds"

_AS_THEY_ARE = {str, int, bool, type(None)}
"""Most of what is written, so that is looked at first."""

MOST = 1e100
"""No number of ours is larger, and products of such are still finite."""


def to_json(value: Any) -> Any:
    """JSON values for a frozen dataclass and whatever it holds.

    Times become RFC 3339 UTC, durations seconds, enums their value, tuples lists; a number that
    would not be read back is null.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    if type(value) is float:
        return value if _countable(value) else None
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): _loose(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [to_json(item) for item in value]
    kind: Any = type(value)
    names = _names(kind)
    return value if names is None else {name: to_json(getattr(value, name)) for name in names}


def from_json(kind: type[T], data: Any) -> T:
    """The value of type `kind` that `to_json` wrote; keys it does not know are left out.

    Raises:
        ValueError: the data does not describe such a value.
    """
    try:
        return typing.cast("T", _read(kind, data))
    except KeyError as error:
        raise ValueError(f"not a {kind.__name__}: {error.args[0]!r} is missing") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


@cache
def _names(kind: Any) -> tuple[str, ...] | None:
    """The fields of a dataclass, None for any other type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def _loose(value: Any) -> Any:
    # A mapping's values have no type hint to be read back by, so a duration names itself.
    return {_SECONDS: value.total_seconds()} if isinstance(value, timedelta) else to_json(value)


def _countable(number: float) -> bool:
    return -MOST <= number <= MOST  # and not NaN


def _tight(value: Any) -> Any:
    if type(value) in {float, int}:
        return _counted(value)
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        if value.keys() == {_SECONDS}:
            return timedelta(seconds=value[_SECONDS])
        return {key: _tight(item) for key, item in value.items()}
    return [_tight(item) for item in value] if isinstance(value, list) else value


def _read(kind: Any, data: Any) -> Any:
    origin, arguments = _shape(kind)
    if origin in {typing.Union, types.UnionType}:
        inner = next(a for a in arguments if a is not type(None))
        return None if data is None else _read(inner, data)
    if origin is tuple:
        return tuple(_read(arguments[0], item) for item in _as(list, data))
    if origin is not None and issubclass(origin, Mapping):
        inner, items = arguments[1], _as(dict, data).items()
        return {k: _tight(v) if inner is Any else _read(inner, v) for k, v in items}
    return _read_plain(kind, data)


@cache
def _shape(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return typing.get_origin(kind), typing.get_args(kind)


def _read_plain(kind: Any, data: Any) -> Any:
    if kind is Any:
        return _tight(data)
    if kind is datetime:
        return _read_time(data)
    if kind is timedelta:
        return timedelta(seconds=_number(data))
    if is_dataclass(kind):
        return _read_dataclass(kind, _as(dict, data))
    if kind is float:
        return float(_number(data))
    if kind in {str, bool}:
        return _as(kind, data)
    return _counted(_as(int, data)) if kind is int else kind(data)


def _read_time(data: Any) -> datetime:
    time = datetime.fromisoformat(_as(str, data))
    if time.tzinfo is None:
        raise ValueError(f"{data!r} has no time zone")
    return time


def _number(data: Any) -> Any:
    return _counted(data if type(data) is float else _as(int, data))


def _counted(number: float) -> float:
    if not _countable(number):
        raise ValueError(f"{_short(number)} is no number that can be computed with")
    return number


def _as(kind: type, data: Any) -> Any:
    # Not isinstance: true is no number.
    if type(data) is not kind:
        raise TypeError(f"{_short(data)} is no {_NAMES[kind]}")
    return data


_NAMES = {str: "text", int: "number", bool: "true or false", list: "list", dict: "object"}


def _short(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _read_dataclass(kind: Any, data: Mapping[str, Any]) -> Any:
    given = {}
    for name, usual in _usual(kind):
        if name not in data:
            if usual is MISSING:
                raise KeyError(name)
        elif usual is MISSING or not _same(data[name], usual):
            given[name] = _read(_hint(kind, name), data[name])
    return kind(**given)


def _same(data: Any, usual: Any) -> bool:
    return type(data) is type(usual) and bool(data == usual)


@cache
def _usual(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields, and what their defaults are written as: that is read back without its type."""
    return tuple((field.name, _default(field)) for field in fields(kind))


def _default(field: Any) -> Any:
    if field.default_factory is not MISSING:
        return to_json(field.default_factory())
    return MISSING if field.default is MISSING else to_json(field.default)


@cache
def _hint(kind: Any, name: str) -> Any:
    """The type of a field, found when it is first needed.

    A name that its module has by `__getattr__` alone is imported by that.
    """
    module = sys.modules[kind.__module__]
    field = types.SimpleNamespace(__annotations__={name: kind.__annotations__[name]})
    return typing.get_type_hints(field, vars(module), _Later(module))[name]


class _Later(dict[str, Any]):
    """The names of a module, those included that it imports when they are asked for."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None
