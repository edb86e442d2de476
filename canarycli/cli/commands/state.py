"""`canary state`: try out a place for records, or move them to another."""

import os
from enum import StrEnum
from typing import Annotated

from typer import Argument

from canarycli.cli.display.doctor import show_groups
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common, Local
from canarycli.clock import SystemClock
from canarycli.errors import Exit, UsageError
from canarycli.operations import records


class What(StrEnum):
    """What is done with the place of the records."""

    CHECK = "check"
    MOVE = "move"


def state(
    common: Local,
    what: Annotated[What, Argument(help="Try a place out, or copy all records to another")],
    place: Annotated[
        str | None,
        Argument(metavar="[FROM]", help="A folder, s3://, gs://, az:// or postgresql://"),
    ] = None,
    to: Annotated[str | None, Argument(metavar="[TO]", help="The other place")] = None,
) -> int:
    """Try out a place for records, or move them to another.

    check writes, reads and deletes a small object or row of its own and says which right or
    which promise is missing; without a place, it tries the one in use. move copies releases
    and journals, leaves the old place as it is, and goes on where it was cut off.
    """
    with Output(common) as output:
        if what is What.CHECK:
            if to is not None:
                raise UsageError("check takes one place", hint="canary state check URL")
            return show_groups(common, output, records.check(place, common.config, os.environ))
        if place is None or to is None:
            raise UsageError("move takes two places", hint="canary state move FROM TO")
        return _move(common, output, place, to)


def _move(common: Common, output: Output, place: str, to: str) -> int:
    moved = []
    for record in records.move(place, to, SystemClock().now()):
        moved.append(record.release.id)
        if output.for_people and not common.quiet:
            output.say(f"{record.release.id}  {record.release.endpoint}")
    document = {"schema": "canary.moved/1", "releases": moved}
    lines = [f"{len(moved)} releases were copied; set CANARY_STATE or state: to {to}"]
    output.result(document, lines)
    return int(Exit.OK)
