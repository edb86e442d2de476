"""`canary drive --all`: one process that drives every open release of the records."""

import os
from dataclasses import replace
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import WithoutRelease
from canarycli.config import bake_from_option
from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.operations.drive_all import crew_of, drive_all
from canarycli.operations.health import served
from canarycli.release.record import Release


def drive(
    common: WithoutRelease,
    *,
    every: Annotated[bool, Option("--all", help="Every open release of the records")] = False,
    length: Annotated[
        str | None, Option("--for", metavar="4h", help="How long; until it is stopped if left out")
    ] = None,
    looks: Annotated[
        int | None,
        Option(metavar="N", min=0, help="Looks a minute an account; 0 for any number"),
    ] = None,
    listen: Annotated[
        str, Option(metavar="HOST:PORT", help="Where /healthz and /metrics are; port 0 is any")
    ] = "127.0.0.1:0",
) -> int:
    """Drive every open release from one process, until it is stopped.

    It finds releases that others start within seconds, waits where somebody else drives, and
    takes over when their lease ends. Run two on different machines: one that is stopped hands
    over at once, one that is killed within 90 seconds.
    """
    with Output(common) as output:
        if not every:
            raise UsageError(
                "drive wants --all", hint="canary resume RELEASE --take-over drives just one"
            )
        host, port = _address(listen)
        span = bake_from_option(length, "--for") if length else None

        def tell(release: Release, event: Event) -> None:
            named = f"{release.endpoint}: {event.message}" if output.for_people else event.message
            output.event(replace(event, message=named), release.id)

        crew = crew_of(os.environ, tell, looks=looks)
        with served(crew.figures, host, port) as address:
            output.say(f"health and figures at {address}/healthz and {address}/metrics")
            return int(drive_all(crew, span))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"--listen {text!r} is no HOST:PORT", hint="such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)
