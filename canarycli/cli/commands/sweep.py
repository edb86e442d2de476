"""`canary sweep`: what becomes of releases that nobody drives any more; for cron."""

import os
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import WithoutRelease
from canarycli.config import bake_from_option
from canarycli.errors import Exit
from canarycli.operations.sweep import Swept, Wanted
from canarycli.operations.sweep import sweep as swept_up
from canarycli.plan import Lost


def sweep(
    common: WithoutRelease,
    *,
    older_than: Annotated[
        str, Option(metavar="5m", help="Only what nobody has driven for so long")
    ] = "5m",
    do: Annotated[
        Lost | None, Option(help="For all of them; else what each plan's on_driver_lost says")
    ] = None,
) -> int:
    """Resume or roll back every release nobody drives (for cron).

    A release that waits for a person, at a planned hold or in a pause without end, is judged
    once, and goes back if it fails. Those that are resumed are driven to their end, all of
    them at once.
    """
    wanted = Wanted(bake_from_option(older_than, "--older-than"), do, common.endpoint)
    with Output(common) as output:
        swept = swept_up(wanted, os.environ, lambda release_id, e: output.event(e, release_id))
        output.result(
            {"schema": "canary.sweep/1", "releases": [_document(one) for one in swept]},
            [_line(one) for one in swept] or ["every open release that can be read is driven"],
        )
        return max((one.code for one in swept), default=int(Exit.OK))


def _line(one: Swept) -> str:
    if one.failure is not None:
        way = f"\n  by hand: {one.by_hand}" if one.by_hand else ""
        return f"{one.release.id} {one.release.endpoint}  {one.failure.message}{way}"
    word = (one.release.outcome or one.release.state).value.replace("_", " ")
    return f"{one.release.id} {one.release.endpoint}  {_did(one)}: {word}"


def _did(one: Swept) -> str:
    return one.do.value if one.do else "judge"


def _document(one: Swept) -> dict[str, Any]:
    outcome = one.release.outcome
    return {
        "release": one.release.id,
        "endpoint": one.release.endpoint,
        "did": _did(one),
        "outcome": outcome.value if outcome else None,
        "exit_code": one.code,
        "error": one.failure.message if one.failure else None,
        "by_hand": one.by_hand or None,
    }
