"""`canary status`: where releases stand, once."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.ansi import colored, plain_only
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.status import state_text, status_lines, traffic_text
from canarycli.cli.display.table import fitted, room
from canarycli.cli.display.terminal import drawable
from canarycli.cli.options.common import Common
from canarycli.clock import SystemClock
from canarycli.errors import Exit
from canarycli.harmless import visible
from canarycli.operations.status import Standing, each, several, statuses
from canarycli.operations.status import status as look
from canarycli.operations.target import SeveralOpen


def status(
    common: Common,
    *,
    show_all: Annotated[
        bool, Option("--all", help="One line for every open release known here")
    ] = False,
    exit_status: Annotated[
        bool,
        Option("--exit-status", help="Exit with the release's outcome code, 20 while it runs"),
    ] = False,
    wide: Annotated[bool, Option("--wide", help="Ended releases too, with --all")] = False,
) -> int:
    """Show where releases stand, once."""
    with Output(common) as output:
        choice = None if show_all else several(common.address, os.environ)
        if show_all or isinstance(choice, SeveralOpen):
            return _list(output, statuses(os.environ, ended=wide))
        if choice is not None:
            names = [one.word for one in choice.choices]
            documents, failures = each(names, common.address, os.environ)
            for failure in failures:
                output.say(failure)
            return _list(output, documents)
        standing = look(address_of(common), os.environ, output.say)
        if standing.warning:
            output.say(standing.warning)
        output.result(standing.document, _lines(common, standing), painted=True)
        return int(standing.exit if exit_status else Exit.OK)


def _lines(common: Common, standing: Standing) -> Iterable[str]:
    """Plain lines; on a terminal the frame that canary watch shows, once."""
    size, document, record = drawable(common), standing.document, standing.record
    if size is None or record is None or record.release.over:
        return map(visible, fitted(status_lines(document, standing.now), room()))
    from canarycli.cli.display.frame import once
    from canarycli.cli.display.scene import scene_of

    fine = not (common.ascii or plain_only(sys.stdout))
    events, now, prompt = standing.events, standing.now, _driven(document)
    scene = scene_of(record, events, document, now, prompt=prompt, sparks=fine)
    return once(scene, size[0], color=colored(sys.stdout, os.environ, common.color))


def _driven(document: Mapping[str, Any]) -> str:
    driver = document["driver"]
    who = f"driven by {driver['id']}" if driver and driver["alive"] else "nobody drives it"
    return f"{who}      canary watch follows it live"


def _list(output: Output, documents: Sequence[Mapping[str, Any]]) -> int:
    now = SystemClock().now()
    output.result(
        {"schema": "canary.statuses/1", "releases": documents},
        [*fitted((_line(document, now) for document in documents), room())]
        or ["no release is open here"],
    )
    return int(Exit.OK)


def _line(status: Mapping[str, Any], now: datetime) -> str:
    arms = " → ".join(arm["name"] for arm in (status["baseline"], status["candidate"]) if arm)
    parts = (status["release"], status["endpoint"], arms, traffic_text(status["traffic"]))
    return "  ".join((*filter(None, parts), state_text(status, now)))
