"""`canary freeze`: take the change freezes of canary.yaml into releases under way."""

import os

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.errors import Exit
from canarycli.operations.freeze import Frozen
from canarycli.operations.freeze import freeze as order


def freeze(common: Common) -> int:
    """Take the freezes of canary.yaml into releases under way.

    A release goes by those that were there when it started. This gives it those of now, and
    its driver, wherever that is, goes by them from its next look on. Without RELEASE all
    open releases of this file's endpoints get them.
    """
    with Output(common) as output:
        done = order(common.address, os.environ, lambda release_id, e: output.event(e, release_id))
        output.result(
            {
                "schema": "canary.freeze/1",
                "releases": [
                    {
                        "release": one.release.id,
                        "endpoint": one.release.endpoint,
                        "freezes": len(one.release.plan.freeze),
                        "now": one.now or None,
                        "error": one.failure.message if one.failure else None,
                    }
                    for one in done
                ],
            },
            [_line(one) for one in done] or ["no release of this canary.yaml is open"],
        )
        codes = (int(one.failure.exit) for one in done if one.failure)
        return max(codes, default=int(Exit.OK))


def _line(one: Frozen) -> str:
    head = f"{one.release.id} {one.release.endpoint}"
    if one.failure is not None:
        return f"{head}  {one.failure.message}"
    count = len(one.release.plan.freeze)
    noun = "freeze" if count == 1 else "freezes"
    return f"{head}  {count} {noun}, {one.now or 'none of them now'}"
