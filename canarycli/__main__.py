"""Starts canary: what must answer at once is answered before Typer is imported."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # python -m puts the working folder there, whose code is not ours to run: not even by these
    del sys.path[0]

import gc
import os
from contextlib import suppress
from typing import NoReturn

FEW_COLLECTIONS = 200_000
"""Starting makes many objects and hardly any garbage; the usual 700 costs a fifth of a rollback."""


def console() -> NoReturn:
    """Run the command line and end the process as soon as its output is written.

    Taking the interpreter apart piece by piece would cost a fifth of a rollback once more.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        # Closed, not there from the start, or a reader that is not waited for any longer.
        with suppress(AttributeError, OSError, ValueError, KeyboardInterrupt):
            stream.flush()
    os._exit(code)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    gc.set_threshold(FEW_COLLECTIONS, 20, 50)
    _fill_streams()
    return _run(sys.argv[1:])


def _fill_streams() -> None:
    """Put something in the place of streams that were closed from the start (`canary … >&-`).

    Else the next file that is opened, a database perhaps, would get their number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _run(args: list[str]) -> int:
    if args == ["--version"]:
        from canarycli import __version__

        print(f"canary {__version__}")
        return 0
    if set(args) == {"--version", "--verbose"}:
        from canarycli.cli.help.versions import versions

        print("\n".join(versions()))
        return 0
    if args[:1] == ["__complete"]:
        from canarycli.cli.completion.words import complete

        return complete(args[1:])
    from canarycli.cli.main import run

    return run(args)


if __name__ == "__main__":
    console()
