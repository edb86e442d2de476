"""`canary history`: past releases and how they ended."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.status import table
from canarycli.cli.options.common import Common, WithoutRelease
from canarycli.clock import SystemClock
from canarycli.config import bake_from_option
from canarycli.engine.status import release_status
from canarycli.errors import UsageError
from canarycli.operations.workspace import open_store
from canarycli.release.record import Outcome, Release
from canarycli.store import Record
from canarycli.traffic import percent


def history(
    common: WithoutRelease,
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
) -> int:
    """List past releases and how they ended.

    --export reads a release's minutes again from the cloud, which keeps them for some weeks,
    and prints them with its checks' margins: canary check --from - judges them again.
    Limits on the candidate alone compare nothing and are left out.
    """
    if export is not None:
        from canarycli.operations.export import export_release

        export_release(common, export)
        return 0
    wanted = _outcome(outcome)
    with Output(common) as output:
        now = SystemClock().now()
        start = now - bake_from_option(since, "--since") if since else None
        records = [
            record
            for record in open_store(os.environ).history()
            if _fits(record.release, common, start, wanted)
        ][:limit]
        document = {
            "schema": "canary.history/1",
            "releases": [_row(record, now) for record in records],
        }
        output.result(document, _lines([record.release for record in records]))
        return 0


def _fits(
    release: Release, common: Common, start: datetime | None, outcome: Outcome | None
) -> bool:
    if common.endpoint and release.endpoint != common.endpoint:
        return False
    if start is not None and release.started_at < start:
        return False
    return outcome is None or release.outcome is outcome


def _outcome(word: str | None) -> Outcome | None:
    if word is None:
        return None
    try:
        return Outcome(word.replace("-", "_"))
    except ValueError as error:
        raise UsageError(
            f"--outcome: there is no outcome {word!r}", hint=f"there are {', '.join(Outcome)}"
        ) from error


def _row(record: Record, now: datetime) -> dict[str, Any]:
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
            (release.outcome or release.state).value.replace("_", " "),
            release.why,
        )
        for release in releases
    ]
    yield from table([head, *rows])
