"""Starts canary: what must answer at once is answered before Typer is imported."""

import gc
import sys

FEW_COLLECTIONS = 100_000
"""Starting makes many objects and hardly any garbage; the usual 700 costs a fifth of a rollback."""


def main() -> int:
    """Run the command line of this process and return its exit code."""
    gc.set_threshold(FEW_COLLECTIONS, 20, 50)
    try:
        return _run(sys.argv[1:])
    finally:
        gc.disable()  # the interpreter's last collection frees what its end frees anyway


def _run(args: list[str]) -> int:
    if args == ["--version"]:
        from canarycli import __version__

        print(f"canary {__version__}")
        return 0
    if args[:1] == ["__complete"]:
        from canarycli.cli.words import complete

        return complete(args[1:])
    from canarycli.cli.main import run

    return run(args)


if __name__ == "__main__":
    sys.exit(main())
