"""Completion scripts, written from the command tree; nothing of canary runs on most keypresses."""

from collections.abc import Callable, Mapping, Sequence

from canarycli.cli.completion.bash import bash
from canarycli.cli.completion.fish import fish
from canarycli.cli.completion.powershell import powershell
from canarycli.cli.completion.zsh import zsh
from canarycli.cli.help.tree import Branch

SHELLS: Mapping[str, tuple[str, Callable[[Sequence[Branch]], str]]] = {
    "bash": ("canary.bash", bash),
    "zsh": ("_canary", zsh),
    "fish": ("canary.fish", fish),
    "powershell": ("canary.ps1", powershell),
}
"""By shell: the file's name, and what writes it."""
