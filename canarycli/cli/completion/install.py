"""Puts a completion script where its shell looks for it."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from canarycli.cli.completion.shells import SHELLS
from canarycli.cli.help.tree import branches
from canarycli.errors import CanaryError


class Shell(StrEnum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def script(shell: Shell) -> str:
    """The script, the same bytes as the file in `completions/`."""
    _, made = SHELLS[shell.value]
    return made(branches())


def install_script(shell: Shell, env: Mapping[str, str]) -> tuple[Path, str]:
    """Write the script; says where it is, and what is left to do.

    Raises:
        CanaryError: it can't be written there.
    """
    path, then = place(shell, env)
    _save(path, script(shell))
    return path, then


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
