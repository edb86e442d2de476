"""The man page, from the command tree: what `man canary` shows."""

from collections.abc import Iterator, Sequence

from canarycli import __version__
from canarycli.cli.help.topics import EXITS, OWN_VARIABLES
from canarycli.cli.help.tree import Branch, Flag
from canarycli.cli.help.usage import arguments_usage
from canarycli.cli.table import Panel
from canarycli.errors import exit_name


def man_page(tree: Sequence[Branch]) -> str:
    """canary(1) in roff."""
    return "\n".join(_lines(tree)) + "\n"


def _lines(tree: Sequence[Branch]) -> Iterator[str]:
    yield f'.TH CANARY 1 "" "canary {__version__}" "User commands"'
    yield ".SH NAME"
    yield "canary \\- canary releases for ML models on SageMaker, Vertex AI and Azure ML"
    yield ".SH SYNOPSIS"
    yield ".B canary"
    yield "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]"
    yield ".SH COMMANDS"
    shown = [branch for branch in tree if branch.row.panel is not Panel.HIDDEN]
    common = set.intersection(*({flag.names[-1] for flag in one.flags} for one in shown))
    for branch in shown:
        usage = " ".join([branch.name, *arguments_usage(branch.command)])
        yield f".SS {_plain(usage)}"
        yield from _text(branch.command.help or branch.row.help)
        for flag in branch.flags:
            if flag.help and flag.names[-1] not in common:
                yield from _flag(flag)
    yield ".SH OPTIONS OF MOST COMMANDS"
    for flag in shown[0].flags:
        if flag.names[-1] in common:
            yield from _flag(flag)
    yield ".SH EXIT STATUS"
    for code, (means, _traffic) in EXITS.items():
        yield from (".TP", f".B {int(code)}", _plain(f"{exit_name(code)}: {means}"))
    yield ".SH ENVIRONMENT"
    for name, means in OWN_VARIABLES.items():
        yield from (".TP", f".B {_plain(name)}", _plain(means))
    yield ".SH SEE ALSO"
    yield "canary help exit-codes, canary help config, canary help keys"


def _flag(flag: Flag) -> Iterator[str]:
    yield from (".TP", f".B {_plain(', '.join(flag.names))}", _plain(flag.help))


def _text(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield _plain(line.strip()) if line.strip() else ".PP"


def _plain(text: str) -> str:
    """A text in which roff sees no command."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
