"""Shows what went wrong in one place, and gives the exit code."""

import json
import os
import sys
from collections.abc import Sequence

import typer

from canarycli.cli.display.ansi import ASCII, colored, plain_only
from canarycli.cli.display.error import Failure
from canarycli.cli.display.output import hush, write
from canarycli.errors import CanaryError, Exit, Terminated
from canarycli.harmless import harmless, harmless_json


def show(error: BaseException, args: Sequence[str]) -> int:
    """Tell the person, and the program that reads stdout, what went wrong.

    Args:
        error: whatever was raised.
        args: the command line, which says how to show it.
    """
    match error:
        case BrokenPipeError():
            hush(sys.stdout)
            return int(Exit.OK)
        case Terminated():
            return int(Exit.TERMINATED)
        case KeyboardInterrupt():
            return int(Exit.INTERRUPTED)
        case SystemExit():
            return error.code if isinstance(error.code, int) else int(error.code is not None)
    if "--debug" in args or os.environ.get("CANARY_LOG") == "debug":
        _traceback(error)
    failure = failure_of(error)
    text = failure.text(color=colored(sys.stderr, os.environ, _word(args, "--color") or "auto"))
    ascii_only = "--ascii" in args or bool(os.environ.get("CANARY_ASCII"))
    if ascii_only or plain_only(sys.stderr):
        text = text.translate(ASCII)
    if (_word(args, "--output", "-o") or os.environ.get("CANARY_OUTPUT")) == "json":
        document = json.dumps(failure.document(), ensure_ascii=False)
        narrow = ascii_only or plain_only(sys.stdout)
        write(sys.stdout, harmless_json(document, narrow=narrow) + "\n")
    write(sys.stderr, text)
    return int(failure.exit)


def failure_of(error: BaseException) -> Failure:
    """What to show of an error; an unexpected one is written to a file first."""
    match error:
        case CanaryError():
            return Failure(error.message, error.exit, error.facts, error.hints)
        case typer.TyperException():
            from canarycli.cli.help.misuse import misuse

            return misuse(error)
        case typer.Abort():
            return Failure("declined, nothing was changed", Exit.STOPPED)
        case _:
            from canarycli.cli.display.fault import report

            return report(error)


def _word(args: Sequence[str], *names: str) -> str | None:
    """The value of an option as far as it can be told from a line that may be wrong."""
    pairs = zip(args, [*args[1:], None], strict=True)
    said = [_value(arg, after, name) for arg, after in pairs for name in names]
    return next((value for value in reversed(said) if value is not None), None)


def _value(arg: str, after: str | None, name: str) -> str | None:
    """What an argument says of one option: `--output json`, `--output=json`, `-ojson`."""
    if arg == name:
        return after
    if name.startswith("--"):
        return arg.removeprefix(f"{name}=") if arg.startswith(f"{name}=") else None
    return arg.removeprefix(name).removeprefix("=") if arg.startswith(name) else None


def _traceback(error: BaseException) -> None:
    import traceback

    from canarycli.masking import mask

    text = mask("".join(traceback.format_exception(error)), os.environ)
    write(sys.stderr, harmless(text))
