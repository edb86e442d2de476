"""canary completion: print or install a shell completion script."""

import os
import sys
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.completion.install import Shell, install_script, script
from canarycli.cli.display.output import Output, write
from canarycli.cli.options.common import Local


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
    path, then = install_script(shell, os.environ)
    with Output(common) as output:
        output.say(f"wrote {path}")
        output.say(then)
