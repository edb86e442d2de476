"""The values of options, without pydantic where nothing needs checking.

Typer checks every value with pydantic, "blue" in a free text too, and loads it for that: 0.1 s of
a rollback. What is right at a glance is taken here; Typer has the rest, and all that is wrong.
"""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Self

_NOTHING = object()

_BOOLS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}
"""The words Typer takes for yes and no in a variable."""

_NUMBERS: dict[type, re.Pattern[str]] = {
    int: re.compile(r"[+-]?[0-9]{1,18}"),
    float: re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?"),
}


def take_at_a_glance(params: Iterable[Any]) -> None:
    """Let parameters take plain values themselves; they ask Typer's own way about any other."""
    for param in params:
        if param.nargs == 1:
            param.get_runtime_param = _Glance(param.get_runtime_param).itself


class _Glance:
    """Stands where Typer keeps what coerces a value."""

    def __init__(self, typers: Callable[[], Any]) -> None:
        self._typers = typers

    def itself(self) -> Self:
        """What Typer calls to get it."""
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the parameter's type."""
        kind = param.type_descriptor
        if param.multiple:
            return self._words(value, param, ctx)
        found = _plain(value, kind.annotation)
        if found is _NOTHING or not _within(found, kind):
            return self._typers().coerce(value, param=param, ctx=ctx)
        return found

    def _words(self, value: Any, param: Any, ctx: Any) -> Any:
        """What was said of an option that may be repeated."""
        texts = () if value is None else value
        plain = param.type_descriptor.annotation == list[str] and not isinstance(texts, str)
        if plain and all(isinstance(text, str) for text in texts):
            return list(texts)
        return self._typers().coerce(value, param=param, ctx=ctx)


def _within(value: Any, kind: Any) -> bool:
    """Whether a number is in the range it has to be in, if there is one."""
    if value is None or not kind.is_ranged:
        return True
    least, most = kind.parameter_info.min, kind.parameter_info.max
    return (least is None or value >= least) and (most is None or value <= most)


def _plain(value: Any, kind: Any) -> Any:
    if value is None or (isinstance(kind, type) and isinstance(value, kind)):
        return value
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is bool and isinstance(value, str):
        return _BOOLS.get(value.lower(), _NOTHING)
    if kind in _NUMBERS and isinstance(value, str):
        return kind(value) if _NUMBERS[kind].fullmatch(value) else _NOTHING
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((choice for choice in kind if choice.value == value), _NOTHING)
    return _NOTHING
