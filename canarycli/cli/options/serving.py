"""What the commands that drive many releases have in common: figures on a port, lines told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.release.record import Release

Listen = Annotated[
    str, Option(metavar="HOST:PORT", help="Where /healthz and /metrics are; port 0 is any")
]
Length = Annotated[
    str | None, Option("--for", metavar="4h", help="How long; until it is stopped if left out")
]


def parted(text: str) -> tuple[str, int]:
    """Host and port of `--listen`.

    Raises:
        UsageError: it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"--listen {text!r} is no HOST:PORT", hint="such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)


def naming(output: Output) -> Callable[[Release, Event], None]:
    """Tells every event; to people with the endpoint it is of."""

    def tell(release: Release, event: Event) -> None:
        named = f"{release.endpoint}: {event.message}" if output.for_people else event.message
        output.event(replace(event, message=named), release.id)

    return tell
