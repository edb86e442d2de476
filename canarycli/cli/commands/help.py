"""canary help: topics, and the help of a command by another way."""

import sys
from typing import Annotated

from typer import Argument

from canarycli.cli.help.root import root_help
from canarycli.cli.options.common import Local
from canarycli.cli.table import COMMANDS
from canarycli.errors import UsageError


def help_about(
    common: Local,
    topic: Annotated[
        str | None,
        Argument(metavar="TOPIC", help="A command, or options, exit-codes, env, config, keys"),
    ] = None,
) -> None:
    """Explain a command or a topic."""
    del common
    sys.stdout.write(_text(topic))


def _text(word: str | None) -> str:
    from canarycli.cli.help.topics import TOPICS

    if word is None:
        return root_help()
    if word in TOPICS:
        return TOPICS[word]()
    if word in COMMANDS:
        return _command(word)
    from difflib import get_close_matches

    near = get_close_matches(word, [*TOPICS, *COMMANDS], n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    raise UsageError(f"no topic {word!r}", hint=[*hints, f"topics are {', '.join(TOPICS)}"])


def _command(name: str) -> str:
    import os
    import shutil

    from canarycli.cli.display.ansi import colored
    from canarycli.cli.help.usage import command_help
    from canarycli.cli.main import load_command

    width = min(shutil.get_terminal_size().columns, 100)
    command = load_command(name)
    return command_help(
        command, f"canary {name}", width=width, color=colored(sys.stdout, os.environ)
    )
