"""Starts canary: what must answer at once is answered before Typer is imported."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    args = sys.argv[1:]
    if args == ["--version"]:
        from canarycli import __version__

        sys.stdout.write(f"canary {__version__}\n")
        return 0
    if args[:1] == ["__complete"]:
        from canarycli.cli.words import complete

        return complete(args[1:])
    from canarycli.cli.main import run

    return run(args)


if __name__ == "__main__":
    sys.exit(main())
