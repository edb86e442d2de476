"""The root help, laid by hand: a boxed one costs 80 ms and copies badly."""

import os
import sys

from canarycli.cli.display.ansi import bold, colored
from canarycli.cli.table import COMMANDS, listed

_TITLE = "Canary releases for ML models on SageMaker, Vertex AI and Azure ML"
_TOPICS = (
    "Run canary COMMAND --help for its options, "
    "canary help options | exit-codes | env | config | keys."
)


def root_help(*, color: bool | None = None) -> str:
    """The text of `canary --help`; only commands that exist are in it.

    Args:
        color: whether heads are bold; None to look at stdout and the environment.
    """
    bright = colored(sys.stdout, os.environ) if color is None else color
    lines = [_TITLE, "", f"{bold('Usage:', on=bright)} canary COMMAND [OPTIONS]", ""]
    for panel, rows in listed().items():
        lines.append(bold(panel, on=bright))
        lines += [f"  {name:<12}{row.help}" for name, row in rows.items()]
        lines.append("")
    lines.append(_TOPICS)
    if "rollback" in COMMANDS:
        lines.append("3 a.m.?  canary rollback")
    return "\n".join(lines) + "\n"
