"""`canary notify test`: a message to everybody that `notify:` names, and what came of it."""

import os
from enum import StrEnum
from typing import Annotated

from typer import Argument

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Local
from canarycli.config.discover import here
from canarycli.errors import Exit
from canarycli.operations.notify import try_out


class What(StrEnum):
    """What to do."""

    TEST = "test"


def notify(
    common: Local,
    what: Annotated[What, Argument(help="Send a test message")] = What.TEST,
) -> int:
    """Send a test message to everybody named in canary.yaml.

    Each entry of notify: is told once, whatever its when: says; a pager gets a change event,
    which pages nobody. Addresses are never shown.
    """
    with Output(common) as output:
        tried = try_out(common.config, here(), os.environ)
        lines = [
            f"notify[{n}] {one.when}: {'not sent: ' + one.failure if one.failure else 'sent'}"
            for n, one in enumerate(tried)
        ]
        rows = [{"when": one.when, "sent": not one.failure, "why": one.failure} for one in tried]
        output.result({what.value: rows}, lines)
    return int(Exit.ERROR if any(one.failure for one in tried) else Exit.OK)
