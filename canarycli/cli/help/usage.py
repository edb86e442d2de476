"""A command's own help: usage, one sentence, options in two columns, no boxes."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from canarycli.cli.display.ansi import bold, colored
from canarycli.cli.display.table import fitted
from canarycli.cli.options.common import CLOUD, SCREEN
from canarycli.cli.options.values import take_at_a_glance
from canarycli.cli.table import COMMANDS

_WIDEST = 100
_LEFT = 30
COMMON = frozenset({CLOUD, SCREEN})
"""The heads of options that every command has."""
_SHARED = "--endpoint, --provider, --output and others every command has: canary help options"


class PlainCommand(TyperCommand):
    """A command with the plain help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        bright = colored(sys.stdout, os.environ)
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        formatter.write(command_help(self, ctx.command_path, width=width, color=bright))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, with "" as the value of an option that may stand without one."""
        take_at_a_glance(self.get_params(ctx))
        return super().parse_args(ctx, with_values(self, args))

    def collect_usage_pieces(self, _ctx: Any) -> list[str]:
        """Arguments first, as people type them."""
        return [*arguments_usage(self), "[OPTIONS]"]


def with_values(command: TyperCommand, args: Sequence[str]) -> list[str]:
    """The words typed, with `--metrics` alone made `--metrics=`.

    An option whose value is in brackets in the help may stand alone, which Typer does not know:
    it does at the end and before another option.
    """
    free = {
        name
        for param in command.params
        if isinstance(param, TyperOption) and (param.metavar or "").startswith("[")
        for name in param.opts
    }
    alone = [
        word in free and (not following or following[0].startswith("-"))
        for word, *following in (args[n : n + 2] for n in range(len(args)))
    ]
    return [f"{word}=" if bare else word for word, bare in zip(args, alone, strict=True)]


def command_help(command: TyperCommand, path: str, *, width: int, color: bool) -> str:
    """The text of `canary COMMAND --help`."""
    usage = " ".join([path, *arguments_usage(command), "[OPTIONS]"])
    text = textwrap.dedent(command.help or "").strip()
    lines = [_filled(text, width), "", f"{bold('Usage:', on=color)} {usage}"]
    found = dict(sections(command))
    for head, rows in found.items():
        if head not in COMMON:
            lines += ["", bold(head, on=color), *columns(rows, width)]
    if COMMON & found.keys():
        lines += ["", *fitted([_SHARED], width)]
    row = COMMANDS.get(command.name or "")
    if row is not None and row.exits:
        codes = ", ".join(str(code) for code in sorted({*row.exits, 1, 2}))
        lines += ["", f"{bold('Exits', on=color)} {codes}", "canary help exit-codes says what for."]
    return "\n".join(lines) + "\n"


def _filled(text: str, width: int) -> str:
    """Paragraphs with their lines broken anew where one is too long."""
    parts = text.split("\n\n")
    for n, part in enumerate(parts):
        if any(len(line) > width for line in part.splitlines()):
            parts[n] = textwrap.fill(" ".join(part.split()), width, break_on_hyphens=False)
    return "\n\n".join(parts)


def arguments_usage(command: TyperCommand) -> list[str]:
    """`[RELEASE]`, `[FILE]...`, `SHELL`."""
    pieces = []
    for argument in command.params:
        if isinstance(argument, TyperArgument):
            name = metavar(argument)
            piece = name if argument.required else f"[{name}]"
            pieces.append(piece + ("..." if argument.nargs == -1 else ""))
    return pieces


def sections(command: TyperCommand) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The heads of a help with their rows: what to write, what it means."""
    shown = [p for p in command.params if isinstance(p, TyperArgument | TyperOption)]
    shown = [p for p in shown if not p.hidden]
    heads: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for param in shown:
        own = "Arguments" if isinstance(param, TyperArgument) else "Options"
        heads.setdefault(param.rich_help_panel or own, []).append((spelling(param), meaning(param)))
    yield from ((head, rows) for head, rows in heads.items() if rows)


def spelling(param: TyperArgument | TyperOption) -> str:
    """`-o, --output auto|json`: short names first."""
    if isinstance(param, TyperArgument):
        return metavar(param)
    names = ", ".join(sorted(param.opts, key=len))
    names = names if names.startswith("-") and not names.startswith("--") else f"    {names}"
    return names if param.is_flag or param.count else f"{names} {metavar(param)}"


def metavar(param: TyperArgument | TyperOption) -> str:
    """The word for a value: its choices, or a name in capitals."""
    if param.metavar:
        return param.metavar
    words = choices(param)
    return "|".join(words) if words else (param.name or "").replace("_", "-").upper()


def choices(param: TyperArgument | TyperOption) -> tuple[str, ...]:
    """The words a value can be, () where it is free."""
    return tuple(str(choice) for choice in param.type_descriptor.choices or ())


def meaning(param: TyperArgument | TyperOption) -> str:
    """The help of a parameter with its default and its environment variable."""
    notes = []
    if param.required:
        notes.append("required")
    default = default_text(param)
    if default:
        notes.append(f"default: {default}")
    if param.envvar:
        notes.append(f"env: {param.envvar}")
    return f"{param.help or ''}" + (f"  [{'; '.join(notes)}]" if notes else "")


def default_text(param: TyperArgument | TyperOption) -> str:
    """What counts if it is not given, "" where that is nothing."""
    shown = param.show_default
    if isinstance(shown, str):
        return shown
    if not shown or param.default in {None, False, "", ()} or callable(param.default):
        return ""
    return str(param.default)


def columns(rows: Sequence[tuple[str, str]], width: int) -> Iterable[str]:
    """Rows of a help: what to write, then what it means, as wide as there is room."""
    indent = " " * (_LEFT + 2)
    for left, right in rows:
        room = max(width - len(indent), 20)
        first, *more = textwrap.wrap(right, room, break_on_hyphens=False) or [""]
        if len(left) > _LEFT - 2:
            yield f"  {left}"
            yield f"{indent}{first}"
        else:
            yield f"  {left:<{_LEFT}}{first}".rstrip()
        yield from (indent + line for line in more)
