"""canary completion: print or install a shell completion script."""

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.completion.shells import SHELLS
from canarycli.cli.display.output import Output, write
from canarycli.cli.help.tree import branches
from canarycli.cli.options.common import Local
from canarycli.errors import CanaryError


class Shell(StrEnum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    common: Local,
    shell: Annotated[Shell, Argument(help="The shell it is for")],
    *,
    install: Annotated[
        bool, Option("--install", help="Write it where the shell looks, instead of printing it")
    ] = False,
) -> None:
    """Print a shell completion script."""
    text = script(shell)
    if not install:
        write(sys.stdout, text)
        return
    path, then = place(shell, os.environ)
    _save(path, text)
    with Output(common) as output:
        output.say(f"wrote {path}")
        output.say(then)


def script(shell: Shell) -> str:
    """The script, the same bytes as the file in `completions/`."""
    _, made = SHELLS[shell.value]
    return made(branches())


def place(shell: Shell, env: Mapping[str, str]) -> tuple[Path, str]:
    """Where the script goes for this person, and what is left to do."""
    home = Path(env.get("HOME") or Path.home())
    data = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    settings = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    match shell:
        case Shell.BASH:
            return data / "bash-completion/completions/canary", "open a new shell to use it"
        case Shell.ZSH:
            folder = data / "zsh/site-functions"
            return folder / "_canary", f"in .zshrc, before compinit: fpath+=({folder})"
        case Shell.FISH:
            return settings / "fish/completions/canary.fish", "open a new shell to use it"
        case Shell.POWERSHELL:
            path = settings / "powershell/canary.ps1"
            return path, f"add to $PROFILE: . '{path}'"


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CanaryError(
            f"can't write {str(path)!r}: {error.strerror}",
            hint="print it and put it there yourself, without --install",
        ) from error
