"""The man page, from the command tree: what `man canary` shows."""

from collections.abc import Collection, Iterator, Sequence

from canarycli import __version__
from canarycli.cli.help.topics import EXITS, OWN_VARIABLES
from canarycli.cli.help.tree import Branch
from canarycli.cli.help.usage import arguments_usage
from canarycli.cli.table import Panel
from canarycli.errors import exit_name


def man_page(tree: Sequence[Branch]) -> str:
    """canary(1) in roff."""
    return "\n".join(_lines(tree)) + "\n"


def _lines(tree: Sequence[Branch]) -> Iterator[str]:
    shown = [branch for branch in tree if branch.row.panel is not Panel.HIDDEN]
    common = set.intersection(*({flag.names[-1] for flag in one.flags} for one in shown))
    yield f'.TH CANARY 1 "" "canary {__version__}" "User commands"'
    yield ".SH NAME"
    yield "canary \\- canary releases for ML models on SageMaker, Vertex AI and Azure ML"
    yield ".SH SYNOPSIS"
    yield ".B canary"
    yield "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]"
    yield ".SH COMMANDS"
    for branch in shown:
        yield from _command(branch, common)
    yield ".SH OPTIONS OF MOST COMMANDS"
    for flag in shown[0].flags:
        if flag.names[-1] in common:
            yield from _item(", ".join(flag.names), flag.help)
    yield ".SH EXIT STATUS"
    for code, (means, _traffic) in EXITS.items():
        yield from _item(str(int(code)), f"{exit_name(code)}: {means}")
    yield ".SH ENVIRONMENT"
    for name, means in OWN_VARIABLES.items():
        yield from _item(name, means)
    yield ".SH SEE ALSO"
    yield "canary help exit-codes, canary help config, canary help keys"


def _command(branch: Branch, common: Collection[str]) -> Iterator[str]:
    """One command with the options that only some have."""
    yield f".SS {_plain(' '.join([branch.name, *arguments_usage(branch.command)]))}"
    yield from _text(branch.command.help or branch.row.help)
    for flag in branch.flags:
        if flag.help and flag.names[-1] not in common:
            yield from _item(", ".join(flag.names), flag.help)


def _item(name: str, means: str) -> Iterator[str]:
    yield from (".TP", f".B {_plain(name)}", _plain(means))


def _text(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield _plain(line.strip()) if line.strip() else ".PP"


def _plain(text: str) -> str:
    """A text in which roff sees no command."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
