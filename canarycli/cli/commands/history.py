"""`canary history`: past releases and how they ended."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output, write, write_line
from canarycli.cli.display.table import room, table
from canarycli.cli.options.common import Common, WithoutRelease
from canarycli.clock import SystemClock
from canarycli.engine.status import release_status
from canarycli.operations.history import history as releases
from canarycli.operations.history import outcome_of, start_of
from canarycli.release.record import Release
from canarycli.traffic import percent


def history(
    common: WithoutRelease,
    *,
    limit: Annotated[int, Option(metavar="N", min=1, help="At most so many")] = 20,
    since: Annotated[
        str | None, Option(metavar="7d", help="Only releases that started since then")
    ] = None,
    outcome: Annotated[
        str | None, Option(metavar="NAME", help="Only releases that ended so")
    ] = None,
    export: Annotated[
        str | None,
        Option(metavar="RELEASE", help="Print its minutes as a line for canary check --from"),
    ] = None,
    prune: Annotated[
        str | None,
        Option(metavar="90d", help="Forget releases that ended longer ago, with their journals"),
    ] = None,
) -> int:
    """List past releases and how they ended.

    --export reads a release's minutes again from the cloud, which keeps them for some weeks,
    and prints them with its checks' margins: canary check --from - judges them again.
    Limits on the candidate alone compare nothing and are left out.

    --prune keeps what is open, and the newest release of every endpoint.
    """
    if export is not None:
        return _export(common, export)
    now = SystemClock().now()
    if prune is not None:
        return _prune(common, prune, start_of(prune, now, "--prune"))
    start = start_of(since, now) if since else None
    ending = outcome_of(outcome) if outcome else None
    with Output(common) as output:
        records = releases(
            os.environ, endpoint=common.endpoint, since=start, outcome=ending, limit=limit
        )
        document = {
            "schema": "canary.history/1",
            "releases": [_row(record, now) for record in records],
        }
        output.result(document, _lines([record.release for record in records]))
        return 0


def _export(common: Common, release_id: str) -> int:
    from canarycli.operations.export import export_release

    exported = export_release(replace(common.address, release=release_id), os.environ)
    if exported.left_out:
        write(sys.stderr, f"left out, for they compare nothing: {', '.join(exported.left_out)}\n")
    write_line(json.dumps(exported.document, ensure_ascii=False))
    return 0


def _prune(common: Common, length: str, before: datetime) -> int:
    from canarycli.operations.records import prune

    with Output(common) as output:
        count = prune(before, os.environ, common.config)
        document = {"schema": "canary.pruned/1", "releases": count}
        output.result(document, [f"{count} releases that ended {length} ago or more are forgotten"])
        return 0


def _row(record: Any, now: datetime) -> dict[str, Any]:
    release = record.release
    row = release_status(record, None, now)
    row["reached"] = release.reached
    return row


def _lines(releases: Sequence[Release]) -> Iterator[str]:
    if not releases:
        yield "no release is known here"
        return
    head = ("RELEASE", "ENDPOINT", "MODEL", "STARTED", "GOT TO", "OUTCOME", "WHY")
    rows = [
        (
            release.id,
            release.endpoint,
            f"{release.baseline} → {release.candidate or release.model}",
            release.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
            percent(release.reached),
            release.outcome_words,
            release.why_words,
        )
        for release in releases
    ]
    yield from table([head, *rows], room(), spare=("STARTED", "GOT TO", "MODEL", "ENDPOINT"))
