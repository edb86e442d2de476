"""Turns a plain function into a command, with the common options where it asks for them."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from canarycli.cli.options.common import CLOUD, ENDPOINT, Common, Scope, Talk

ROLLBACK = "rollback"
"""Stops at no word that it does not need: its release says by itself where it is."""

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def to_command(name: str, function: Callable[..., Any]) -> TyperCommand:
    """The command that runs `function`, whose docstring is its help.

    A parameter annotated `Common`, `Named`, `WithoutRelease` or `Local` is filled from the common
    options; all others are Typer's. What the function returns is the exit code, None for 0.
    """
    from canarycli.cli.help.usage import PlainCommand

    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=PlainCommand)(_expanded(name, function))
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command


def _expanded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with `common` replaced by one parameter for each of its fields."""
    hints = get_type_hints(function, include_extras=True)
    own, scopes = [], {}
    for parameter in inspect.signature(function).parameters.values():
        scope = _scope(hints[parameter.name])
        if scope is None:
            own.append(parameter.replace(annotation=hints[parameter.name], kind=_KEYWORD))
        else:
            scopes[parameter.name] = scope
    added = [p for scope in scopes.values() for p in _parameters(scope)]

    def run(**given: Any) -> Any:
        common = Common(**{p.name: given.pop(p.name) for p in added})
        if common.provider is not None and not (name == ROLLBACK and common.release):
            from canarycli.registry import known_provider

            known_provider(common.provider)
        if added and common.talk is Talk.DEBUG:
            from canarycli.cli.logs import show_http

            show_http()
        return function(**dict.fromkeys(scopes, common), **given)

    return _signed(run, name, function, [*own, *added])


def _signed(
    run: Callable[..., Any],
    name: str,
    function: Callable[..., Any],
    parameters: list[inspect.Parameter],
) -> Callable[..., Any]:
    run.__name__ = name
    run.__doc__ = function.__doc__
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    setattr(run, "__signature__", inspect.Signature(parameters))  # noqa: B010 - mypy has no such field
    return run


def _scope(hint: Any) -> Scope | None:
    if hint is Common:
        return Scope.RELEASE
    if get_origin(hint) is Annotated and get_args(hint)[0] is Common:
        return next(extra for extra in get_args(hint)[1:] if isinstance(extra, Scope))
    return None


def _parameters(scope: Scope) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(Common, include_extras=True)
    for field in fields(Common):
        hint = hints[field.name]
        if field.name == "release" and scope is not Scope.RELEASE:
            if scope is not Scope.NAMED:
                continue
            hint = Annotated[get_args(hint)[0], ENDPOINT]
        if scope is Scope.LOCAL:
            hint = _hidden(hint)
        yield inspect.Parameter(field.name, _KEYWORD, default=field.default, annotation=hint)


def _hidden(hint: Any) -> Any:
    """The same option, but accepted without standing in the help if it is a cloud's."""
    from copy import copy

    kind, option = get_args(hint)
    if option.rich_help_panel != CLOUD:
        return hint
    quiet = copy(option)
    quiet.hidden = True
    return Annotated[kind, quiet]
