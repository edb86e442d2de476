"""Says in canary's own layout what Typer finds wrong with a command line."""

import re
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperArgument, TyperOption

from canarycli.cli.display.error import Failure
from canarycli.cli.help.usage import metavar
from canarycli.errors import Exit

ALIKE = 0.75
"""A word that is less like another is not guessed at."""


def misuse(error: typer.TyperException) -> Failure:
    """The failure to show: lower case, no full stop, and where to read on."""
    context: Any = getattr(error, "ctx", None)
    hints = []
    near = _nearest(error)
    if near:
        hints.append(f"did you mean {near}?")
    elif context is not None and context.parent is None and _option(error):
        hints.append("options come after the command: canary status -v")
    if context is not None:
        hints.append(f"{context.command_path} --help lists what it takes")
    return Failure(_sentence(error), Exit.USAGE, hints=tuple(hints))


def _sentence(error: typer.TyperException) -> str:
    name = getattr(error, "option_name", "")
    text = error.message if hasattr(error, "possibilities") else error.format_message()
    if text.startswith("No such option"):
        return f"no such option {name!r}"
    if isinstance(error, typer.BadParameter) and error.param is not None and error.message:
        return _bad_value(error)
    text = re.sub(r"\s*\n\s*", " ", text).strip().rstrip(".")
    text = re.sub(r"\(env var: '([^']*)'\)", r"(or \1)", text)
    return text[:1].lower() + text[1:]


def _nearest(error: typer.TyperException) -> str:
    name = getattr(error, "option_name", "")
    known = getattr(error, "possibilities", None) or ()
    found = get_close_matches(name, known, n=1, cutoff=ALIKE)
    return found[0] if found else ""


def _option(error: typer.TyperException) -> str:
    return str(getattr(error, "option_name", "") or "")


def _bad_value(error: typer.BadParameter) -> str:
    """`--percent: 'x' is not a number`, the option or the variable as it is spelled."""
    param, context = error.param, error.ctx
    assert isinstance(param, TyperArgument | TyperOption)
    source = context.get_parameter_source(param.name or "") if context else None
    if source is not None and source.name == "ENVIRONMENT" and param.envvar:
        name = str(param.envvar)
    else:
        name = _argument(param) if isinstance(param, TyperArgument) else max(param.opts, key=len)
    text = re.sub(r"\s+", " ", error.message.removeprefix("Value error, ")).strip().rstrip(".")
    text = re.sub(r"^Input should be (greater|less) than or equal to (.+)", _bound, text)
    return f"{name}: {text[:1].lower()}{text[1:]}"


def _argument(param: TyperArgument) -> str:
    """As the usage line has it; of one that lists its words, the name, as the error lists them."""
    shown = metavar(param)
    return str(param.name) if "|" in shown else shown


def _bound(found: re.Match[str]) -> str:
    return f"it is at {'least' if found[1] == 'greater' else 'most'} {found[2]}"
