"""`canary dashboard`: the records in a browser of this machine, read-only."""

import os
import threading
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Local
from canarycli.config import bake_from_option
from canarycli.errors import Exit
from canarycli.operations.dashboard import serve
from canarycli.operations.heeding import heed


def dashboard(
    common: Local,
    *,
    port: Annotated[
        int, Option(metavar="N", min=0, max=65535, help="On this machine's loopback; 0 is any")
    ] = 0,
    length: Annotated[
        str | None, Option("--for", metavar="8h", help="How long; until Ctrl-C if left out")
    ] = None,
    browse: Annotated[bool, Option("--open", help="Open it in the browser")] = False,
) -> int:
    """Show all releases in a browser, read-only.

    The address is this machine's own and has a random token in it: whoever has it can look,
    as long as the command runs.
    """
    with Output(common) as output:
        seconds = bake_from_option(length, "--for").total_seconds() if length else None
        with serve(os.environ, port) as address:
            output.result({"schema": "canary.dashboard/1", "address": address}, [address])
            output.say("Ctrl-C ends it")
            if browse:
                _open(address)
            try:
                heed(threading.Event().wait, seconds)
            except KeyboardInterrupt:
                output.say("ended")
        return int(Exit.OK)


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
