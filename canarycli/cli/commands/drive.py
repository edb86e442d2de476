"""`canary drive --all`: one process that drives every open release of the records."""

import os
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import WithoutRelease
from canarycli.cli.options.serving import Length, Listen, naming, parted
from canarycli.config import bake_from_option
from canarycli.errors import UsageError
from canarycli.operations.drive_all import drive_all, looks_of
from canarycli.operations.health import served
from canarycli.operations.waves import Waves


def drive(
    common: WithoutRelease,
    *,
    every: Annotated[bool, Option("--all", help="Every open release of the records")] = False,
    length: Length = None,
    looks: Annotated[
        int | None,
        Option(metavar="N", min=0, help="Looks a minute an account; 0 for any number"),
    ] = None,
    listen: Listen = "127.0.0.1:0",
) -> int:
    """Drive every open release from one process, until it is stopped.

    It finds releases that others start within seconds, waits where somebody else drives, and
    takes over when their lease ends. Fleets go on too, if its canary.yaml has their
    endpoints. Run two on different machines: one that is stopped hands over at once, one
    that is killed within 90 seconds.
    """
    with Output(common) as output:
        if not every:
            raise UsageError(
                "drive wants --all", hint="canary resume RELEASE --take-over drives just one"
            )
        host, port = parted(listen)
        span = bake_from_option(length, "--for") if length else None
        tell = naming(output)
        found = looks_of(os.environ, tell, pace=looks, config=common.config)
        waves = Waves(os.environ, common.config, tell, output.say)
        with served(found.figures, host, port) as address:
            output.say(f"health and figures at {address}/healthz and {address}/metrics")
            return int(drive_all(found, waves, span))
