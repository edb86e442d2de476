"""The command tree as values: what completion scripts and the command reference are made from."""

from collections.abc import Iterator
from enum import Enum

from typer.core import TyperArgument, TyperCommand, TyperOption

from canarycli.cli.help.topics import TOPICS
from canarycli.cli.help.usage import choices
from canarycli.cli.table import COMMANDS, Row
from canarycli.late_methods import dataclass
from canarycli.release.record import Outcome


class Kind(Enum):
    """What a value is, as far as completion can help with it."""

    NONE = "no value"
    FREE = "anything"
    WORDS = "one of some words"
    FILE = "a file"
    OPEN = "open"
    RELEASES = "releases"
    ENDPOINTS = "endpoints"
    PLANS = "plans"
    CHECKS = "checks"
    OUTCOMES = "outcomes"
    PROVIDERS = "providers"
    SETTINGS = "settings"


LIVE = frozenset(
    {
        Kind.OPEN,
        Kind.RELEASES,
        Kind.ENDPOINTS,
        Kind.PLANS,
        Kind.CHECKS,
        Kind.OUTCOMES,
        Kind.PROVIDERS,
        Kind.SETTINGS,
    }
)
"""What `canary __complete` is asked for, by the kind's value."""

OVER_TOO = frozenset({"status", "report", "history", "cleanup", "tick"})
"""Commands that make sense for a release that is over; all others want an open one."""

OUTCOMES = tuple(sorted(outcome.value.replace("_", "-") for outcome in Outcome))


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
    return Branch(name, row, command, (*_flags(name, command), HELP), tuple(_places(name, command)))


def _flags(name: str, command: TyperCommand) -> Iterator[Flag]:
    for param in command.params:
        if isinstance(param, TyperOption) and not param.hidden:
            names = tuple(sorted((*param.opts, *param.secondary_opts), key=len))
            yield Flag(names, param.help or "", _value(name, param))


def _places(name: str, command: TyperCommand) -> Iterator[Place]:
    for param in command.params:
        if isinstance(param, TyperArgument) and not param.hidden:
            yield Place(
                param.metavar or param.name or "",
                param.help or "",
                _value(name, param),
                param.nargs != 1,
            )


def _value(name: str, param: TyperOption | TyperArgument) -> Value:
    if isinstance(param, TyperOption) and (param.is_flag or param.count):
        return Value(Kind.NONE)
    if isinstance(param, TyperOption) and (known := _BY_OPTION.get(max(param.opts, key=len))):
        return known
    words = choices(param) or _words(param.metavar or "")
    if words:
        return Value(Kind.WORDS, words)
    if param.metavar == "TOPIC":
        return Value(Kind.WORDS, (*TOPICS, *COMMANDS))
    if param.type_descriptor.is_path or param.metavar == "FILE":
        return Value(Kind.FILE)
    if param.metavar == "RELEASE":
        return Value(Kind.RELEASES if name in OVER_TOO else Kind.OPEN)
    return Value(Kind.ENDPOINTS if param.metavar == "ENDPOINT" else Kind.FREE)


_BY_OPTION = {
    "--provider": Value(Kind.PROVIDERS),
    "--endpoint": Value(Kind.ENDPOINTS),
    "--set": Value(Kind.SETTINGS),
    "--plan": Value(Kind.PLANS),
    "--skip": Value(Kind.CHECKS),
    "--ok-on": Value(Kind.OUTCOMES),
    "--outcome": Value(Kind.WORDS, OUTCOMES),
}
"""What follows options that say it by their names."""


def _words(metavar: str) -> tuple[str, ...]:
    """`a|b` names words to type, `NAME|FILE` does not; `[a|b]` may be left out."""
    metavar = metavar.strip("[]")
    return tuple(metavar.split("|")) if "|" in metavar and metavar.islower() else ()
