"""The command reference in Markdown, from the same tree and tables as the help."""

from collections.abc import Iterator, Sequence

from canarycli.cli.help.topics import EXITS, HONOURED, OWN_VARIABLES, PRECEDENCE, RETRY
from canarycli.cli.help.tree import Branch, branches
from canarycli.cli.help.usage import arguments_usage, sections
from canarycli.cli.table import listed
from canarycli.errors import exit_name

_MADE = "<!-- written by docs/generate.py; change the program, not this page -->\n"
_ABOUT = """\
Options are the same words everywhere; the [common options](#common-options) sit on every
command. [Exit codes](exit-codes.md) and [variables](environment.md) have a page each.
"""


def commands_page() -> str:
    """docs/commands.md."""
    known = {branch.name: branch for branch in branches()}
    parts = ["# Commands\n", _MADE, _ABOUT]
    for panel, rows in listed().items():
        parts.append(f"## {panel}\n")
        parts += [_command(known[name]) for name in rows]
    parts.append("## Common options\n")
    parts.append(_table(("option", "meaning"), _common(known)))
    return "\n".join(parts)


def exit_codes_page() -> str:
    """docs/exit-codes.md."""
    rows = [(str(int(code)), exit_name(code), *EXITS[code]) for code in EXITS]
    return "\n".join(
        [
            "# Exit codes\n",
            _MADE,
            "A contract: a code never changes its meaning. The last column is about traffic.\n",
            _table(("code", "name", "means", "traffic"), rows),
            f"{RETRY}\n",
        ]
    )


def environment_page() -> str:
    """docs/environment.md."""
    own = [(f"`{name}`", text) for name, text in OWN_VARIABLES.items()]
    order = "\n".join(f"{n}. {word}" for n, word in enumerate(PRECEDENCE, start=1))
    return "\n".join(
        [
            "# Environment variables\n",
            _MADE,
            _table(("variable", "means"), own),
            f"What wins, the strongest first:\n\n{order}\n",
            "Honoured as they are: " + ", ".join(f"`{name}`" for name in HONOURED) + ".\n",
        ]
    )


PAGES = {
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "environment.md": environment_page,
}
"""What is generated, by file name under docs/."""


def _command(branch: Branch) -> str:
    usage = " ".join(["canary", branch.name, *arguments_usage(branch.command), "[OPTIONS]"])
    text = (branch.command.help or "").strip()
    codes = ", ".join(str(code) for code in sorted({*branch.row.exits, 1, 2}))
    lines = [f"### canary {branch.name}\n", f"{text}\n", f"```\n{usage}\n```\n"]
    rows = [row for head, rows in sections(branch.command) if head in _OWN for row in rows]
    if rows:
        lines.append(_table(("option", "meaning"), _coded(rows)))
    lines.append(f"Exits: {codes}.\n")
    return "\n".join(lines)


_OWN = ("Arguments", "Options")


def _common(known: dict[str, Branch]) -> list[tuple[str, str]]:
    """The options of the command that shows most of them, less its own."""
    found: dict[str, str] = {}
    for branch in known.values():
        for head, rows in sections(branch.command):
            if head not in _OWN:
                found.update(rows)
    return _coded(list(found.items()))


def _coded(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (f"`{left.strip()}`".replace("|", "\\|"), right.replace("|", "\\|")) for left, right in rows
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(_rows(head, rows)) + "\n"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
