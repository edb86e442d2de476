"""The command tree as values: what completion scripts and the command reference are made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from typer.core import TyperArgument, TyperCommand, TyperOption

from canarycli.cli.help.topics import TOPICS
from canarycli.cli.help.usage import choices
from canarycli.cli.table import COMMANDS, Row


class Kind(Enum):
    """What a value is, as far as completion can help with it."""

    NONE = "no value"
    FREE = "anything"
    WORDS = "one of some words"
    FILE = "a file"
    RELEASES = "releases"
    ENDPOINTS = "endpoints"
    PROVIDERS = "providers"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Value:
    """What an option or an argument takes."""

    kind: Kind
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """An option: `names` with the short ones first."""

    names: tuple[str, ...]
    help: str
    value: Value

    @property
    def takes_value(self) -> bool:
        """Whether a word follows it."""
        return self.value.kind is not Kind.NONE


@dataclass(frozen=True, slots=True)
class Place:
    """An argument by position."""

    name: str
    help: str
    value: Value
    many: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """One command."""

    name: str
    row: Row
    command: TyperCommand
    flags: tuple[Flag, ...]
    places: tuple[Place, ...]


HELP = Flag(("-h", "--help"), "Show the help of this command", Value(Kind.NONE))
"""The option that every command has and Typer adds by itself."""


def branches() -> tuple[Branch, ...]:
    """Every command; all modules are imported."""
    from canarycli.cli.main import load_command

    return tuple(_branch(name, row, load_command(name)) for name, row in COMMANDS.items())


def _branch(name: str, row: Row, command: TyperCommand) -> Branch:
    return Branch(name, row, command, (*_flags(command), HELP), tuple(_places(command)))


def _flags(command: TyperCommand) -> Iterator[Flag]:
    for param in command.params:
        if isinstance(param, TyperOption) and not param.hidden:
            names = tuple(sorted((*param.opts, *param.secondary_opts), key=len))
            yield Flag(names, param.help or "", _value(param))


def _places(command: TyperCommand) -> Iterator[Place]:
    for param in command.params:
        if isinstance(param, TyperArgument) and not param.hidden:
            yield Place(
                param.metavar or param.name or "", param.help or "", _value(param), param.nargs != 1
            )


def _value(param: TyperOption | TyperArgument) -> Value:
    if isinstance(param, TyperOption) and (param.is_flag or param.count):
        return Value(Kind.NONE)
    if param.name == "provider":
        return Value(Kind.PROVIDERS)
    words = choices(param) or _words(param.metavar or "")
    if words:
        return Value(Kind.WORDS, words)
    if param.metavar == "TOPIC":
        return Value(Kind.WORDS, (*TOPICS, *COMMANDS))
    if param.type_descriptor.is_path or param.metavar == "FILE":
        return Value(Kind.FILE)
    if param.metavar == "ENDPOINT":
        return Value(Kind.ENDPOINTS)
    live = {
        "release": Kind.RELEASES,
        "endpoint": Kind.ENDPOINTS,
        "set": Kind.SETTINGS,
    }
    return Value(live.get(param.name or "", Kind.FREE))


def _words(metavar: str) -> tuple[str, ...]:
    """`a|b` names words to type, `NAME|FILE` does not; `[a|b]` may be left out."""
    metavar = metavar.strip("[]")
    return tuple(metavar.split("|")) if "|" in metavar and metavar.islower() else ()
