"""`canary watch`: follow a release that somebody else drives, until it ends."""

import os
from collections.abc import Collection
from typing import Annotated

from typer import Option

from canarycli.cli.display.journey import journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.screen import Screen, suits
from canarycli.cli.display.status import status_lines
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import OkOn, Timeout, ok_codes
from canarycli.config import bake_from_option
from canarycli.errors import Exit
from canarycli.operations.follow import Watch
from canarycli.operations.resume import resume
from canarycli.operations.workspace import open_workspace


def watch(
    common: Common,
    *,
    interval: Annotated[
        str, Option("--interval", "-i", metavar="5s", help="How often to look for news")
    ] = "5s",
    timeout: Timeout = None,
    once: Annotated[bool, Option("--once", help="Show where it stands, and end")] = False,
    ok_on: OkOn = None,
) -> int:
    """Follow a release live until it ends.

    On a terminal of at least 60 x 16 it is a live screen, with keys to roll back, pause, go
    on and leave; elsewhere a line for each change, until the release ends or waits for a
    person. Ctrl-C leaves the release as it is. The exit code is the outcome's, 0 too at a
    planned hold and after q, 20 with --once while it goes on.
    """
    pause = bake_from_option(interval, "--interval").total_seconds()
    length = bake_from_option(timeout, "--timeout") if timeout else None
    accepted = ok_codes(ok_on)
    with Output(common) as output:
        work = open_workspace(address_of(common), os.environ, output.say)
        watched = Watch.of(work, lambda name, e: output.event(e, name), output.sign_of_life)
        until = None if length is None else work.clock.now() + length
        if once or not suits(common):
            late = False if once else watched.follow(pause, until)
            code, status = _code(watched, accepted, late=late), watched.status()
            lines = status_lines(status, watched.work.clock.now())
            output.result({**status, "exit_code": code}, lines)
            return code
        screen = Screen(work, common, watched.release_id)
        late = screen.run(pause, until)
        if screen.taken:
            way = journey(
                work, output, watched.release_id, common=common, timeout=timeout, ok_on=ok_on
            )
            record = watched.record()
            return way.show(lambda drive: resume(drive, record, take_over=True, detach=False))
        return int(Exit.OK) if screen.closed else _code(watched, accepted, late=late)


def _code(watched: Watch, accepted: Collection[Exit], *, late: bool) -> int:
    code = Exit.TIMEOUT if late else watched.record().release.exit
    return int(Exit.OK if code in accepted else code)
