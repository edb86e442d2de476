"""Every command in one table: what help, completion, docs and the dispatcher are made from."""

from collections.abc import Mapping
from enum import StrEnum

from canarycli.late_methods import dataclass


class Panel(StrEnum):
    """Where a command stands in the root help, in that order; HIDDEN ones are not listed."""

    RELEASE = "Release"
    BEFORE = "Look before"
    BACK = "Look back"
    SET_UP = "Set up"
    CLEAN_UP = "Clean up"
    HIDDEN = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One command: the module is imported only when the command is run.

    Attributes:
        module: below `canarycli.cli.commands`.
        help: one line, as the root help shows it.
        panel: where the root help shows it.
        exits: the codes it may end with, besides 1 and 2 that every command has.
        function: in the module, "" where it is named as the command.
    """

    module: str
    help: str
    panel: Panel
    exits: tuple[int, ...] = (0,)
    function: str = ""


COMMANDS: Mapping[str, Row] = {
    "start": Row(
        "start",
        "Start a canary release of a new model version",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    ),
    "status": Row("status", "Show where releases stand, once", Panel.RELEASE, (0, 8, 9, 10, 20)),
    "watch": Row(
        "watch",
        "Follow a release live until it ends",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 20),
    ),
    "promote": Row(
        "promote",
        "Move to the next stage, or to 100% with --full",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    ),
    "guard": Row(
        "guard",
        "Stay with a release at its hold, and roll it back if it fails",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14),
    ),
    "pause": Row("pause", "Hold a release at its current stage", Panel.RELEASE, (0, 7, 8, 9, 10)),
    "freeze": Row(
        "freeze",
        "Take the freezes of canary.yaml into releases under way",
        Panel.RELEASE,
        (0, 8, 9, 10),
    ),
    "resume": Row(
        "resume",
        "Go on with a paused release, or take over one nobody drives",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    ),
    "drive": Row(
        "drive", "Drive every open release from one process", Panel.RELEASE, (0, 130, 143)
    ),
    "worker": Row(
        "worker",
        "Drive what is left to Temporal, from one of its workers",
        Panel.RELEASE,
        (0, 10, 130, 143),
    ),
    "fleet": Row(
        "fleet",
        "Release one model over many endpoints, in waves",
        Panel.RELEASE,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    ),
    "shift": Row(
        "shift",
        "Set the candidate's share by hand",
        Panel.RELEASE,
        (0, 3, 6, 7, 8, 9, 10, 13, 14),
    ),
    "rollback": Row(
        "rollback",
        "Send all traffic back to the baseline, now",
        Panel.RELEASE,
        (0, 6, 8, 9, 10, 13),
    ),
    "plan": Row(
        "plan", "Show what start would do, without doing it", Panel.BEFORE, (0, 2, 8, 9, 11)
    ),
    "check": Row(
        "check",
        "Judge candidate against baseline once",
        Panel.BEFORE,
        (0, 3, 4, 8, 9, 10, 11),
    ),
    "lint": Row("lint", "Validate canary.yaml", Panel.BEFORE),
    "dashboard": Row("dashboard", "Show all releases in a browser, read-only", Panel.BACK),
    "history": Row("history", "List past releases and how they ended", Panel.BACK),
    "report": Row("report", "Write an HTML, Markdown, JSON or JUnit report", Panel.BACK, (0, 9)),
    "init": Row(
        "init",
        "Write canary.yaml with a short interview",
        Panel.SET_UP,
        (0, 2, 6, 8, 9, 10),
    ),
    "doctor": Row(
        "doctor",
        "Check credentials, permissions, metrics and config",
        Panel.SET_UP,
        (0, 1, 8),
    ),
    "notify": Row(
        "notify", "Send a test message to everybody named in canary.yaml", Panel.SET_UP, (0, 1, 2)
    ),
    "ci": Row("ci", "Print a job for a CI system, or a step of a pipeline in Python", Panel.SET_UP),
    "completion": Row("completion", "Print a shell completion script", Panel.SET_UP),
    "schema": Row("schema", "Print the JSON Schema of canary.yaml", Panel.SET_UP),
    "demo": Row(
        "demo",
        "Try it on a pretend endpoint, no cloud needed",
        Panel.SET_UP,
        (0, 3, 4, 11),
    ),
    "state": Row(
        "state",
        "Try out a place for records, or move them to another",
        Panel.SET_UP,
        (0, 1, 7, 8),
    ),
    "tick": Row(
        "tick",
        "Take one step of a release, and say when to come back (for cron and CI)",
        Panel.CLEAN_UP,
        (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 20),
    ),
    "unlock": Row("unlock", "Free an endpoint whose driver is gone", Panel.CLEAN_UP, (0, 6, 7, 9)),
    "sweep": Row(
        "sweep",
        "Resume or roll back every release nobody drives (for cron)",
        Panel.CLEAN_UP,
        (0, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14),
    ),
    "cleanup": Row(
        "cleanup",
        "Delete what a finished release left deployed",
        Panel.CLEAN_UP,
        (0, 6, 7, 8, 9, 10),
    ),
    "help": Row("help", "Explain a command or a topic", Panel.HIDDEN, function="help_about"),
}
"""By name, in the order of the root help within each panel."""

ALIASES: Mapping[str, str] = {"abort": "rollback"}
"""Words people bring along, accepted with a line that says ours."""


def listed() -> dict[Panel, dict[str, Row]]:
    """The commands of every panel that has one."""
    panels: dict[Panel, dict[str, Row]] = {}
    for panel in Panel:
        rows = {name: row for name, row in COMMANDS.items() if row.panel is panel}
        if rows and panel is not Panel.HIDDEN:
            panels[panel] = rows
    return panels
