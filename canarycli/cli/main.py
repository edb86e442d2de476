"""Runs one command: parses, calls, and turns what happens into an exit code."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from canarycli.cli.help.root import root_help
from canarycli.cli.options.values import take_at_a_glance
from canarycli.cli.signals import raise_on_sigterm
from canarycli.cli.table import ALIASES, COMMANDS
from canarycli.errors import Exit, UsageError

ALIKE, ABOUT = 0.6, 0.1
"""How like a command a word must be to be taken for it, and how close a second one comes."""


class LazyGroup(TyperGroup):
    """Commands by name, each imported only when it is run."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Every command of the table."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> TyperCommand | None:
        """The command of that name, imported now."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the command."""
        take_at_a_glance(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def resolve_command(self, _ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command the arguments begin with."""
        name = known(args[0])
        return name, load_command(name), args[1:]

    def format_help(self, _ctx: Any, formatter: Any) -> None:
        """The root help, laid by hand."""
        formatter.write(root_help())


def known(word: str) -> str:
    """The command a person means.

    Raises:
        UsageError: there is none.
    """
    meant = ALIASES.get(word, word)
    if meant in COMMANDS:
        if meant != word:
            sys.stderr.write(f"note: {word} is called {meant} here\n")
        return meant
    near = _alike(word)
    raise UsageError(
        f"no command {word!r}",
        hint=([f"did you mean {' or '.join(near)}?"] if near else [])
        + ["canary --help lists them all"],
    )


def _alike(word: str) -> list[str]:
    """The commands that look most like a word, and those about as much, in the table's order."""
    from difflib import SequenceMatcher

    likeness = {name: SequenceMatcher(None, word, name).ratio() for name in COMMANDS}
    least = max(ALIKE, max(likeness.values()) - ABOUT)
    return [name for name in COMMANDS if likeness[name] >= least]


def load_command(name: str) -> TyperCommand:
    """Import the command of that name."""
    from canarycli.cli.command import to_command

    row = COMMANDS[name]
    module = importlib.import_module(f"canarycli.cli.commands.{row.module}")
    return to_command(name, getattr(module, row.function or name))


def group() -> LazyGroup:
    """The root of the tree; without parameters, so that `--help` needs no pydantic."""
    return LazyGroup(
        name="canary",
        rich_markup_mode=None,
        invoke_without_command=True,
        callback=lambda: None,
        # What is coloured is decided by `ansi.colored`; Click is to leave it as it is.
        context_settings={"help_option_names": ["--help", "-h"], "color": True},
    )


def call(args: Sequence[str]) -> int:
    """Run the command line and return its exit code; whatever goes wrong is raised."""
    root = group()
    try:
        with root.make_context("canary", list(args)) as ctx:
            code = root.invoke(ctx)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    return int(code) if code is not None else int(Exit.OK)


def run(args: Sequence[str], command: Callable[[Sequence[str]], int] = call) -> int:
    """Run the command line and return its exit code. Never raises.

    Args:
        args: the words after `canary`.
        command: what to run with them.
    """
    if not args:
        args = ["--help"]
    try:
        raise_on_sigterm()
        code = command(args)
        _tell_the_rest(None)
    except BaseException as error:  # noqa: BLE001 - the one place where errors are shown
        code = _shown(error, args)
    return code


def _shown(error: BaseException, args: Sequence[str]) -> int:
    """Show an error and return its exit code; that of a signal which comes meanwhile."""
    from canarycli.cli.display.errors import show

    try:
        code = show(error, args)
        _tell_the_rest(error)
    except KeyboardInterrupt as cut:
        return show(cut, args)
    return code


def _tell_the_rest(error: BaseException | None) -> None:
    """Let those know who are told elsewhere, before the process ends."""
    if (notify := sys.modules.get("canarycli.operations.notify")) is not None:
        for line in notify.close_all(error):
            sys.stderr.write(f"warning: {line}\n")
