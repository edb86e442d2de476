"""`canary status`: where releases stand, once."""

import os
import sys
from collections.abc import Iterable
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.ansi import colored, plain_only
from canarycli.cli.display.output import Output
from canarycli.cli.display.status import headline, status_lines, traffic_text
from canarycli.cli.display.terminal import drawable
from canarycli.cli.options.common import Common
from canarycli.clock import SystemClock
from canarycli.engine.status import endpoint_status, release_status
from canarycli.errors import CanaryError, Exit
from canarycli.operations.workspace import Work, find_target, open_store, work_on
from canarycli.provider import Endpoint
from canarycli.store import Record


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
        if show_all or _several(common):
            return _list(output, ended=wide)
        store = open_store(os.environ)
        target = find_target(common, store, os.environ)
        work = work_on(target, store, os.environ)
        record = target.record or work.record()
        document = _one(output, work, record)
        output.result(document, _lines(common, work, record, document))
        if not exit_status:
            return int(Exit.OK)
        return int(record.release.exit) if record else int(Exit.OK)


def _one(output: Output, work: Work, record: Record | None) -> dict[str, Any]:
    """One endpoint with its live traffic; the record alone where the cloud does not answer."""
    try:
        endpoint: Endpoint | None = work.provider.describe(work.target.name)
    except CanaryError as error:
        if record is None:
            raise
        output.say(f"warning: {error.message}; this is what was last seen")
        endpoint = None
    now = work.clock.now()
    if record is not None:
        return release_status(record, endpoint, now)
    assert endpoint is not None
    notes = work.provider.notes(endpoint)
    return endpoint_status(endpoint, notes, work.target.provider, work.provider.place)


def _lines(
    common: Common, work: Work, record: Record | None, document: dict[str, Any]
) -> Iterable[str]:
    """Plain lines; on a terminal the frame that canary watch shows, once."""
    size = drawable(common)
    if size is None or record is None or record.release.over:
        return status_lines(document)
    from canarycli.cli.display.frame import once, scene_of

    fine = not (common.ascii or plain_only(sys.stdout))
    events, now = work.store.events(record.release.id), work.clock.now()
    scene = scene_of(record, events, document, now, prompt=_driven(document), sparks=fine)
    return once(scene, size[0], color=colored(sys.stdout, os.environ, common.color))


def _driven(document: dict[str, Any]) -> str:
    driver = document["driver"]
    who = f"driven by {driver['id']}" if driver and driver["alive"] else "nobody drives it"
    return f"{who}      canary watch follows it live"


def _several(common: Common) -> bool:
    if common.release or common.endpoint:
        return False
    newest = open_store(os.environ).newest()
    return sum(not record.release.over for record in newest) > 1


def _list(output: Output, *, ended: bool) -> int:
    now = SystemClock().now()
    records = open_store(os.environ).newest()
    shown = [r for r in records if ended or not r.release.over]
    documents = [release_status(record, None, now) for record in shown]
    output.result(
        {"schema": "canary.statuses/1", "releases": documents},
        [
            f"{d['release']}  {d['endpoint']}  {d['baseline']['name']} → {d['candidate']['name']}  "
            f"{traffic_text(d['traffic'])}  {headline(d)}"
            for d in documents
        ]
        or ["no release is open here"],
    )
    return int(Exit.OK)
